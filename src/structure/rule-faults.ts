// Whether the rules that a schema brings are rules, in the real server's words.
// https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/apis/apiextensions/validation/validation.go

import { loadCel } from './cel.ts'
import type { FieldFault } from './field-fault.ts'
import { fieldPathFault } from './rule-paths.ts'
import { compileRule, RuleCompileError } from './rule-program.ts'
import type { Schema, SchemaRule } from './schema.ts'
import { unsupported } from './texts.ts'

const REASONS = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
]

/** Of a schema that is structural; `path` is where it stands. Rules are compiled only where all of them are well formed. */
export async function ruleFaults(schema: Schema, path: string): Promise<readonly FieldFault[]> {
  const found = rulesIn(schema, path)
  if (found.length === 0) return []
  const malformed = found.flatMap((one) => formFaults(one))
  if (malformed.length > 0) return malformed
  const library = await loadCel()
  return found.flatMap(({ rule, of, path: at }) => {
    try {
      compileRule(rule, of, library)
      return []
    } catch (error) {
      if (!(error instanceof RuleCompileError)) throw error
      const isCompiled = error.message.startsWith('ERROR')
      const text = isCompiled ? `compilation failed: ${error.message}` : error.message
      const message = `Invalid value: ${printRule(rule)}: ${text}`
      return [{ type: 'FieldValueInvalid', field: `${at}.rule`, message }]
    }
  })
}

interface FoundRule {
  readonly rule: SchemaRule
  readonly of: Schema
  readonly path: string
}

/** Within `allOf` the structure around it says what a value is. */
function rulesIn(given: unknown, path: string, structure: unknown = given): readonly FoundRule[] {
  // Nobody has looked yet at what stands where a schema should.
  if (!isSchema(given)) return []
  const of = isSchema(structure) ? structure : given
  const { properties = {}, additionalProperties, items, allOf = [] } = given
  const rules: unknown = given['x-kubernetes-validations'] ?? []
  const here = (Array.isArray(rules) ? rules : [rules]).map((rule: unknown, index) => ({
    rule: ruleOf(rule),
    of,
    path: `${path}.x-kubernetes-validations[${index}]`,
  }))
  return [
    ...here,
    ...Object.entries(properties).flatMap(([name, inner]) =>
      rulesIn(inner, `${path}.properties[${name}]`, of.properties?.[name]),
    ),
    ...rulesIn(additionalProperties, `${path}.additionalProperties`),
    ...rulesIn(items, `${path}.items`, of.items),
    ...(Array.isArray(allOf) ? allOf : []).flatMap((inner: unknown, index) =>
      rulesIn(inner, `${path}.allOf[${index}]`, of),
    ),
  ]
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}

/** Without members that are no texts; `rule` is missed then. */
function ruleOf(given: unknown): SchemaRule {
  const members = Object.entries(Object(given) as object).filter(
    ([name, value]) => typeof value === (name === 'optionalOldSelf' ? 'boolean' : 'string'),
  )
  return { rule: '', ...Object.fromEntries(members) }
}

function formFaults({ rule, of, path }: FoundRule): readonly FieldFault[] {
  const { rule: text, message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const faults: FieldFault[] = []
  const required = (name: string, why: string): void => {
    const said = `Required value: ${why}`
    faults.push({ type: 'FieldValueRequired', field: `${path}.${name}`, message: said })
  }
  const refuse = (name: string, value: string, why: string): void => {
    const said = `Invalid value: ${JSON.stringify(value)}: ${why}`
    faults.push({ type: 'FieldValueInvalid', field: `${path}.${name}`, message: said })
  }
  if (text.trim() === '') required('rule', 'rule is not specified')
  if (message !== '' && message.trim() === '')
    refuse('message', message, 'message must be non-empty if specified')
  else if (/[\n\r]/.test(message.trim()))
    refuse('message', message.trim(), 'message must not contain line breaks')
  else if (/[\n\r]/.test(text.trim()) && message === '')
    required('message', 'message must be specified if rule contains line breaks')
  if (messageExpression !== '' && messageExpression.trim() === '')
    required('messageExpression', 'messageExpression must be non-empty if specified')
  if (reason !== undefined && !REASONS.includes(reason))
    faults.push(unsupported(`${path}.reason`, reason, REASONS))
  if (fieldPath !== '' && fieldPath.trim() === '')
    refuse('fieldPath', fieldPath, 'fieldPath must be non-empty if specified')
  if (/[\n\r]/.test(fieldPath))
    refuse('fieldPath', fieldPath, 'fieldPath must not contain line breaks')
  const wrong = fieldPath === '' ? undefined : fieldPathFault(fieldPath, of)
  if (wrong !== undefined)
    refuse('fieldPath', fieldPath, `fieldPath must be a valid path: ${wrong}`)
  return faults
}

/** As the real server's language prints a rule. */
function printRule(rule: SchemaRule): string {
  const { message = '', messageExpression = '', reason, fieldPath = '', optionalOldSelf } = rule
  const texts = [
    `Rule:${JSON.stringify(rule.rule)}`,
    `Message:${JSON.stringify(message)}`,
    `MessageExpression:${JSON.stringify(messageExpression)}`,
    `Reason:${reason === undefined ? '(*apiextensions.FieldValueErrorReason)(nil)' : JSON.stringify(reason)}`,
    `FieldPath:${JSON.stringify(fieldPath)}`,
    `OptionalOldSelf:${optionalOldSelf === undefined ? '(*bool)(nil)' : String(optionalOldSelf)}`,
  ]
  return `apiextensions.ValidationRule{${texts.join(', ')}}`
}
