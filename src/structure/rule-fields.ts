// Whether a rule names fields that there are: what each part of it is, is told by the schema as far as that goes.

import type { ASTNode } from '@marcbachmann/cel-js'
import { celName } from './cel-values.ts'
import type { Schema } from './schema.ts'

interface UndefinedField {
  readonly message: string
  readonly at: number
}

/** What a name stands for; undefined is something that the schema does not tell. */
type Scope = ReadonlyMap<string, Schema | undefined>

/** Macros over the items of a list or the keys of a map; the first argument is what an item is called. */
const MACROS = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])

export function undefinedFields(
  rule: ASTNode,
  schema: Schema,
  isOldOptional: boolean,
): readonly UndefinedField[] {
  const faults: UndefinedField[] = []
  const scope = new Map([
    ['self', schema],
    ['oldSelf', isOldOptional ? undefined : schema],
  ])
  look(rule, scope, { faults, at: undefined })
  return faults
}

interface Looking {
  readonly faults: UndefinedField[]
  /** Where a field is said to be undefined: inside a `has` that is its bracket. */
  readonly at: number | undefined
}

/** Looks through a part of a rule and answers what it is. */
function look(node: ASTNode, scope: Scope, looking: Looking): Schema | undefined {
  if (node.op === 'id') return scope.get(node.args)
  if (node.op === '.' || node.op === '.?') return lookAtField(node, scope, looking)
  if (node.op === 'rcall') return lookIntoCall(node.args, scope, looking)
  if (node.op === '[]') {
    const [of, index] = node.args
    look(index, scope, looking)
    const schema = look(of, scope, looking)
    if (schema?.items !== undefined) return schema.items
    const free = schema?.additionalProperties
    return typeof free === 'object' ? free : undefined
  }
  const isHas = node.op === 'call' && node.args[0] === 'has'
  const at = isHas ? node.start + 'has'.length : undefined
  for (const one of nodesIn(node.args)) look(one, scope, { ...looking, at })
  return undefined
}

function lookAtField(
  { op, args: [of, name] }: Extract<ASTNode, { op: '.' | '.?' }>,
  scope: Scope,
  { faults, at }: Looking,
): Schema | undefined {
  const schema = look(of, scope, { faults, at: undefined })
  if (schema === undefined) return undefined
  const found = memberOf(schema, name)
  if (found === 'none') faults.push({ message: `undefined field '${name}'`, at: at ?? of.end })
  return typeof found === 'string' || op === '.?' ? undefined : found
}

function lookIntoCall(
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  scope: Scope,
  looking: Looking,
): Schema | undefined {
  const of = look(receiver, scope, looking)
  const [variable, ...bodies] = args
  if (MACROS.has(name) && variable?.op === 'id') {
    const inner = new Map(scope).set(variable.args, of?.items)
    for (const body of bodies) look(body, inner, looking)
    return name === 'filter' ? of : undefined
  }
  if (name === 'bind' && variable?.op === 'id' && bodies.length === 2) {
    const [value, body] = bodies
    return look(body!, new Map(scope).set(variable.args, look(value!, scope, looking)), looking)
  }
  for (const one of args) look(one, scope, looking)
  return undefined
}

function memberOf(schema: Schema, name: string): Schema | 'none' | 'unknown' {
  const { type, properties, additionalProperties } = schema
  for (const [property, of] of Object.entries(properties ?? {}))
    if (celName(property) === name) return of
  if (typeof additionalProperties === 'object') return additionalProperties
  const isFree =
    type !== 'object' ||
    additionalProperties === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-embedded-resource'] === true
  return isFree ? 'unknown' : 'none'
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap((one) => nodesIn(one))
  const isNode = typeof args === 'object' && args !== null && 'op' in args
  return isNode ? [args as ASTNode] : []
}
