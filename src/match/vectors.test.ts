import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { matchesPattern } from './matcher.ts'
import { parsePattern } from './pattern.ts'
import { oracleMatches } from './testing.ts'

interface Answer {
  readonly name: string
  readonly pattern: string
  readonly event: string
  readonly matches: boolean
}

interface Refusal {
  readonly name: string
  readonly pattern: string
  readonly reason: string
  /** Where the parser says it was, and how many times it says so; nowhere when absent. */
  readonly location?: string
  readonly times?: number
}

const folder = new URL('../../test/vectors/match/', import.meta.url)

for (const file of readdirSync(folder)) {
  const { cases } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
    cases: (Answer | Refusal)[]
  }
  test(`patterns answer as the vectors of ${file} say`, () => {
    for (const each of cases) check(each)
    assert.ok(cases.length > 0)
  })
}

function check(each: Answer | Refusal): void {
  if ('reason' in each) return checkRefusal(each)
  const matched = matchesPattern(parsePattern(each.pattern), Buffer.from(each.event))
  assert.equal(matched, each.matches, each.name)
  // Text behind a pattern is more than JSON.parse takes.
  if (isJson(each.pattern)) {
    assert.equal(oracleMatches(each.pattern, each.event), each.matches, `oracle: ${each.name}`)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function checkRefusal({ name, pattern, reason, location, times = 0 }: Refusal): void {
  const suffix = `\n at [Source: (String)"${pattern}"; ${location}]`.repeat(times)
  assert.throws(
    () => parsePattern(pattern),
    (error) => {
      assert.ok(isAppError(error, 'PATTERN_INVALID'), name)
      assert.equal(error.message, `Event pattern is not valid. Reason: ${reason}${suffix}`, name)
      assert.equal(error.details['reason'], reason, name)
      return true
    },
    name,
  )
}
