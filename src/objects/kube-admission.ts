// What an object has to go through before it is stored: fields that the kind does not know are told or refused, what
// may be left out is filled in, and all that is wrong with it is said at once.

import type { FieldFault, Json, Schema } from '../structure/index.ts'
import {
  applyDefaults,
  hasRules,
  pruneUnknown,
  validateRules,
  validateStructure,
} from '../structure/index.ts'
import type { WriteOptions } from './kube-client.ts'
import { badRequest, invalid } from './kube-faults.ts'
import { METADATA_FIELDS, validateKubeMetadata } from './kube-metadata.ts'
import { findMistyped } from './go-decode.ts'
import { wholeSchema, withRuleMetadata } from './metadata-schema.ts'
import type { KubeMetadata, KubeObject } from './kube-object.ts'
import type { ResourceType } from './resource-type.ts'

const METADATA_ONLY = wholeSchema({ type: 'object' })
const ROOT_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

/** Without fields that the kind does not have; `Strict` refuses them, `Warn` tells. */
export function decodeObject(
  type: ResourceType,
  object: KubeObject,
  { fieldValidation = 'Warn', onWarning }: WriteOptions,
): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object
  refuseMistyped(type, object)
  const pruned = pruneUnknown(rest as Json, type.schema)
  const known = knownMetadata(metadata ?? {})
  const unknown = [...known.unknown, ...pruned.unknown]
  if (unknown.length > 0 && fieldValidation === 'Strict') {
    const texts = unknown.map((field) => `unknown field "${field}"`)
    throw badRequest(
      `${kind} in version "${type.version}" cannot be handled as a ${kind}: strict decoding error: ${texts.join(', ')}`,
    )
  }
  if (fieldValidation === 'Warn')
    for (const field of unknown) onWarning?.(`unknown field "${field}"`)
  return { apiVersion, kind, metadata: known.metadata, ...(pruned.value as object) }
}

/** What every object has is read by Go's structs, and all of a built-in kind; a CR's own fields are for its schema. */
function refuseMistyped(type: ResourceType, object: KubeObject): void {
  const { kind, metadata, ...rest } = object
  const read = type.isCustom ? { metadata } : { metadata, ...rest }
  const schema = type.isCustom ? METADATA_ONLY : wholeSchema(type.schema)
  const found = findMistyped(read as unknown as Json, schema, kind)
  if (found === undefined) return
  throw badRequest(`${kind} in version "${type.version}" cannot be handled as a ${kind}: ${found}`)
}

/** With what the schema fills in. */
export function defaultObject(type: ResourceType, object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object
  const filled = applyDefaults(rest as Json, type.schema) as object
  return { apiVersion, kind, metadata, ...filled }
}

/** Refuses with `Invalid` and every fault. Rules are held against what is otherwise right. */
export async function checkObject(
  type: ResourceType,
  next: KubeObject,
  previous: KubeObject | undefined,
  { onWarning }: Pick<WriteOptions, 'onWarning'> = {},
): Promise<void> {
  const faults: readonly FieldFault[] = [
    ...validateKubeMetadata(next.metadata, type.strategy.nameRule),
    ...validateStructure(withoutRoot(next), type.schema, {
      previous: previous === undefined ? undefined : withoutRoot(previous),
    }),
    ...((await type.strategy.validate?.(next, previous)) ?? []),
  ]
  const all = [...faults, ...(await ruleFaultsOf(type, { next, previous, faults, onWarning }))]
  if (all.length > 0) throw invalid(type, next.metadata.name, all)
}

/** What keeps rules from being held against an object: it may not be what they expect. */
const BLOCKING: ReadonlySet<FieldFault['type']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const RULES_SKIPPED: FieldFault = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

async function ruleFaultsOf(
  { schema }: ResourceType,
  {
    next,
    previous,
    faults,
    onWarning,
  }: {
    readonly next: KubeObject
    readonly previous: KubeObject | undefined
    readonly faults: readonly FieldFault[]
    readonly onWarning: WriteOptions['onWarning']
  },
): Promise<readonly FieldFault[]> {
  if (!hasRules(schema)) return []
  if (faults.some((fault) => BLOCKING.has(fault.type))) return [RULES_SKIPPED]
  return validateRules(forRules(next), ruleSchema(schema), {
    previous: previous === undefined ? undefined : forRules(previous),
    onWarning,
  })
}

const ruleSchemas = new WeakMap<Schema, Schema>()

/** Rules may speak of the name of their object, and of no more of its metadata. */
function ruleSchema(schema: Schema): Schema {
  const known = ruleSchemas.get(schema)
  if (known !== undefined) return known
  const made = withRuleMetadata(schema)
  ruleSchemas.set(schema, made)
  return made
}

function forRules(object: KubeObject): Json {
  const { name, generateName } = object.metadata
  const metadata = { name, ...(generateName === undefined ? {} : { generateName }) }
  return { ...object, metadata }
}

function withoutRoot(object: KubeObject): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !ROOT_FIELDS.has(key))) as Json
}

function knownMetadata(metadata: Partial<KubeMetadata>): {
  readonly metadata: KubeMetadata
  readonly unknown: readonly string[]
} {
  const entries = Object.entries(metadata).filter(([, value]) => value !== null)
  const unknown = entries.filter(([key]) => !METADATA_FIELDS.has(key))
  const known = entries.filter(([key]) => METADATA_FIELDS.has(key) && key !== 'selfLink')
  return {
    metadata: Object.fromEntries(known) as unknown as KubeMetadata,
    unknown: unknown.map(([key]) => `metadata.${key}`),
  }
}
