// What a workflow has made: written down before it is made, and taken away, or let go of, the last first.

import { isKubeError, type KubeClient, type KubeKey, type KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { allows, specOf } from './desired.ts'
import { isList, isObject } from './json-tree.ts'
import { WORKFLOW_LABEL } from './names.ts'
import type { Effect, ObjectRef } from './plan.ts'

/** An object that a workflow has made, in the order in which it did. */
export interface Made extends KubeKey {
  /** Those of one rank are made, and go, together. */
  readonly rank: number
}

export function readMade(value: Json | undefined): readonly Made[] {
  if (!isList(value)) return []
  return value.filter((one) => isObject(one)) as unknown as readonly Made[]
}

/** With what the effects are about to make. */
export function withMade(made: readonly Made[], effects: readonly Effect[]): readonly Made[] {
  const known = new Set(made.map((one) => textOfMade(one)))
  const rank = Math.max(0, ...made.map((one) => one.rank)) + 1
  const next = effects.flatMap((effect) => {
    if (effect.kind !== 'apply' || known.has(textOf(effect.object))) return []
    const { apiVersion, kind, metadata } = effect.object
    const { name, namespace } = metadata
    return [{ apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, rank }]
  })
  return next.length === 0 ? made : [...made, ...next]
}

/** One text for each object. */
export function textOf({ apiVersion, kind, metadata }: ObjectRef): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}

export function textOfMade({ apiVersion, kind, namespace = '', name }: KubeKey): string {
  return `${apiVersion} ${kind} ${namespace}/${name}`
}

/** Asks the last of them that are there to go; answers what is left. */
export async function removeLast(
  client: KubeClient,
  workflow: KubeObject,
  made: readonly Made[],
): Promise<readonly Made[]> {
  const spec = specOf(workflow)
  const isKept = spec['deletionPolicy'] === 'Orphan' || !allows(spec, 'Delete')
  const left: Made[] = []
  let rank: number | undefined
  for (const one of made.toReversed()) {
    if (rank !== undefined && one.rank !== rank) {
      left.push(one)
      continue
    }
    const found = await find(client, one)
    if (found === undefined || !belongsTo(found, workflow)) continue
    if (isKept) await disown(client, found)
    else {
      rank = one.rank
      left.push(one)
      await remove(client, one, found)
    }
  }
  return left.toReversed()
}

async function find(client: KubeClient, key: KubeKey): Promise<KubeObject | undefined> {
  try {
    return await client.get(key)
  } catch (error) {
    // Nobody serves its kind any more.
    if (isKubeError(error, 'NotFound')) return undefined
    throw error
  }
}

function belongsTo({ metadata }: KubeObject, workflow: KubeObject): boolean {
  const owners = metadata.ownerReferences ?? []
  if (owners.some(({ uid }) => uid === workflow.metadata.uid)) return true
  const isUnowned = !owners.some(({ controller }) => controller === true)
  return isUnowned && metadata.labels?.[WORKFLOW_LABEL] === workflow.metadata.name
}

async function remove(client: KubeClient, made: Made, found: KubeObject): Promise<void> {
  if (found.metadata.deletionTimestamp !== undefined) return
  try {
    await client.delete(made, {
      propagationPolicy: 'Background',
      preconditions: { uid: found.metadata.uid! },
    })
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error
  }
}

async function disown(client: KubeClient, found: KubeObject): Promise<void> {
  const ownerReferences = (found.metadata.ownerReferences ?? []).filter(
    ({ controller }) => controller !== true,
  )
  const { [WORKFLOW_LABEL]: _, ...labels } = found.metadata.labels ?? {}
  await client.update({ ...found, metadata: { ...found.metadata, ownerReferences, labels } })
}
