// Holds a value against a schema and says all that is wrong, in the real server's words.
// https://github.com/kubernetes/kube-openapi/tree/master/pkg/validation
//
// What an update did not touch is not held against it: a schema may have become stricter meanwhile.

import { isDeepStrictEqual } from 'node:util'
import { assertNever } from '../base/index.ts'
import type { FieldFault } from './field-fault.ts'
import { isOfFormat } from './formats.ts'
import { isList } from './prune.ts'
import type { Json, Schema } from './schema.ts'
import {
  duplicate,
  required,
  shouldBe,
  tooLong,
  tooMany,
  typeName,
  unsupported,
  wrongType,
} from './texts.ts'

export interface ValidateOptions {
  /** What was stored before, for an update. */
  readonly previous?: Json | undefined
  /** The path of the value itself, empty for a whole object. */
  readonly rootPath?: string
}

export function validateStructure(
  next: Json,
  schema: Schema,
  { previous, rootPath = '' }: ValidateOptions = {},
): readonly FieldFault[] {
  const faults: FieldFault[] = []
  check(next, schema, { path: rootPath, previous, faults })
  return faults
}

interface At {
  readonly path: string
  readonly previous: Json | undefined
  readonly faults: FieldFault[]
}

function check(value: Json, schema: Schema, at: At): void {
  if (at.previous !== undefined && isDeepStrictEqual(value, at.previous)) return
  if (!isOfType(value, schema)) {
    at.faults.push(wrongType(at.path, typeName(value), expectedType(schema)))
    return
  }
  if (value === null) return
  checkEnum(value, schema, at)
  checkLogic(value, schema, at)
  if (typeof value === 'string') checkText(value, schema, at)
  else if (typeof value === 'number') checkNumber(value, schema, at)
  else if (isList(value)) checkList(value, schema, at)
  else if (typeof value === 'object') checkObject(value, schema, at)
}

function isOfType(value: Json, schema: Schema): boolean {
  const { type } = schema
  if (value === null) return schema.nullable === true || type === undefined
  if (schema['x-kubernetes-int-or-string'] === true)
    return typeof value === 'string' || Number.isInteger(value)
  switch (type) {
    case undefined:
      return true
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value)
    case 'array':
      return isList(value)
    case 'object':
      return typeof value === 'object' && !isList(value)
    case 'boolean':
    case 'number':
    case 'string':
      return typeof value === type
    default:
      return assertNever(type)
  }
}

function expectedType(schema: Schema): string {
  return schema['x-kubernetes-int-or-string'] === true
    ? 'integer,string'
    : (schema.type ?? 'object')
}

function checkEnum(value: Json, { enum: values }: Schema, { path, faults }: At): void {
  if (values === undefined || values.some((one) => isDeepStrictEqual(one, value))) return
  faults.push(unsupported(path, value, values))
}

function checkLogic(value: Json, schema: Schema, { path, faults }: At): void {
  const holds = (one: Schema): boolean => validateStructure(value, one).length === 0
  const say = (text: string): void => {
    faults.push({
      type: 'FieldValueInvalid',
      field: path,
      message: `Invalid value: "": "${path}" ${text}`,
    })
  }
  const { allOf = [], anyOf = [], oneOf = [], not } = schema
  if (allOf.some((one) => !holds(one))) say('must validate all the schemas (allOf)')
  if (anyOf.length > 0 && !anyOf.some((one) => holds(one)))
    say('must validate at least one schema (anyOf)')
  if (oneOf.length > 0) {
    const count = oneOf.filter((one) => holds(one)).length
    if (count !== 1) {
      const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`
      say(`must validate one and only one schema (oneOf). ${found}`)
    }
  }
  if (not !== undefined && holds(not)) say('must not validate the schema (not)')
}

function checkText(value: string, schema: Schema, { path, faults }: At): void {
  const { minLength, maxLength, pattern, format } = schema
  const length = Array.from(value).length
  if (maxLength !== undefined && length > maxLength) faults.push(tooLong(path, maxLength))
  if (minLength !== undefined && length < minLength)
    faults.push(shouldBe(path, value, `should be at least ${minLength} chars long`))
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    faults.push(shouldBe(path, value, `should match '${pattern}'`))
  if (format !== undefined && !isOfFormat(value, format))
    faults.push(shouldBe(path, value, `must be of type ${format}: ${JSON.stringify(value)}`))
}

function checkNumber(value: number, schema: Schema, { path, faults }: At): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
    faults.push(shouldBe(path, value, `should be less than ${orEqual(exclusiveMaximum)}${maximum}`))
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
    faults.push(
      shouldBe(path, value, `should be greater than ${orEqual(exclusiveMinimum)}${minimum}`),
    )
  if (multipleOf !== undefined && value % multipleOf !== 0)
    faults.push(shouldBe(path, value, `should be a multiple of ${multipleOf}`))
}

function orEqual(isExclusive: boolean | undefined): string {
  return isExclusive === true ? '' : 'or equal to '
}

function checkList(value: readonly Json[], schema: Schema, at: At): void {
  const { path, faults } = at
  const { minItems, maxItems, items } = schema
  if (maxItems !== undefined && value.length > maxItems)
    faults.push(tooMany(path, value.length, maxItems))
  if (minItems !== undefined && value.length < minItems)
    faults.push(shouldBe(path, value.length, `should have at least ${minItems} items`))
  checkUnique(value, schema, at)
  if (items === undefined) return
  for (const [index, item] of value.entries())
    check(item, items, {
      path: `${path}[${index}]`,
      previous: previousItem(at.previous, schema, item, index),
      faults,
    })
}

/** Items of a map are told apart by their keys, all others by their place. */
function previousItem(
  previous: Json | undefined,
  schema: Schema,
  item: Json,
  index: number,
): Json | undefined {
  if (!isList(previous)) return undefined
  if (schema['x-kubernetes-list-type'] !== 'map') return previous[index]
  const key = keyOfItem(item, schema)
  return previous.find((one) => isDeepStrictEqual(keyOfItem(one, schema), key))
}

function checkUnique(value: readonly Json[], schema: Schema, { path, faults }: At): void {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map' && schema.uniqueItems !== true) return
  const seen = new Set<string>()
  for (const [index, item] of value.entries()) {
    const key = type === 'map' ? keyOfItem(item, schema) : item
    const text = JSON.stringify(key)
    if (seen.has(text)) faults.push(duplicate(`${path}[${index}]`, key))
    seen.add(text)
  }
}

/** What tells an item of a map from the others. */
export function keyOfItem(item: Json, schema: Schema): Json {
  if (typeof item !== 'object' || item === null || isList(item)) return item
  const key: Record<string, Json> = {}
  for (const name of schema['x-kubernetes-list-map-keys'] ?? []) {
    const value = item[name] ?? schema.items?.properties?.[name]?.default
    if (value !== undefined) key[name] = value
  }
  return key
}

function checkObject(
  value: { readonly [key: string]: Json | undefined },
  schema: Schema,
  at: At,
): void {
  const { path, faults } = at
  const { properties = {}, additionalProperties } = schema
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(value, name)) faults.push(required(join(path, name)))
  if (schema.maxProperties !== undefined && names.length > schema.maxProperties)
    faults.push(tooMany(path, names.length, schema.maxProperties))
  if (schema.minProperties !== undefined && names.length < schema.minProperties)
    faults.push(
      shouldBe(path, names.length, `should have at least ${schema.minProperties} properties`),
    )
  const before = at.previous
  for (const name of names) {
    const isNamed = Object.hasOwn(properties, name)
    const of = isNamed ? properties[name] : additionalProperties
    if (typeof of !== 'object') continue
    const previous =
      typeof before === 'object' &&
      before !== null &&
      !isList(before) &&
      Object.hasOwn(before, name)
        ? before[name]
        : undefined
    check(value[name]!, of, { path: join(path, name), previous, faults })
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
