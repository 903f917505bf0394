import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainEvent, explainRule, type ExplainSources } from './app-explain.ts'
import { seededRandom } from './base/index.ts'
import { FakeClock } from './base/testing.ts'
import { type EventMeta, encodeStoredEvent } from './event/index.ts'
import { openMemoryLog } from './log/index.ts'
import { encodeName, type RuleSpec } from './model/index.ts'
import { Objects } from './objects/index.ts'
import { openMemoryStore } from './store/index.ts'

const { signal } = new AbortController()
const BUS = '000000000000/us-east-1/default'

interface Bench extends ExplainSources {
  /** Answers the rule's key. */
  addRule(name: string, parts?: Partial<RuleSpec>): Promise<string>
  addEvent(id: string, meta?: EventMeta): Promise<void>
}

function openBench(): Bench {
  const clock = new FakeClock()
  const { rows } = openMemoryStore()
  const log = openMemoryLog({ clock })
  const objects = new Objects({ rows, clock, random: seededRandom(1) })
  return {
    rows,
    log,
    disablements: new Map(),
    async addRule(name, parts = {}) {
      const spec: RuleSpec = {
        account: '000000000000',
        region: 'us-east-1',
        bus: 'default',
        name,
        state: 'ENABLED',
        createdBy: '000000000000',
        pattern: '{"source":["s"]}',
        targets: [{ id: 't', address: 'https://target.test/' }],
        ...parts,
      }
      const key = { namespace: 'default', name: encodeName(['us-east-1', 'default', name]) }
      const { metadata } = await objects.create('Rule', { ...key, spec })
      return metadata.uid
    },
    async addEvent(id, meta) {
      const payload = encodeStoredEvent({
        busKey: BUS,
        envelopeHead: `{"version":"0","id":"${id}","detail-type":"t","source":"s","time":"","resources":[],"detail":`,
        detail: '{}',
        hasData: true,
        ...(meta === undefined ? {} : { meta }),
      })
      await log.append([{ kind: 'event', payload }])
    },
  }
}

test('a rule that an event was not directed at says so, though its pattern matches', async () => {
  const bench = openBench()
  const chosen = await bench.addRule('chosen')
  await bench.addRule('other')
  await bench.addEvent('plain')
  await bench.addEvent('replayed', { directed: { rules: [chosen], matched: false } })
  const passedOver = async (eventId: string): Promise<unknown> => {
    const { items } = await explainEvent(bench, { eventId, limit: 10, signal })
    return Object.fromEntries(items.map(({ rule }) => [rule!.name, rule!.isPassedOver ?? false]))
  }
  assert.deepEqual(await passedOver('plain'), { chosen: false, other: false })
  assert.deepEqual(await passedOver('replayed'), { chosen: false, other: true })
})

test('a rule that asks for other schema versions than the event has says so, though its pattern matches', async () => {
  const bench = openBench()
  await bench.addRule('any')
  await bench.addRule('first', { schemaVersions: '^1' })
  await bench.addRule('second', { schemaVersions: '^2' })
  await bench.addEvent('valid', {
    schema: { registry: 'r', name: 'n', number: '2', version: '1.1.0' },
  })
  await bench.addEvent('unheld')
  const outOfRange = async (eventId: string): Promise<unknown> => {
    const { items } = await explainEvent(bench, { eventId, limit: 10, signal })
    return Object.fromEntries(items.map(({ rule }) => [rule!.name, rule!.isOutOfRange ?? false]))
  }
  assert.deepEqual(await outOfRange('valid'), { any: false, first: false, second: true })
  assert.deepEqual(await outOfRange('unheld'), { any: false, first: true, second: true })
})

test('events that a rule never saw say why, though its pattern matches them', async () => {
  const bench = openBench()
  const other = await bench.addRule('other')
  await bench.addRule('first', { schemaVersions: '^1' })
  const schema = { registry: 'r', name: 'n', number: '2' }
  await bench.addEvent('old', { schema: { ...schema, version: '1.1.0' } })
  await bench.addEvent('new', { schema: { ...schema, version: '2.0.0' } })
  await bench.addEvent('unheld')
  await bench.addEvent('replayed', {
    schema: { ...schema, version: '1.0.0' },
    directed: { rules: [other], matched: false },
  })
  const { items, matched } = await explainRule(bench, { rule: 'first', limit: 10, signal })
  assert.equal(matched, 4)
  assert.deepEqual(
    Object.fromEntries(
      items.map(({ event: { id, isOutOfRange = false, isPassedOver = false } }) => [
        id,
        [isOutOfRange, isPassedOver],
      ]),
    ),
    { old: [false, false], new: [true, false], unheld: [true, false], replayed: [false, true] },
  )
})

test('targets that are disabled are counted', async () => {
  const bench = openBench()
  const key = await bench.addRule('hooked')
  const disablement = {
    ruleKey: key,
    targetId: 't',
    fingerprint: '',
    since: 1,
    reason: 'the target answered 410',
  }
  const sources = { ...bench, disablements: new Map([[`${key}/t`, disablement]]) }
  const { items } = await explainEvent(sources, { event: '{"source":"s"}', limit: 10, signal })
  assert.deepEqual([items[0]?.rule?.targets, items[0]?.rule?.targetsDisabled], [1, 1])
})

test('no more is answered than asked for, and all of it is counted', async () => {
  const bench = openBench()
  for (let index = 0; index < 120; index += 1) {
    await bench.addRule(`r-${index}`, { pattern: `{"detail":{"n":[${index}]},"source":["s"]}` })
  }
  const event = '{"source":"s","detail":{"n":77}}'
  const { rules, matched, items } = await explainEvent(bench, { event, limit: 3, signal })
  assert.deepEqual([rules, matched, items.length], [120, 1, 3])
  assert.deepEqual([items[0]?.rule?.name, items[0]?.nearness], ['r-77', 1])
  for (let index = 0; index < 120; index += 1) await bench.addEvent(`e-${index}`)
  const answer = await explainRule(bench, { rule: 'r-7', limit: 2, signal })
  assert.deepEqual([answer.events, answer.matched, answer.items.length], [120, 0, 2])
  assert.deepEqual(
    answer.items.map((item) => item.event.id),
    ['e-119', 'e-118'],
  )
})
