import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { openMemoryLog } from '../log/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { openIngress } from './acceptor.ts'
import type { IncomingEvent, Ingress } from './ingress.ts'
import type { Passage, SchemaGate } from './schema-gate.ts'

function rethrow(error: unknown): never {
  throw error
}

function event(id: string): IncomingEvent {
  return { id, busKey: '000000000000/us-east-1/shop', record: Buffer.from(`record ${id}`) }
}

/** Refuses what is named `bad`, stamps what is named `good`, and lets all else pass. */
class TestGate implements SchemaGate {
  isOn = true
  readonly asked: string[] = []

  async check({ id, record }: IncomingEvent): Promise<Passage> {
    this.asked.push(id)
    if (id.startsWith('bad')) return { kind: 'refuse', faults: [`${id} is bad`] }
    return id.startsWith('good')
      ? { kind: 'pass', record: Buffer.concat([Buffer.from('valid '), record]) }
      : { kind: 'pass' }
  }
}

async function open(): Promise<{
  readonly gate: TestGate
  readonly accept: (...given: Parameters<Ingress['accept']>) => ReturnType<Ingress['accept']>
  readonly stored: () => Promise<string[]>
}> {
  const clock = new FakeClock()
  const log = openMemoryLog({ clock })
  const gate = new TestGate()
  const dedupe = { store: openMemoryStore().dedupe, clock, windowMs: 1000, onFatal: rethrow }
  const ingress = await openIngress({ log, dedupe, clock, gate, backlog: () => 0 })
  return {
    gate,
    accept: (dialect, events) => ingress.accept(dialect, events),
    async stored() {
      if (log.end()[0]!.offset === 0) return []
      const { signal } = new AbortController()
      const { records } = await log.read([], { recordsMax: 100, signal })
      return records.map(({ payload }) => Buffer.from(payload).toString())
    },
  }
}

test('what is refused is answered in its place, and the others are stored as the gate has them', async () => {
  const { accept, stored } = await open()
  const results = await accept('aws', [event('bad1'), event('good'), event('other'), event('bad2')])
  assert.deepEqual(
    results.map(({ kind, id }) => `${kind} ${id}`),
    ['refused bad1', 'accepted good', 'accepted other', 'refused bad2'],
  )
  assert.deepEqual(results[0], { kind: 'refused', id: 'bad1', faults: ['bad1 is bad'] })
  assert.deepEqual(await stored(), ['valid record good', 'record other'])
})

test('nothing is stored of a request whose events are all refused', async () => {
  const { accept, stored } = await open()
  await accept('cloudevents', [event('bad')])
  assert.deepEqual(await stored(), [])
})

test('a gate that is off, and events of our own making, are not asked for', async () => {
  const { gate, accept, stored } = await open()
  await accept('internal', [event('bad')])
  gate.isOn = false
  await accept('aws', [event('bad')])
  assert.deepEqual(gate.asked, [])
  assert.deepEqual(await stored(), ['record bad', 'record bad'])
})
