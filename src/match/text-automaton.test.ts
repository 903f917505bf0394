import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Condition } from './condition.ts'
import { buildAutomaton } from './text-automaton.ts'

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'c'), maxLength })

const condition: fc.Arbitrary<Condition> = fc.oneof(
  text(3).map((each): Condition => ({ kind: 'string', text: each })),
  text(3).map((each): Condition => ({ kind: 'prefix', text: each })),
  text(3).map((each): Condition => ({ kind: 'suffix', text: each })),
  fc
    .array(text(2), { minLength: 2, maxLength: 3 })
    .map((pieces): Condition => ({ kind: 'wildcard', pieces })),
  fc
    .tuple(text(3), fc.constantFrom('whole' as const, 'prefix' as const, 'suffix' as const))
    .map(([each, part]): Condition => ({ kind: 'folded', text: each, part })),
)

/** By regular expressions, which the matcher never uses. */
function isSatisfied(condition: Condition, value: string): boolean {
  if (condition.kind === 'string') return value === condition.text
  if (condition.kind === 'prefix') return value.startsWith(condition.text)
  if (condition.kind === 'suffix') return value.endsWith(condition.text)
  if (condition.kind === 'wildcard') {
    return new RegExp(`^${condition.pieces.join('.*')}$`, 's').test(value)
  }
  assert.equal(condition.kind, 'folded')
  const { text: wanted, part } = condition
  const pattern = part === 'suffix' ? `${wanted}$` : `^${wanted}${part === 'whole' ? '$' : ''}`
  return new RegExp(pattern, 'i').test(value)
}

test('texts that end in the same row satisfy the same conditions', () => {
  let shared = 0
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 5 }),
      fc.array(text(6), { minLength: 10, maxLength: 40 }),
      (conditions, values) => {
        const { width, symbols, rows } = buildAutomaton(conditions)!
        const byRow = new Map<number, string>()
        for (const value of new Set(values)) {
          let row = 0
          for (const byte of Buffer.from(value)) row = rows[row + symbols[byte]!]!
          assert.equal(row % (width + 1), 0)
          const verdict = conditions.map((each) => Number(isSatisfied(each, value))).join('')
          const before = byRow.get(row)
          if (before !== undefined) shared += 1
          assert.equal(verdict, before ?? verdict, `${value} of ${JSON.stringify(conditions)}`)
          byRow.set(row, verdict)
        }
      },
    ),
    { numRuns: 1000 },
  )
  assert.ok(shared > 2000, `only ${shared} texts shared a row`)
})

test('what would take too long or too much room has no automaton', () => {
  const many = Array.from({ length: 60 }, (_, index): Condition => {
    return { kind: 'string', text: `customer-${index}` }
  })
  assert.equal(buildAutomaton(many), undefined)
  assert.notEqual(buildAutomaton(many.slice(0, 5)), undefined)
  const stars = 'abcdefgh'.split('').map((each): Condition => {
    return { kind: 'wildcard', pieces: ['', `${each}x${each}y`, `${each}z${each}`, ''] }
  })
  assert.equal(buildAutomaton(stars), undefined)
  assert.equal(buildAutomaton([{ kind: 'ip', address: '\x0a\x00\x00\x01' }]), undefined)
})
