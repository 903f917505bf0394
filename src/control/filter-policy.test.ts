import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { matchesPattern, parsePattern } from '../match/index.ts'
import { filterPattern } from './filter-policy.ts'
import { decodeStoredEvent } from '../event/index.ts'
import { storePublication } from './notification.ts'
import type { MessageAttributes } from '../queue/index.ts'

const TOPIC = {
  account: '000000000000',
  region: 'us-east-1',
  name: 't',
  fifo: false,
  attributes: {},
}

function lets(
  subscription: Readonly<Record<string, string>>,
  { message = 'm', attributes }: { message?: string; attributes?: MessageAttributes },
): boolean {
  const publication = { message, ...(attributes === undefined ? {} : { attributes }) }
  const stamp = { id: 'i', now: 0, endpoint: '', hasBodyFilters: true }
  const { envelope } = decodeStoredEvent(storePublication(TOPIC, publication, stamp))
  return matchesPattern(parsePattern(filterPattern(subscription)), envelope)
}

const text = (StringValue: string): MessageAttributes[string] => ({
  DataType: 'String',
  StringValue,
})
const number = (StringValue: string): MessageAttributes[string] => ({
  DataType: 'Number',
  StringValue,
})
const list = (StringValue: string): MessageAttributes[string] => ({
  DataType: 'String.Array',
  StringValue,
})

// https://docs.aws.amazon.com/sns/latest/dg/example-filter-policies.html
const CASES: readonly (readonly [policy: object, attributes: MessageAttributes, lets: boolean])[] =
  [
    [{ store: ['example_corp'] }, { store: text('example_corp') }, true],
    [{ store: ['example_corp'] }, { store: text('other') }, false],
    [{ store: ['example_corp'] }, {}, false],
    [{ event: [{ 'anything-but': 'order_cancelled' }] }, { event: text('order_placed') }, true],
    [{ interests: ['rugby'] }, { interests: list('["soccer","rugby"]') }, true],
    [{ interests: ['rugby'] }, { interests: list('["soccer"]') }, false],
    [{ price: [{ numeric: ['>=', 100] }] }, { price: number('210.75') }, true],
    [{ price: [{ numeric: ['>=', 100] }] }, { price: text('210.75') }, false],
    [{ price: [{ numeric: ['>=', 100] }] }, { price: number('99') }, false],
    [{ store: [{ exists: false }] }, { other: text('a') }, true],
    [{ $or: [{ a: ['1'] }, { b: ['2'] }] }, { b: text('2') }, true],
    [{}, {}, true],
  ]

for (const [policy, attributes, expected] of CASES) {
  const shown = `${JSON.stringify(policy)} of ${JSON.stringify(attributes)}`
  test(`a policy ${expected ? 'lets through' : 'stops'} what it says: ${shown}`, () => {
    assert.equal(lets({ FilterPolicy: JSON.stringify(policy) }, { attributes }), expected)
  })
}

test('a policy of bodies asks of the message and of nothing else', () => {
  const FilterPolicy = JSON.stringify({ order: { state: ['paid'] } })
  const subscription = { FilterPolicy, FilterPolicyScope: 'MessageBody' }
  assert.ok(lets(subscription, { message: '{"order":{"state":"paid"}}' }))
  assert.ok(!lets(subscription, { message: '{"order":{"state":"open"}}' }))
  assert.ok(!lets(subscription, { message: 'paid', attributes: { order: text('paid') } }))
})

for (const [attributes, words] of [
  [{ FilterPolicy: '{' }, /failed to parse JSON/],
  [{ FilterPolicy: '[]' }, /Filter is not an object/],
  [{ FilterPolicy: '{"a":"b"}' }, /must be an object or an array/],
  [{ FilterPolicy: '{}', FilterPolicyScope: 'Headers' }, /FilterPolicyScope/],
] as const) {
  test(`refuses ${JSON.stringify(attributes)} in SNS’s words`, () => {
    assert.throws(
      () => filterPattern(attributes),
      (error) =>
        isAppError(error, 'REQUEST_INVALID') &&
        error.details['awsCode'] === 'InvalidParameter' &&
        words.test(error.message),
    )
  })
}
