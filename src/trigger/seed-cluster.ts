// Sees to it that there is a cluster for triggers to be about: this server.

import { describeError } from '../base/index.ts'
import { createOnce, isKubeError, type KubeClient, KubeError } from '../objects/index.ts'
import { CLUSTER } from './names.ts'

const HOME = 'mgmt'

/** The cluster `mgmt/mgmt`, with the label that most triggers ask for; any other will do for who may not make it. */
export async function seedCluster(client: KubeClient): Promise<void> {
  try {
    await seed(client)
  } catch (error) {
    if (!isKubeError(error, 'Forbidden')) throw error
    const { items } = await client.list(CLUSTER, { limit: 1 })
    if (items.length > 0) return
    throw new KubeError(
      'Forbidden',
      `triggers choose among SveltosClusters; there is none, and none may be made: ${describeError(error)}`,
    )
  }
}

async function seed(client: KubeClient): Promise<void> {
  for (const name of [HOME, 'projectsveltos']) {
    await createOnce(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const metadata = { namespace: HOME, name: HOME, labels: { role: 'deploy' } }
  await createOnce(client, { ...CLUSTER, metadata, spec: {} })
  const cluster = await client.get({ ...CLUSTER, namespace: HOME, name: HOME })
  if (cluster === undefined || cluster['status'] !== undefined) return
  await client.update({ ...cluster, status: { ready: true } }, { subresource: 'status' })
}
