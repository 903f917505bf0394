// SIGTERM under load: not ready at once, what is in hand is finished, nothing is lost and nothing sent twice.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACKNOWLEDGED_MIN, checkLog } from './harness/crash-loop.ts'
import { startProducers } from './harness/producers.ts'
import { cycles, makeFolder, makeHistory, openWebhook } from './harness/scratch.ts'
import { type Exit, readiness, startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'
import { routeAllTo } from './harness/webhook.ts'

const DRAIN_DEADLINE_MS = 30_000
const DELIVERY_DEADLINE_MS = 60_000
const SLOW_ANSWER_MS = 700
const REPEATED_SIGNAL_MS = 300
const SECOND_SIGNAL_DEADLINE_MS = 5000

test('restarts under load lose nothing and deliver nothing twice', async (context) => {
  const dataDir = makeFolder(context)
  const history = makeHistory(context)
  const webhook = await openWebhook(context)
  for (let run = 0; run < cycles(4, 50); run += 1) {
    const server = await startServer({ dataDir })
    if (run === 0) await routeAllTo(server.url, webhook.url)
    const producers = startProducers({ url: server.url, history, run })
    await producers.acknowledged(ACKNOWLEDGED_MIN * 4)
    const startedAt = performance.now()
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
    assert.ok(performance.now() - startedAt < DRAIN_DEADLINE_MS)
    await producers.stop()
  }
  assert.deepEqual(await checkLog({ dataDir, history }), [])
  const server = await startServer({ dataDir })
  context.after(() => server.end('SIGKILL'))
  await until('all is delivered', DELIVERY_DEADLINE_MS, () => webhook.missing(history).length === 0)
  assert.deepEqual(webhook.strange(history), [])
  assert.equal(webhook.duplicates, 0)
})

test('a server that drains waits for a slow target, and never says that it is ready', async (context) => {
  const dataDir = makeFolder(context)
  const history = makeHistory(context)
  const webhook = await openWebhook(context)
  webhook.answerAfterMs = SLOW_ANSWER_MS
  const server = await startServer({ dataDir })
  context.after(() => server.end('SIGKILL'))
  await routeAllTo(server.url, webhook.url)
  const producers = startProducers({ url: server.url, history, run: 0 })
  await producers.acknowledged(ACKNOWLEDGED_MIN)
  await until('a delivery is in hand', DELIVERY_DEADLINE_MS, () => webhook.count > 0)
  const seen: (number | 'refused')[] = []
  let isEnded = false
  const ended = server.end('SIGTERM').finally(() => (isEnded = true))
  await until('the server ended', DRAIN_DEADLINE_MS, async () => {
    seen.push(await readiness(server.url))
    return isEnded
  })
  const firstNo = seen.findIndex((status) => status !== 200)
  assert.ok(!seen.slice(firstNo).includes(200), `saw ${[...new Set(seen)].join(', ')}`)
  assert.equal((await ended).code, 0, server.output())
  await producers.stop()
  assert.deepEqual(await checkLog({ dataDir, history }), [])
})

test('a second SIGTERM ends a server that a target holds up, and nothing is lost', async (context) => {
  const dataDir = makeFolder(context)
  const history = makeHistory(context)
  const webhook = await openWebhook(context)
  webhook.answerAfterMs = DRAIN_DEADLINE_MS * 2
  const server = await startServer({ dataDir })
  context.after(() => server.end('SIGKILL'))
  await routeAllTo(server.url, webhook.url)
  const producers = startProducers({ url: server.url, history, run: 0 })
  await producers.acknowledged(ACKNOWLEDGED_MIN)
  await until('a delivery is in hand', DELIVERY_DEADLINE_MS, () => webhook.count > 0)
  const startedAt = performance.now()
  let exit: Exit | undefined
  void server.exited.then((is) => (exit = is))
  // An echo of the first signal is not a second one, so it is said until it is heard.
  await until('the server ends', DRAIN_DEADLINE_MS, async () => {
    void server.end('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, REPEATED_SIGNAL_MS))
    return exit !== undefined
  })
  assert.notEqual((await server.exited).code, 0)
  assert.ok(performance.now() - startedAt < SECOND_SIGNAL_DEADLINE_MS)
  await producers.stop()
  webhook.answerAfterMs = 0
  assert.deepEqual(await checkLog({ dataDir, history }), [])
  const again = await startServer({ dataDir })
  context.after(() => again.end('SIGKILL'))
  await until('all is delivered', DELIVERY_DEADLINE_MS, () => webhook.missing(history).length === 0)
})
