// CEL over an object and what it was before: `resource`, `oldResource`, and `changed(.status.phase)`, which is true when
// the field has another value than before. The library is loaded when the first rule is there.
// https://github.com/google/cel-spec

import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../objects/index.ts'
import { loadCel } from '../structure/index.ts'
import { runWithin } from './deadline.ts'
import { RULE_DEPTH_MAX, RULE_NODES_MAX, RULES_KEPT_MAX } from './limits.ts'
import { TriggerFault } from './trigger-fault.ts'

export interface Change {
  readonly next: KubeObject
  /** Undefined for what is new, or was not seen before. */
  readonly previous: KubeObject | undefined
}

type Rule = (values: Readonly<Record<string, unknown>>) => unknown

const CHANGED = /\bchanged\(\s*(\.[^()]*?)\s*\)/g
const compiled = new Map<string, Rule>()
let changeInHand: Change | undefined
let loading: Promise<(text: string) => Rule> | undefined

/** Whether a rule looks at what an object was: it speaks of the moment of a change. */
export function isAboutChange(rule: string): boolean {
  return /\bchanged\(|\boldResource\b/.test(rule)
}

/** Whether it holds. Rejects with a `TriggerFault` for what is no rule, or has no answer. */
export async function holds(rule: string, change: Change): Promise<boolean> {
  const evaluate = await ruleOf(rule)
  changeInHand = change
  try {
    const resource = toCel(change.next)
    const oldResource = change.previous === undefined ? null : toCel(change.previous)
    return runWithin(() => evaluate({ resource, oldResource })) === true
  } catch (error) {
    if (error instanceof TriggerFault) throw error
    const [message] = (error as Error).message.split('\n')
    // A field that an object lacks is an ordinary thing to find.
    if (message!.startsWith('No such key')) return false
    throw new TriggerFault(message)
  } finally {
    changeInHand = undefined
  }
}

async function ruleOf(rule: string): Promise<Rule> {
  const known = compiled.get(rule)
  if (known !== undefined) return known
  loading ??= load()
  const compile = await loading
  try {
    const fresh = compile(rule.replaceAll(CHANGED, (_, path: string) => `changed("${path}")`))
    if (compiled.size >= RULES_KEPT_MAX) compiled.delete(compiled.keys().next().value!)
    compiled.set(rule, fresh)
    return fresh
  } catch (error) {
    throw new TriggerFault((error as Error).message.split('\n')[0])
  }
}

async function load(): Promise<(text: string) => Rule> {
  const { Environment } = await loadCel()
  const limits = { maxAstNodes: RULE_NODES_MAX, maxDepth: RULE_DEPTH_MAX }
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits })
    .registerVariable('resource', 'dyn')
    .registerVariable('oldResource', 'dyn')
    .registerFunction('changed(string): bool', (path: string) => isChanged(path))
  return (text) => environment.parse(text)
}

/** What was not seen before has not changed. */
function isChanged(path: string): boolean {
  if (changeInHand?.previous === undefined) return false
  const { next, previous } = changeInHand
  return !isDeepStrictEqual(fieldAt(next, path), fieldAt(previous, path))
}

function fieldAt(object: KubeObject, path: string): unknown {
  let value: unknown = object
  for (const [, name, quoted, index] of path.matchAll(/\.?([^.[\]]+)|\["([^"]*)"\]|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name ?? quoted ?? index!]
  }
  return value
}

/** Whole numbers are ints in CEL, and those are bigints in the library. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toCel(member)]))
}
