// Kinds that a room brings along: their definitions are made when they are not there, renewed when an earlier release
// made them, and left alone when somebody else did.

import { createHash } from 'node:crypto'
import { type Clock, wait } from '../base/index.ts'
import { listAt, textAt } from './columns.ts'
import { createOnce } from './create-once.ts'
import type { KubeClient } from './kube-client.ts'
import { hasKubeReason } from './kube-error.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import { ESTABLISH_LOOK_MS } from './limits.ts'

/** Of what was installed, so that a release that changes a kind changes it here too. */
const INSTALLED_ANNOTATION = 'signalbox.io/installed'

export interface InstallKindsOptions {
  readonly client: KubeClient
  readonly clock: Clock
  /** Ends the wait for kinds that cannot be served. */
  readonly signal: AbortSignal
}

/** Resolves when every kind is served, or the signal aborted. */
export async function installKinds(
  { client, clock, signal }: InstallKindsOptions,
  definitions: readonly KubeObject[],
): Promise<void> {
  await Promise.all(definitions.map((definition) => installKind(client, marked(definition))))
  for (const definition of definitions)
    while (!signal.aborted && !isEstablished(await client.get(keyOf(definition))))
      await wait(clock, ESTABLISH_LOOK_MS, signal)
}

async function installKind(client: KubeClient, wanted: KubeObject): Promise<void> {
  const found = await client.get(keyOf(wanted))
  if (found === undefined) return createOnce(client, wanted)
  const before = found.metadata.annotations?.[INSTALLED_ANNOTATION]
  if (before === undefined || before === wanted.metadata.annotations![INSTALLED_ANNOTATION]) return
  const annotations = { ...found.metadata.annotations, ...wanted.metadata.annotations }
  try {
    const metadata = { ...found.metadata, annotations }
    await client.update({ ...found, metadata, spec: wanted['spec'] })
  } catch (error) {
    // Another process of the same store was faster.
    if (!hasKubeReason(error, 'Conflict')) throw error
  }
}

function marked(definition: KubeObject): KubeObject {
  const hash = createHash('sha256').update(JSON.stringify(definition['spec'])).digest('hex')
  const annotations = { ...definition.metadata.annotations, [INSTALLED_ANNOTATION]: hash }
  return { ...definition, metadata: { ...definition.metadata, annotations } }
}

/** Whether the kinds of a definition are served. */
export function isEstablished(definition: KubeObject | undefined): boolean {
  return listAt(definition, 'status.conditions').some(
    (one) => textAt(one, 'type') === 'Established' && textAt(one, 'status') === 'True',
  )
}
