// What a patch makes of an object, and who owns what of it afterwards.

import { formatSeconds } from '../base/index.ts'
import type { FieldFault, Json } from '../structure/index.ts'
import {
  type ApplyConflict,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicPatch,
  PatchError,
  serverSideApply,
  trackUpdate,
} from '../patch/index.ts'
import type { PatchOptions, PatchType, WriteOptions } from './kube-client.ts'
import { KubeError } from './kube-error.ts'
import { badRequest } from './kube-faults.ts'
import type { KubeKey, KubeObject } from './kube-object.ts'
import { ANNOTATIONS_SIZE_BYTES_MAX } from './limits.ts'
import { wholeSchema } from './metadata-schema.ts'
import { apiVersionOf, resourceName } from './resource-types.ts'
import type { ResourceType } from './resource-type.ts'

export interface PatchParts {
  readonly type: ResourceType
  readonly key: KubeKey
  readonly how: PatchType
  readonly patch: Json
  readonly options: PatchOptions
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The object after the patch; `previous` is undefined where an apply creates. */
export function patchObject(parts: PatchParts, previous: KubeObject | undefined): KubeObject {
  const { key, how, patch } = parts
  if (how === 'apply') return applyTo(parts, previous)
  const patched = patchPlainly(parts, previous as unknown as Json)
  if (typeof patched !== 'object' || patched === null || Array.isArray(patched))
    throw badRequest('expected the patched object to be an object')
  const { apiVersion, kind } = key
  const object = patched as unknown as KubeObject
  const metadata = { ...object.metadata, ...versionGiven(how, patch, object, previous!) }
  return { ...object, apiVersion, kind, metadata }
}

/** The version that the patch itself names, or else that of what it was laid on. */
function versionGiven(
  how: PatchType,
  patch: Json,
  object: KubeObject,
  previous: KubeObject,
): { readonly resourceVersion?: string } {
  const named = object.metadata?.resourceVersion
  const isNamed = how !== 'json' && hasVersion(patch)
  const version = isNamed || named !== undefined ? named : previous.metadata.resourceVersion
  return version === undefined ? {} : { resourceVersion: version }
}

function hasVersion(patch: Json): boolean {
  const metadata = (patch as { readonly metadata?: { readonly resourceVersion?: unknown } })
    .metadata
  return typeof metadata?.resourceVersion === 'string'
}

function patchPlainly({ type, how, patch }: PatchParts, previous: Json): Json {
  try {
    if (how === 'json') return applyJsonPatch(previous, patch)
    if (how === 'merge') return applyMergePatch(previous, patch)
    return applyStrategicPatch(previous, patch, wholeSchema(type.schema))
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    if (error.kind === 'malformed') throw badRequest(error.message)
    throw new KubeError('Invalid', `the server rejected our request due to an error in our request`)
  }
}

function applyTo(parts: PatchParts, previous: KubeObject | undefined): KubeObject {
  const { type, key, patch, options, now } = parts
  const { fieldManager, force = false, subresource } = options
  if (fieldManager === undefined || fieldManager === '')
    throw badRequest('fieldManager is required for apply patch')
  const applied = patch as unknown as KubeObject
  if (applied.metadata?.managedFields !== undefined && applied.metadata.managedFields.length > 0)
    throw badRequest('metadata.managedFields must be nil')
  const before = fieldManager === KUBECTL ? lastAppliedOf(previous) : undefined
  const result = serverSideApply({
    appliedBefore: before as never,
    live: (previous ?? {}) as never,
    applied: patch as never,
    schema: wholeSchema(type.schema),
    managers: previous?.metadata.managedFields ?? [],
    writer: {
      manager: fieldManager,
      apiVersion: apiVersionOf(type),
      time: formatSeconds(now),
      subresource,
    },
    force,
  })
  if (result.kind === 'conflict') throw applyConflict(type, key, result.conflicts)
  const { name, namespace, apiVersion, kind } = key
  const object = result.value as unknown as KubeObject
  const metadata = {
    ...object.metadata,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(before === undefined ? {} : { annotations: withLastApplied(object, applied) }),
    managedFields: result.managers,
  }
  return { ...object, apiVersion, kind, metadata }
}

/** Who moves from client-side to server-side apply keeps what was applied before, and may go back. */
const KUBECTL = 'kubectl'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function lastAppliedOf(previous: KubeObject | undefined): object | undefined {
  const text = previous?.metadata.annotations?.[LAST_APPLIED]
  if (text === undefined || text === '') return undefined
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // What somebody else wrote there is nothing to go by.
    return undefined
  }
}

function withLastApplied(
  object: KubeObject,
  applied: KubeObject,
): Readonly<Record<string, string>> {
  const { annotations: given = {}, managedFields: _, ...metadata } = applied.metadata
  const { [LAST_APPLIED]: __, ...annotations } = given
  const text = `${JSON.stringify({ ...applied, metadata: { ...metadata, annotations } })}\n`
  const { [LAST_APPLIED]: ___, ...others } = object.metadata.annotations ?? {}
  // What is too long to be kept is let go, as a cluster does.
  return text.length > ANNOTATIONS_SIZE_BYTES_MAX ? others : { ...others, [LAST_APPLIED]: text }
}

/** The object with what a plain write makes of who owns its fields. */
export function withManagers(
  type: ResourceType,
  next: KubeObject,
  previous: KubeObject | undefined,
  { options, now }: { readonly options: WriteOptions; readonly now: number },
): KubeObject {
  const given = next.metadata.managedFields
  // An empty list, or one of an empty entry, starts anew.
  const isReset = given?.every((entry) => entry.manager === undefined) ?? false
  const managedFields = trackUpdate({
    before: (previous ?? {}) as never,
    after: next as never,
    schema: wholeSchema(type.schema),
    managers:
      isReset && previous !== undefined ? [] : (given ?? previous?.metadata.managedFields ?? []),
    writer: {
      manager: options.fieldManager ?? 'unknown',
      apiVersion: apiVersionOf(type),
      time: formatSeconds(now),
      subresource: options.subresource,
    },
  })
  const { managedFields: _, ...metadata } = next.metadata
  if (managedFields.length === 0) return { ...next, metadata }
  return { ...next, metadata: { ...metadata, managedFields } }
}

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/conflict.go */
function applyConflict(
  type: ResourceType,
  key: KubeKey,
  conflicts: readonly ApplyConflict[],
): KubeError {
  const groups = new Map<string, string[]>()
  for (const conflict of conflicts) {
    const who = describe(type, conflict)
    groups.set(who, [...(groups.get(who) ?? []), conflict.path])
  }
  const texts = Array.from(groups, ([who, paths]) =>
    paths.length === 1
      ? `conflict with ${who}: ${paths[0]}`
      : `conflicts with ${who}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  )
  const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`
  const causes = conflicts.map((conflict): FieldFault => ({
    type: 'FieldManagerConflict',
    field: conflict.path,
    message: `conflict with ${describe(type, conflict)}`,
  }))
  const details = { name: key.name, group: type.group, kind: resourceName(type), causes }
  const message = `Apply failed with ${count}: ${texts.join('\n')}`
  return new KubeError('Conflict', message, details)
}

function describe(type: ResourceType, conflict: ApplyConflict): string {
  const { manager, operation, apiVersion, time, subresource } = conflict
  const below = subresource === undefined ? '' : ` with subresource "${subresource}"`
  const using =
    operation === 'Update' || apiVersion !== apiVersionOf(type) ? ` using ${apiVersion}` : ''
  const at = operation === 'Update' && time !== undefined ? ` at ${time}` : ''
  return `"${manager}"${below}${using}${at}`
}
