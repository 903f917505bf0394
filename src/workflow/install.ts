// Sees to it that the kinds of this room are served: makes their definitions, renews those of an earlier release, and
// waits until all are established. What somebody made of a definition themselves is left alone.

import { type Clock, wait } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeKey, type KubeObject } from '../objects/index.ts'
import { CRDS, isInstalled } from './crds.ts'
import { conditionsOf } from './judge.ts'
import { ESTABLISH_LOOK_MS } from './limits.ts'

export async function installKinds(
  client: KubeClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(CRDS.map((wanted) => installKind(client, wanted)))
  for (const wanted of CRDS)
    while (!signal.aborted && !(await isEstablished(client, wanted)))
      await wait(clock, ESTABLISH_LOOK_MS, signal)
}

async function installKind(client: KubeClient, wanted: KubeObject): Promise<void> {
  const found = await client.get(keyOf(wanted))
  if (found !== undefined && isInstalled(found, wanted)) return
  try {
    if (found === undefined) await client.create(wanted)
    else
      await client.update({
        ...found,
        metadata: {
          ...found.metadata,
          annotations: { ...found.metadata.annotations, ...wanted.metadata.annotations },
        },
        spec: wanted['spec'],
      })
  } catch (error) {
    // Another process of the same store was faster.
    if (!isKubeError(error, 'AlreadyExists') && !isKubeError(error, 'Conflict')) throw error
  }
}

async function isEstablished(client: KubeClient, wanted: KubeObject): Promise<boolean> {
  const found = await client.get(keyOf(wanted))
  if (found === undefined) return false
  return conditionsOf(found).some(({ type, status }) => type === 'Established' && status === 'True')
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): KubeKey {
  return { apiVersion, kind, name: metadata.name }
}
