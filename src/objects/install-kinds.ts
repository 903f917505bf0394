// Kinds that a room brings along: their definitions are made when they are not there, renewed when an earlier release
// made them, and left alone when somebody else did. Who may not look after definitions works with the kinds that are
// served.

import { createHash } from 'node:crypto'
import { type Clock, describeError, wait } from '../base/index.ts'
import { listAt, textAt } from './columns.ts'
import { createOnce } from './create-once.ts'
import type { KubeClient } from './kube-client.ts'
import { hasKubeReason, KubeError } from './kube-error.ts'
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

/** Resolves when every kind is served, or the signal aborted. Rejects with `Forbidden` where that needs other rights. */
export async function installKinds(
  { client, clock, signal }: InstallKindsOptions,
  definitions: readonly KubeObject[],
): Promise<void> {
  const missing = await Promise.all(definitions.map((definition) => see(client, definition)))
  const [refused] = missing.filter((one) => one !== undefined)
  if (refused !== undefined) {
    const kinds = definitions.filter((_, index) => missing[index] !== undefined)
    const names = kinds.map(({ metadata }) => metadata.name).join(', ')
    throw new KubeError(
      'Forbidden',
      `not served, and their definitions may not be made: ${names} (${refused}); let somebody make them who may, for instance by starting this once with his kubeconfig`,
    )
  }
  for (const definition of definitions)
    while (!signal.aborted && !(await isThere(client, definition)))
      await wait(clock, ESTABLISH_LOOK_MS, signal)
}

/** Why a kind is not served and cannot be; undefined when all is well. */
async function see(client: KubeClient, definition: KubeObject): Promise<string | undefined> {
  try {
    await installKind(client, marked(definition))
    return undefined
  } catch (error) {
    if (!hasKubeReason(error, 'Forbidden')) throw error
    return (await isServed(client, definition)) ? undefined : describeError(error)
  }
}

async function isThere(client: KubeClient, definition: KubeObject): Promise<boolean> {
  try {
    return isEstablished(await client.get(keyOf(definition)))
  } catch (error) {
    if (!hasKubeReason(error, 'Forbidden')) throw error
    return isServed(client, definition)
  }
}

/** Of a kind that is not served nothing can be listed; of one that is, something may only be forbidden. */
async function isServed(client: KubeClient, { spec }: KubeObject): Promise<boolean> {
  const { group, names, versions } = spec as DefinitionSpec
  const version = versions.find(({ served }) => served)!.name
  try {
    await client.list({ apiVersion: `${group}/${version}`, kind: names.kind }, { limit: 1 })
    return true
  } catch (error) {
    if (hasKubeReason(error, 'NotFound')) return false
    if (hasKubeReason(error, 'Forbidden')) return true
    throw error
  }
}

interface DefinitionSpec {
  readonly group: string
  readonly names: { readonly kind: string }
  readonly versions: readonly { readonly name: string; readonly served: boolean }[]
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
