// Sees to it that the kinds of this room are served, and that there is a cluster for triggers to be about: this server.

import { type Clock, wait } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeKey, type KubeObject } from '../objects/index.ts'
import { CRDS, INSTALLED_ANNOTATION } from './crds.ts'
import { ESTABLISH_LOOK_MS } from './limits.ts'
import { CLUSTER } from './names.ts'

/** Resolves when all of them are served, or the signal aborted. */
export async function installKinds(
  client: KubeClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (const wanted of CRDS) await installKind(client, wanted)
  for (const wanted of CRDS) {
    while (!signal.aborted && !(await isEstablished(client, wanted))) {
      await wait(clock, ESTABLISH_LOOK_MS, signal)
    }
  }
}

/** What somebody made of a definition themselves is left alone. */
async function installKind(client: KubeClient, wanted: KubeObject): Promise<void> {
  const found = await client.get(keyOf(wanted))
  if (found === undefined) return createOnce(client, wanted)
  const before = found.metadata.annotations?.[INSTALLED_ANNOTATION]
  const now = wanted.metadata.annotations?.[INSTALLED_ANNOTATION]
  if (before === undefined || before === now) return
  try {
    const annotations = { ...found.metadata.annotations, ...wanted.metadata.annotations }
    await client.update({
      ...found,
      metadata: { ...found.metadata, annotations },
      spec: wanted['spec'],
    })
  } catch (error) {
    // Another process of the same store was faster.
    if (!isKubeError(error, 'Conflict')) throw error
  }
}

async function isEstablished(client: KubeClient, wanted: KubeObject): Promise<boolean> {
  const found = await client.get(keyOf(wanted))
  const status = found?.['status'] as
    | { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
    | undefined
  const conditions = status?.conditions ?? []
  return conditions.some(({ type, status: is }) => type === 'Established' && is === 'True')
}

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

/** What is there already stays as it is. */
export async function createOnce(client: KubeClient, object: KubeObject): Promise<void> {
  try {
    await client.create(object)
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error
  }
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): KubeKey {
  return { apiVersion, kind, name: metadata.name }
}
