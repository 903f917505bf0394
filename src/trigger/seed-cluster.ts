// Sees to it that there is a cluster for triggers to be about: this server.

import { createOnce, type KubeClient } from '../objects/index.ts'
import { CLUSTER } from './names.ts'

const HOME = 'mgmt'

/** The cluster `mgmt/mgmt`, with the label that most triggers ask for. */
export async function seedCluster(client: KubeClient): Promise<void> {
  for (const name of [HOME, 'projectsveltos']) {
    await createOnce(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const metadata = { namespace: HOME, name: HOME, labels: { role: 'deploy' } }
  await createOnce(client, { ...CLUSTER, metadata, spec: {} })
  const cluster = await client.get({ ...CLUSTER, namespace: HOME, name: HOME })
  if (cluster === undefined || cluster['status'] !== undefined) return
  await client.update({ ...cluster, status: { ready: true } }, { subresource: 'status' })
}
