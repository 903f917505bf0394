import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseRuleExpression, parseScheduleExpression } from './expression.ts'

interface Sides {
  readonly taken: readonly { readonly text: string }[]
  readonly refused: readonly { readonly text: string }[]
}

const path = new URL('../../test/vectors/schedule/expressions.json', import.meta.url)
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Readonly<
  Record<'rules' | 'scheduler', Sides>
>
const PARSERS = { rules: parseRuleExpression, scheduler: parseScheduleExpression } as const

for (const service of ['rules', 'scheduler'] as const) {
  describe(`what AWS takes and refuses as the schedule of ${service}`, () => {
    for (const { text } of vectors[service].taken) {
      test(`\`${text}\` is taken`, () => assert.notEqual(PARSERS[service](text), undefined))
    }
    for (const { text } of vectors[service].refused) {
      test(`\`${text}\` is refused`, () => assert.equal(PARSERS[service](text), undefined))
    }
  })
}

test('a long hostile expression is refused at once', () => {
  assert.equal(parseRuleExpression(`cron(${'0,'.repeat(100_000)} 0 * * ? *)`), undefined)
  assert.equal(parseScheduleExpression(`rate(${'1'.repeat(100_000)} minutes)`), undefined)
})
