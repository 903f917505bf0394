import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sinks } from './app-sinks.ts'
import { loadBreakers } from './app-lane-memory.ts'
import { silentLogger } from './base/index.ts'
import type { InvokeResult, SinkKind } from './connect/index.ts'
import { openMemoryStore } from './store/index.ts'

function openBench(): { sinks: Sinks; opened: string[]; closed: string[] } {
  const opened: string[] = []
  const closed: string[] = []
  const kind: SinkKind = {
    name: 'http',
    serves: (address) => address.startsWith('http'),
    open: (address) => {
      opened.push(address)
      return {
        batchMax: 1,
        concurrencyMax: 1,
        send: async () => [],
        close: async () => void closed.push(address),
      }
    },
  }
  return { sinks: new Sinks(() => [kind]), opened, closed }
}

test('targets at one address share a sink, opened when first asked for', () => {
  const { sinks, opened } = openBench()
  assert.equal(sinks.at('http://a'), sinks.at('http://a'))
  assert.notEqual(sinks.at('http://a'), sinks.at('http://b'))
  assert.equal(sinks.at('arn:aws:sqs:r:a:q'), undefined)
  assert.deepEqual(opened, ['http://a', 'http://b'])
})

test('sinks that no target has any more are closed, and opened anew when one has', async () => {
  const { sinks, opened, closed } = openBench()
  sinks.at('http://a')
  sinks.at('http://b')
  await sinks.keep(new Set(['http://b']))
  assert.deepEqual(closed, ['http://a'])
  sinks.at('http://a')
  assert.deepEqual(opened, ['http://a', 'http://b', 'http://a'])
  await sinks.close()
  assert.deepEqual(closed.slice(1), ['http://b', 'http://a'])
})

test('a sink that is being asked stays open until it has answered', async () => {
  const { promise, resolve } = Promise.withResolvers<InvokeResult>()
  const closed: string[] = []
  const sink = {
    batchMax: 1,
    concurrencyMax: 1,
    send: async () => [],
    invoke: () => promise,
    close: async () => void closed.push('closed'),
  }
  const sinks = new Sinks(() => [{ name: 'a', serves: () => true, open: () => sink }])
  const { signal } = new AbortController()
  const asked = sinks.invoke('a', { payload: Buffer.from('{}') }, signal)
  await sinks.keep(new Set())
  assert.deepEqual(closed, [])
  resolve({ kind: 'ok', payload: Buffer.from('[]') })
  assert.equal((await asked).kind, 'ok')
  await sinks.keep(new Set())
  assert.deepEqual(closed, ['closed'])
})

test('a breaker that is not closed is found again after a restart, one that closed is not', async () => {
  const { rows } = openMemoryStore()
  const breakers = await loadBreakers(rows, silentLogger)
  const snapshot = { openUntil: 1000, openMs: 30_000 }
  breakers.save('rule/target', snapshot)
  breakers.save('rule/other', snapshot)
  breakers.save('rule/other', undefined)
  await rows.get({ kind: 'Breaker', namespace: 'signalbox', name: 'rule/target' })
  const again = await loadBreakers(rows, silentLogger)
  assert.deepEqual([...again.snapshots], [['rule/target', snapshot]])
})
