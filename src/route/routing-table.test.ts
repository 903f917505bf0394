import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import {
  checkJson,
  decodeStoredEvent,
  type Directed,
  encodeStoredEvent,
  storePutEvent,
} from '../event/index.ts'
import type { Delivery, RoutedRule, Ruleset, Target } from '../model/index.ts'
import { decodeControlRecord, encodeControlRecord } from './control-record.ts'
import { createInputs } from './inputs.ts'
import { compileRoutingTable, type RoutedEvent, type RoutingTable } from './routing-table.ts'

const SHOP = '000000000000/us-east-1/shop'
const OTHER = '000000000000/us-east-1/other'

function rule(name: string, pattern: string | undefined, busKey = SHOP): RoutedRule {
  const common = { key: `key-${name}`, name, arn: `arn:${name}`, busKey, targets: [] }
  return pattern === undefined ? common : { ...common, pattern }
}

function ruleset(generation: number, ...rules: readonly RoutedRule[]): Ruleset {
  const buses = new Map<string, { busKey: string; rules: Map<string, RoutedRule> }>()
  for (const one of rules) {
    const bus = buses.get(one.busKey) ?? { busKey: one.busKey, rules: new Map() }
    bus.rules.set(one.name, one)
    buses.set(one.busKey, bus)
  }
  return { generation, buses }
}

function namesAt(table: RoutingTable, busKey: string, detail: string): readonly string[] {
  return namesFor(table, eventOn(busKey, detail))
}

function namesFor(table: RoutingTable, event: RoutedEvent): readonly string[] {
  return table
    .rulesFor(event)
    .map(({ name }) => name)
    .toSorted((a, b) => a.localeCompare(b))
}

function eventOn(busKey: string, detail: string, directed?: Directed): RoutedEvent {
  return decodeStoredEvent(
    encodeStoredEvent({
      busKey,
      ...(directed === undefined ? {} : { meta: { directed } }),
      envelopeHead: '{"version":"0","source":"s","detail":',
      detail,
      hasData: true,
    }),
  )
}

test('an event is matched by the rules of its own bus only', () => {
  const table = compileRoutingTable(
    ruleset(3, rule('a', '{"detail":{"x":[1]}}'), rule('b', '{"detail":{"x":[1]}}', OTHER)),
  )
  assert.equal(table.generation, 3)
  assert.deepEqual(namesAt(table, SHOP, '{"x":1}'), ['a'])
  assert.deepEqual(namesAt(table, OTHER, '{"x":1}'), ['b'])
  assert.deepEqual(namesAt(table, '000000000000/us-east-1/none', '{"x":1}'), [])
  assert.deepEqual(namesAt(table, SHOP, '{"x":2}'), [])
})

test('what is known of the names in an event changes nothing but how fast its rules are found', () => {
  const table = compileRoutingTable(
    ruleset(
      1,
      rule('one', '{"source":["s"],"detail":{"a":{"b":[1]}}}'),
      rule('two', '{"detail":{"a":{"b":[2]}}}'),
      rule('late', '{"detail":{"z":[{"exists":true}]}}'),
    ),
  )
  const expected: readonly (readonly [detail: string, names: readonly string[]])[] = [
    ['{"a":{"b":1},"z":1}', ['late', 'one']],
    ['{"a":{"b":1,"b":2}}', ['two']],
    ['{"a":{"b":1},"a":{"b":2},"z":0}', ['late', 'two']],
    ['{"a.b":2}', ['two']],
    ['{"c":{"d":[{"e":1}]}}', []],
  ]
  for (const [detail, names] of expected) {
    const check = checkJson(Buffer.from(detail), { depthMax: 10 })
    const hasPlainNames = check.kind === 'object' && check.hasPlainNames === true
    for (const known of [false, hasPlainNames]) {
      const record = encodeStoredEvent({
        busKey: SHOP,
        envelopeHead: '{"version":"0","source":"s","detail":',
        detail,
        hasData: true,
        hasPlainNames: known,
      })
      assert.deepEqual(namesFor(table, decodeStoredEvent(record)), names, detail)
    }
  }
})

test('the next table has what came, lacks what went, and the one before is as it was', () => {
  const kept = rule('kept', '{"detail":{"x":[1]}}')
  const before = compileRoutingTable(ruleset(1, kept, rule('changed', '{"detail":{"x":[1]}}')))
  const after = before.next(
    ruleset(2, kept, rule('changed', '{"detail":{"x":[2]}}'), rule('new', '{"detail":{"x":[1]}}')),
  )
  assert.deepEqual(namesAt(after, SHOP, '{"x":1}'), ['kept', 'new'])
  assert.deepEqual(namesAt(after, SHOP, '{"x":2}'), ['changed'])
  assert.deepEqual(namesAt(before, SHOP, '{"x":1}'), ['changed', 'kept'])
  const empty = after.next(ruleset(3))
  assert.deepEqual(namesAt(empty, SHOP, '{"x":1}'), [])
})

test('a directed event reaches the rules it names and no others', () => {
  const table = compileRoutingTable(
    ruleset(
      1,
      rule('a', '{"detail":{"x":[1]}}'),
      rule('b', '{"detail":{"x":[1]}}'),
      rule('c', '{"detail":{"x":[2]}}'),
      rule('elsewhere', '{"detail":{"x":[1]}}', OTHER),
    ),
  )
  const rules = ['key-b', 'key-c', 'key-elsewhere', 'key-gone']
  const asked = eventOn(SHOP, '{"x":1}', { rules, matched: false })
  assert.deepEqual(namesFor(table, asked), ['b'])
  const chosen = eventOn(SHOP, '{"x":1}', { rules, matched: true })
  assert.deepEqual(namesFor(table, chosen), ['b', 'c'])
})

test('a rule without a pattern is reached by events directed at it alone', () => {
  const before = compileRoutingTable(ruleset(1, rule('timer', undefined)))
  const firing = eventOn(SHOP, '{"x":1}', { rules: ['key-timer'], matched: true })
  assert.deepEqual(namesAt(before, SHOP, '{"x":1}'), [])
  assert.deepEqual(namesFor(before, firing), ['timer'])
  assert.deepEqual(
    namesFor(before, eventOn(SHOP, '{}', { rules: ['key-timer'], matched: false })),
    [],
  )
  const patterned = before.next(ruleset(2, rule('timer', '{"detail":{"x":[1]}}')))
  assert.deepEqual(namesAt(patterned, SHOP, '{"x":1}'), ['timer'])
  const gone = patterned.next(ruleset(3, rule('other', undefined)))
  assert.deepEqual(namesFor(gone, firing), [])
  assert.deepEqual(namesAt(gone, SHOP, '{"x":1}'), [])
})

test('a control record says its generation, and anything else is damaged', () => {
  assert.deepEqual(decodeControlRecord(encodeControlRecord({ generation: 7 })), { generation: 7 })
  for (const text of ['{}', '7', 'null', '{"generation":"7"}', '{"generation":1.5}']) {
    assert.throws(
      () => decodeControlRecord(Buffer.from(text)),
      (error) => isAppError(error, 'LOG_CORRUPT'),
      text,
    )
  }
})

test('a target without an input is sent the very bytes of the envelope, another its input', () => {
  const prepare = createInputs()
  const plain = deliveryTo({ id: 'plain', address: 'x' })
  const input = prepare(plain)
  assert.ok(input.kind === 'input')
  assert.equal(input.body, plain.event.envelope)
  const path = deliveryTo({ id: 'path', address: 'x', input: { kind: 'path', path: '$.detail' } })
  assert.equal(textOf(prepare(path)), '{ "n" : 1.0 }')
  const template: Target = {
    id: 'template',
    address: 'x',
    input: {
      kind: 'template',
      paths: { n: '$.detail.n' },
      template: '{"got":<n>,"by":"<aws.events.rule-name>"}',
    },
  }
  for (let count = 0; count < 2; count += 1) {
    assert.match(textOf(prepare(deliveryTo(template))), /^\{"got":1(\.0)?,"by":"r"\}$/)
  }
})

function deliveryTo(target: Target): Delivery {
  const record = storePutEvent({
    busKey: SHOP,
    account: '000000000000',
    region: 'us-east-1',
    id: 'e',
    source: 's',
    detailType: 't',
    time: '2026-01-01T00:00:00Z',
    resources: [],
    detail: '{ "n" : 1.0 }',
  })
  const event = decodeStoredEvent(record)
  return { partition: 0, offset: 0, timestamp: 0, record, event, rule: rule('r', '{}'), target }
}

function textOf(input: ReturnType<ReturnType<typeof createInputs>>): string {
  assert.ok(input.kind === 'input')
  return Buffer.from(input.body).toString()
}
