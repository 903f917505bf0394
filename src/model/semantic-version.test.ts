import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, integer, property, tuple } from 'fast-check'
import { isInRange, nextVersion, parseVersion, parseVersionRange } from './semantic-version.ts'

function isIn(range: string, version: string): boolean {
  return isInRange(parseVersionRange(range)!, parseVersion(version)!)
}

// range, what it takes, what it does not
const RANGES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['^1', ['1.0.0', '1.9.3'], ['0.9.9', '2.0.0']],
  ['1', ['1.0.0', '1.10.0'], ['2.0.0']],
  ['1.x', ['1.4.0'], ['2.0.0']],
  ['^1.2', ['1.2.0', '1.10.0'], ['1.1.9', '2.0.0']],
  ['^1.2.3', ['1.2.3', '1.3.0'], ['1.2.2']],
  ['~1.2', ['1.2.0', '1.2.9'], ['1.3.0', '1.1.0']],
  ['~1', ['1.0.0', '1.9.0'], ['2.0.0']],
  ['1.2.3', ['1.2.3'], ['1.2.4', '1.2.2']],
  ['=1.2', ['1.2.7'], ['1.3.0']],
  ['>1', ['2.0.0'], ['1.9.9']],
  ['>1.2', ['1.3.0'], ['1.2.5']],
  ['>=1.1 <3', ['1.1.0', '2.9.9'], ['1.0.9', '3.0.0']],
  ['<=2.1', ['2.1.9', '0.0.1'], ['2.2.0']],
  ['^1 || ^3', ['1.0.0', '3.1.0'], ['2.0.0']],
  ['*', ['0.0.0', '99.0.0'], []],
]

test('a range takes the versions that it says', () => {
  for (const [range, good, bad] of RANGES) {
    for (const version of good) assert.ok(isIn(range, version), `${range} takes ${version}`)
    for (const version of bad) assert.ok(!isIn(range, version), `${range} refuses ${version}`)
  }
})

test('what is no range or version is told from one', () => {
  for (const text of ['', 'one', '^', '1.2.3.4', '^1 ||', '-1', '1..2', 'x'.repeat(300)]) {
    assert.equal(parseVersionRange(text), undefined, text)
  }
  for (const text of ['1', '1.2', 'v1.2.3', '1.2.3-beta'])
    assert.equal(parseVersion(text), undefined)
})

test('a breaking change is major, an addition minor, anything else a patch', () => {
  assert.equal(nextVersion('1.2.3', 'major'), '2.0.0')
  assert.equal(nextVersion('1.2.3', 'minor'), '1.3.0')
  assert.equal(nextVersion('1.2.3', 'patch'), '1.2.4')
})

test('a caret takes every later version that did not break, and no other', () => {
  const part = integer({ min: 0, max: 4 })
  check(
    property(tuple(part, part, part), tuple(part, part, part), (from, to) => {
      const isLater =
        to[0] === from[0] && (to[1] > from[1] || (to[1] === from[1] && to[2] >= from[2]))
      assert.equal(isIn(`^${from.join('.')}`, to.join('.')), isLater)
    }),
  )
})
