// What `signalbox test` is told to expect: for every event, by name, the rules that should match it.

import { describeError } from '../base/index.ts'
import { UsageError } from './usage-error.ts'

export type Expectations = ReadonlyMap<string, readonly string[]>

/** An object of lists of rules by event, or one list for the only event. */
export function parseExpectations(text: string, events: readonly string[]): Expectations {
  const form = 'expected the expectations to be an object of lists of rule names by event'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${form}: ${describeError(error)}`)
  }
  if (typeof value !== 'object' || value === null) throw new UsageError(form)
  const lists = Array.isArray(value) ? { [onlyEvent(events, form)]: value as unknown } : value
  const expectations = new Map<string, readonly string[]>()
  for (const [name, rules] of Object.entries(lists) as [string, unknown][]) {
    if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'string')) {
      throw new UsageError(`${form}, got \`${JSON.stringify(rules)}\` for \`${name}\``)
    }
    expectations.set(name, rules as string[])
  }
  checkNames(expectations, events)
  return expectations
}

function onlyEvent(events: readonly string[], form: string): string {
  const [only, ...others] = events
  if (only !== undefined && others.length === 0) return only
  throw new UsageError(`${form}, got one list for ${events.length} events`)
}

// A name that is misspelt would otherwise test nothing.
function checkNames(expectations: Expectations, events: readonly string[]): void {
  const names = new Set(events)
  for (const name of expectations.keys()) {
    if (names.has(name)) continue
    const known = [...names].map((each) => `\`${each}\``).join(', ')
    throw new UsageError(`something is expected of \`${name}\`, but the events are ${known}`)
  }
  const silent = [...names].find((name) => !expectations.has(name))
  if (silent !== undefined) throw new UsageError(`nothing is expected of \`${silent}\``)
}
