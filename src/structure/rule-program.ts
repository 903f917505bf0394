// One rule of a schema as a program, compiled once for as long as the schema lives.

import type { ASTNode } from '@marcbachmann/cel-js'
import { celEnvironment, type CelLibrary } from './cel.ts'
import { celType } from './cel-values.ts'
import { RULE_DEPTH_MAX, RULE_NODES_MAX } from './limits.ts'
import { undefinedFields } from './rule-fields.ts'
import type { Schema, SchemaRule } from './schema.ts'

export interface RuleProgram {
  readonly rule: SchemaRule
  /** A rule about how a value may change. */
  readonly usesOldSelf: boolean
  evaluate(values: RuleValues): unknown
  /** Undefined when the rule has no `messageExpression`. */
  message?: ((values: RuleValues) => unknown) | undefined
}

export interface RuleValues {
  readonly self: unknown
  readonly oldSelf: unknown
}

/** What is wrong with a rule, in the compiler's words: `ERROR: <input>:1:5: undefined field 'x'` and where that is. */
export class RuleCompileError extends Error {
  override readonly name = 'RuleCompileError'
}

const LIMITS = { maxAstNodes: RULE_NODES_MAX, maxDepth: RULE_DEPTH_MAX }

/** Throws a `RuleCompileError`. */
export function compileRule(rule: SchemaRule, schema: Schema, library: CelLibrary): RuleProgram {
  const check = checkedParse(rule.rule, { rule, schema, library, wanted: 'bool' })
  const { messageExpression = '' } = rule
  const message =
    messageExpression.trim() === ''
      ? undefined
      : checkedParse(messageExpression, { rule, schema, library, wanted: 'string' })
  return { rule, usesOldSelf: uses(check.ast, 'oldSelf'), evaluate: check, message }
}

interface Parts {
  readonly rule: SchemaRule
  readonly schema: Schema
  readonly library: CelLibrary
  readonly wanted: string
}

/** The parsed expression, its types and fields checked. Throws a `RuleCompileError`. */
function checkedParse(text: string, { rule, schema, library, wanted }: Parts) {
  const self = celType(schema)
  const oldSelf = rule.optionalOldSelf === true ? `optional<${self}>` : self
  const environment = celEnvironment(library, { self, oldSelf }, LIMITS)
  let parsed
  try {
    parsed = environment.parse(text)
  } catch (error) {
    throw new RuleCompileError(printFault(text, faultOf(error)))
  }
  const undefinedOnes = undefinedFields(parsed.ast, schema, rule.optionalOldSelf === true)
  if (undefinedOnes.length > 0)
    throw new RuleCompileError(undefinedOnes.map((fault) => printFault(text, fault)).join('\n'))
  const { valid, type, error } = parsed.check()
  if (!valid) throw new RuleCompileError(printFault(text, faultOf(error)))
  if (type !== wanted && type !== 'dyn')
    throw new RuleCompileError(
      wanted === 'bool'
        ? 'cel expression must evaluate to a bool'
        : 'messageExpression must evaluate to a string',
    )
  return parsed
}

interface CompileFault {
  readonly message: string
  /** Characters from the start. */
  readonly at: number
}

function printFault(text: string, { message, at }: CompileFault): string {
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  const column = at - lineStart
  const shown = text.slice(lineStart).split('\n')[0]!
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${shown}\n | ${'.'.repeat(column)}^`
}

/** The library's complaint in the words of the compiler that the real server has. */
function faultOf(error: unknown): CompileFault {
  const { code, summary, message, node, range } = error as InstanceType<CelLibrary['ParseError']>
  const text = summary ?? message.split('\n')[0]!
  const start = range?.start ?? 0
  if (code === 'unknown_variable') {
    const name = text.slice(text.indexOf(':') + 1).trim()
    return { message: `undeclared reference to '${name}' (in container '')`, at: start }
  }
  const overload = /^no such overload: (\S+) (\S+) (\S+)$/.exec(text)
  if (overload !== null) {
    const [, left, operator, right] = overload
    const said = `found no matching overload for '_${operator}_' applied to '(${left}, ${right})'`
    return { message: said, at: operatorAt(node as ASTNode | undefined, operator!) ?? start }
  }
  return { message: code === 'no_matching_overload' ? text : `Syntax error: ${text}`, at: start }
}

function operatorAt(node: ASTNode | undefined, operator: string): number | undefined {
  if (node === undefined || !Array.isArray(node.args)) return undefined
  const [left] = node.args as readonly unknown[]
  const end = (left as Partial<ASTNode> | undefined)?.end
  if (end === undefined) return undefined
  const found = node.input.indexOf(operator, end)
  return found === -1 ? undefined : found
}

function uses(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((one) => uses(one, name))
  if (typeof node !== 'object' || node === null || !('op' in node)) return false
  const { op, args } = node as ASTNode
  return op === 'id' ? args === name : uses(args, name)
}
