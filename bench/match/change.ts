// What it costs to replace one rule of very many: parse, leave, join, and match one event under the new set.

import { parsePattern } from '../../src/match/index.ts'
import { load } from './ours.ts'
import { rulesOf } from './scaling.ts'

const RULES = 100_000
const CHANGES = 1000

export interface ChangeResult {
  readonly rules: number
  readonly medianMs: number
  /** What one change in a hundred takes or more. */
  readonly highMs: number
}

/** CPU time of single changes. */
export function measureChange(): ChangeResult {
  const patterns = rulesOf('mixed', RULES + CHANGES)
  let { matcher } = load(patterns.slice(0, RULES))
  const event = Buffer.from(
    JSON.stringify({ source: 'shop.area-1', region: 'eu-west-1', detail: { total: 7 } }),
  )
  matcher.match(event)
  const times = patterns.slice(RULES).map((pattern, index) => {
    const before = process.cpuUsage()
    matcher = matcher.without((index * 97) % RULES).with(RULES + index, parsePattern(pattern))
    matcher.match(event)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  const sorted = times.toSorted((left, right) => left - right)
  return { rules: RULES, medianMs: sorted[CHANGES >> 1]!, highMs: sorted[CHANGES * 0.99]! }
}
