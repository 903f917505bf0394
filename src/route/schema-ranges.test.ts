import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeStoredEvent, storePutEvent, withSchema } from '../event/index.ts'
import type { RoutedRule } from '../model/index.ts'
import { compileRoutingTable } from './routing-table.ts'

const BUS = '000000000000/us-east-1/orders'

function rule(name: string, schemaVersions?: string): RoutedRule {
  const pattern = '{"source":["my.shop"]}'
  const asked = schemaVersions === undefined ? {} : { schemaVersions }
  return { key: name, name, arn: name, busKey: BUS, pattern, targets: [], ...asked }
}

function matched(version: string | undefined): readonly string[] {
  const record = storePutEvent({
    busKey: BUS,
    account: '000000000000',
    region: 'us-east-1',
    id: 'e',
    source: 'my.shop',
    detailType: 'Order Created',
    time: '2026-01-31T12:00:00Z',
    resources: [],
    detail: '{}',
  })
  const schema = { registry: 'shop', name: 'OrderCreated', number: '1', version: version ?? '' }
  const event = decodeStoredEvent(version === undefined ? record : withSchema(record, schema))
  const all = [rule('any'), rule('first', '^1'), rule('later', '>=1.1')]
  const buses = new Map([[BUS, { busKey: BUS, rules: new Map(all.map((one) => [one.name, one])) }]])
  const rules = compileRoutingTable({ generation: 1, buses }).rulesFor(event)
  return rules.map(({ name }) => name).sort()
}

test('a rule that asks for versions gets the events of those, and no others', () => {
  assert.deepEqual(matched('1.0.0'), ['any', 'first'])
  assert.deepEqual(matched('1.2.0'), ['any', 'first', 'later'])
  assert.deepEqual(matched('2.0.0'), ['any', 'later'])
})

test('an event that was held against no schema is for rules that ask for none', () => {
  assert.deepEqual(matched(undefined), ['any'])
})
