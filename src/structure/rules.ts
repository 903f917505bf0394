// Holds a value against the CEL rules of its schema and says which do not hold, in the real server's words.
// https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/apiserver/schema/cel/validation.go

import { isDeepStrictEqual } from 'node:util'
import { runWithin, TooLongError } from '../base/index.ts'
import { type CelLibrary, loadCel } from './cel.ts'
import { celValue } from './cel-values.ts'
import type { FieldFault } from './field-fault.ts'
import { RULE_MESSAGE_LENGTH_MAX, RULES_MS_MAX } from './limits.ts'
import { isList } from './prune.ts'
import { normalFieldPath } from './rule-paths.ts'
import { withInnerRules } from './rule-schema.ts'
import { compileRule, RuleCompileError, type RuleProgram } from './rule-program.ts'
import type { Json, Schema, SchemaRule } from './schema.ts'
import { keyOfItem } from './validate.ts'

export interface RuleOptions {
  /** What was stored before, for an update. */
  readonly previous?: Json | undefined
  /** Told what does not hold, but did not hold before either. */
  readonly onWarning?: ((text: string) => void) | undefined
}

/** Whether anything in a schema has a rule. */
export function hasRules(schema: Schema): boolean {
  const known = withRules.get(schema)
  if (known !== undefined) return known
  const found =
    (schema['x-kubernetes-validations'] ?? []).length > 0 ||
    innerSchemas(schema).some((inner) => hasRules(inner))
  withRules.set(schema, found)
  return found
}

/** Every rule that does not hold. An empty path is that of a whole object, whose faults are at `<nil>`. */
export async function validateRules(
  next: Json,
  schema: Schema,
  { previous, onWarning }: RuleOptions = {},
): Promise<readonly FieldFault[]> {
  if (!hasRules(schema)) return []
  const library = await loadCel()
  const faults: FieldFault[] = []
  try {
    runWithin(RULES_MS_MAX, () => {
      check(next, schema, { path: '', previous, isParentSame: false, library, faults, onWarning })
    })
  } catch (error) {
    if (!(error instanceof TooLongError)) throw error
    const text =
      'validation failed due to running out of cost budget, no further validation rules will be run'
    faults.push(invalidAt('', schema, text))
  }
  return faults
}

interface At {
  readonly path: string
  readonly previous: Json | undefined
  /** Where nothing before can be found, whether what holds it is unchanged. */
  readonly isParentSame: boolean
  readonly library: CelLibrary
  readonly faults: FieldFault[]
  readonly onWarning: ((text: string) => void) | undefined
}

const withRules = new WeakMap<Schema, boolean>()
const programs = new WeakMap<SchemaRule, RuleProgram>()

function check(value: Json, given: Schema, at: At): void {
  if (value === null || !hasRules(given)) return
  const schema = withInnerRules(given)
  checkHere(value, schema, at)
  const { properties = {}, additionalProperties, items } = schema
  const isParentSame =
    at.previous === undefined ? at.isParentSame : isDeepStrictEqual(value, at.previous)
  if (isList(value)) {
    if (items === undefined) return
    for (const [index, item] of value.entries()) {
      const previous = itemBefore(at.previous, schema, item)
      check(item, items, { ...at, path: `${at.path}[${index}]`, previous, isParentSame })
    }
    return
  }
  if (typeof value !== 'object') return
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const isNamed = Object.hasOwn(properties, name)
    const of = isNamed ? properties[name] : additionalProperties
    if (typeof of !== 'object') continue
    const path = isNamed ? join(at.path, name) : `${at.path}[${name}]`
    check(member, of, { ...at, path, previous: memberBefore(at.previous, name), isParentSame })
  }
}

function checkHere(value: Json, schema: Schema, at: At): void {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return
  const { library, previous } = at
  const self = celValue(value, schema, library)
  const before =
    previous === undefined || previous === null ? undefined : celValue(previous, schema, library)
  for (const rule of rules) checkRule(rule, { schema, self, before, value }, at)
}

interface Checked {
  readonly schema: Schema
  readonly value: Json
  readonly self: unknown
  readonly before: unknown
}

function checkRule(rule: SchemaRule, checked: Checked, at: At): void {
  const { schema, self, before } = checked
  const program = programOf(rule, schema, at)
  if (program === undefined) return
  const isOptional = rule.optionalOldSelf === true
  // A rule about a change holds where nothing was before.
  if (program.usesOldSelf && before === undefined && !isOptional) return
  const { Optional } = at.library
  const optional = before === undefined ? Optional.none() : Optional.of(before)
  const values = { self, oldSelf: isOptional ? optional : before }
  try {
    if (program.evaluate(values) === true) return
  } catch (error) {
    at.faults.push(invalidAt(at.path, schema, evaluationText(error, rule)))
    return
  }
  const found = faultOf(program, values, { schema, path: at.path })
  const isUnchanged =
    at.previous === undefined ? at.isParentSame : isDeepStrictEqual(checked.value, at.previous)
  if (program.usesOldSelf || !isUnchanged) at.faults.push(found)
  else at.onWarning?.(`${found.field}: ${found.message}`)
}

function programOf(rule: SchemaRule, schema: Schema, at: At): RuleProgram | undefined {
  const known = programs.get(rule)
  if (known !== undefined) return known
  try {
    const program = compileRule(rule, schema, at.library)
    programs.set(rule, program)
    return program
  } catch (error) {
    if (!(error instanceof RuleCompileError)) throw error
    const text = `rule compile error: compilation failed: ${error.message}`
    at.faults.push(invalidAt(at.path, schema, text))
    return undefined
  }
}

function evaluationText(error: unknown, rule: SchemaRule): string {
  const { code, summary, message } = error as Partial<InstanceType<CelLibrary['EvaluationError']>>
  const said = summary ?? message!.split('\n')[0]!
  if (code === 'no_such_overload' || code === 'no_matching_overload')
    return `'no such overload': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`
  const text =
    code === 'index_out_of_bounds'
      ? `index out of bounds: ${/index (-?\d+)/.exec(said)?.[1] ?? ''}`
      : said[0]!.toLowerCase() + said.slice(1)
  return `${text} evaluating rule: ${nameOf(rule)}`
}

function faultOf(
  program: RuleProgram,
  values: { readonly self: unknown; readonly oldSelf: unknown },
  { schema, path }: { readonly schema: Schema; readonly path: string },
): FieldFault {
  const { rule } = program
  const inner = normalFieldPath(rule.fieldPath ?? '')
  const field = inner === '' ? orNil(path) : join(path, inner)
  const text = saidBy(program, values) ?? messageOf(rule)
  const value = JSON.stringify(schema.type ?? '')
  const { reason: type } = rule
  if (type === 'FieldValueForbidden') return { type, field, message: `Forbidden: ${text}` }
  if (type === 'FieldValueRequired') return { type, field, message: `Required value: ${text}` }
  if (type === 'FieldValueDuplicate') return { type, field, message: `Duplicate value: ${value}` }
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${text}` }
}

/** What a `messageExpression` says; undefined when it fails or says nothing of use. */
function saidBy(
  { message }: RuleProgram,
  values: { readonly self: unknown; readonly oldSelf: unknown },
): string | undefined {
  if (message === undefined) return undefined
  let said: unknown
  try {
    said = message(values)
  } catch {
    // The rule's own message is said instead.
    return undefined
  }
  if (typeof said !== 'string') return undefined
  const text = said.trim()
  const isOfUse = text !== '' && !text.includes('\n') && text.length <= RULE_MESSAGE_LENGTH_MAX
  return isOfUse ? text : undefined
}

function messageOf(rule: SchemaRule): string {
  return rule.message === undefined || rule.message === ''
    ? `failed rule: ${nameOf(rule)}`
    : rule.message.trim()
}

function nameOf({ message = '', rule }: SchemaRule): string {
  return message === '' ? rule.trim() : message.trim()
}

function invalidAt(path: string, { type }: Schema, text: string): FieldFault {
  const message = `Invalid value: ${JSON.stringify(type ?? '')}: ${text}`
  return { type: 'FieldValueInvalid', field: orNil(path), message }
}

/** Only items of a map are known again. */
function itemBefore(previous: Json | undefined, schema: Schema, item: Json): Json | undefined {
  if (!isList(previous) || schema['x-kubernetes-list-type'] !== 'map') return undefined
  const key = keyOfItem(item, schema)
  return previous.find((one) => isDeepStrictEqual(keyOfItem(one, schema), key))
}

function memberBefore(previous: Json | undefined, name: string): Json | undefined {
  const isObject = typeof previous === 'object' && previous !== null && !isList(previous)
  return isObject && Object.hasOwn(previous, name) ? previous[name] : undefined
}

function innerSchemas({
  properties,
  additionalProperties,
  items,
  allOf,
}: Schema): readonly Schema[] {
  return [
    ...Object.values(properties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(items === undefined ? [] : [items]),
    ...(allOf ?? []),
  ]
}

function orNil(path: string): string {
  return path === '' ? '<nil>' : path
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
