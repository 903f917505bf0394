// What Go says when a manifest has a value of another type than the field: the built-in kinds are structs there, and a
// value that does not fit is not even read. A text without quotes that YAML takes for a number is what this is about,
// nine times in ten; people look its words up, so they are the real server's.
// https://pkg.go.dev/encoding/json#UnmarshalTypeError

import { assertNever } from '../base/index.ts'
import type { Json, Schema } from '../structure/index.ts'

/** The first value that does not fit; undefined when all do. */
export function findMistyped(value: Json, schema: Schema, kind: string): string | undefined {
  return check(value, schema, { struct: kind, path: [], parent: '' })
}

interface Place {
  /** The struct whose field this is. */
  readonly struct: string
  /** Names of fields; places in lists are not told. */
  readonly path: readonly string[]
  /** What the field is in: a pod's `spec` has another type than the root's. */
  readonly parent: string
}

function check(value: Json | undefined, schema: Schema, place: Place): string | undefined {
  if (value === null || value === undefined) return undefined
  if (schema['x-kubernetes-int-or-string'] === true) {
    const fits = typeof value === 'string' || typeof value === 'number'
    return fits ? undefined : mistyped(value, 'intstr.IntOrString', place)
  }
  switch (schema.type) {
    case 'object':
      return checkObject(value, schema, place)
    case 'array':
      return checkList(value, schema, place)
    case 'string':
      return typeof value === 'string' ? undefined : mistyped(value, 'string', place)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : mistyped(value, 'bool', place)
    case 'integer':
      return Number.isInteger(value) ? undefined : mistyped(value, wholeType(place), place)
    case 'number':
    case undefined:
      return undefined
    default:
      return assertNever(schema.type)
  }
}

function checkObject(value: Json, schema: Schema, place: Place): string | undefined {
  const { properties, additionalProperties } = schema
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const type =
      typeof additionalProperties === 'object' ? mapType(additionalProperties) : struct(place)
    return mistyped(value, type, place)
  }
  const name = place.path.length === 0 ? place.struct : structOf(place)
  for (const [field, member] of Object.entries(value)) {
    const known = properties !== undefined && Object.hasOwn(properties, field)
    const found = known
      ? check(member, properties[field]!, {
          struct: name,
          path: [...place.path, field],
          parent: place.path.at(-1) ?? '',
        })
      : typeof additionalProperties === 'object'
        ? check(member, additionalProperties, place)
        : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function checkList(value: Json, { items }: Schema, place: Place): string | undefined {
  if (!Array.isArray(value)) return mistyped(value, `[]${itemType(items, place)}`, place)
  if (items === undefined) return undefined
  for (const item of value) {
    const found = check(item as Json, items, place)
    if (found !== undefined) return found
  }
  return undefined
}

function mistyped(value: Json, type: string, { struct: name, path }: Place): string {
  const told =
    typeof value === 'number' && !Number.isInteger(value) ? `number ${value}` : jsonType(value)
  return `json: cannot unmarshal ${told} into Go struct field ${name}.${path.join('.')} of type ${type}`
}

function jsonType(value: Json): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function itemType(items: Schema | undefined, place: Place): string {
  return items?.type === 'object' ? struct(place) : (items?.type ?? 'string')
}

function mapType({ format }: Schema): string {
  return format === 'byte' ? 'map[string][]uint8' : 'map[string]string'
}

const LONG = new Set([
  'activeDeadlineSeconds',
  'terminationGracePeriodSeconds',
  'generation',
  'observedGeneration',
])

function wholeType({ path }: Place): string {
  return LONG.has(path.at(-1) ?? '') ? 'int64' : 'int32'
}

function struct(place: Place): string {
  return `v1.${structOf(place)}`
}

/** Go's names for what stands in these fields. */
const STRUCTS: Readonly<Record<string, string>> = {
  metadata: 'ObjectMeta',
  template: 'PodTemplateSpec',
  containers: 'Container',
  initContainers: 'Container',
  env: 'EnvVar',
  envFrom: 'EnvFromSource',
  valueFrom: 'EnvVarSource',
  secretKeyRef: 'SecretKeySelector',
  configMapKeyRef: 'ConfigMapKeySelector',
  fieldRef: 'ObjectFieldSelector',
  secretRef: 'SecretEnvSource',
  configMapRef: 'ConfigMapEnvSource',
  ports: 'ContainerPort',
  volumes: 'Volume',
  volumeMounts: 'VolumeMount',
  resources: 'ResourceRequirements',
  selector: 'LabelSelector',
  matchExpressions: 'LabelSelectorRequirement',
  rules: 'PolicyRule',
  subjects: 'Subject',
  roleRef: 'RoleRef',
  ownerReferences: 'OwnerReference',
  involvedObject: 'ObjectReference',
  conditions: 'Condition',
}

function structOf({ struct: name, path, parent }: Place): string {
  const field = path.at(-1)!
  if (field === 'spec') return parent === 'template' ? 'PodSpec' : `${name}Spec`
  if (field === 'status') return `${name}Status`
  return STRUCTS[field] ?? field[0]!.toUpperCase() + field.slice(1)
}
