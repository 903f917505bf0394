// kill -9 at any moment: no acknowledged event is lost, none appears twice in the log, all are delivered.
// This finds torn states, not missing flushes: the page cache outlives the process. See power.test.ts.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { ACKNOWLEDGED_MIN, checkLog, crashLoop } from './harness/crash-loop.ts'
import { startProducers } from './harness/producers.ts'
import { cycles, makeFolder, makeHistory, openWebhook } from './harness/scratch.ts'
import { spawnServer, startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'
import { routeAllTo } from './harness/webhook.ts'

const START_MS_MAX = 900
const DELIVERY_DEADLINE_MS = 60_000

test('nothing acknowledged is lost by kill -9, and all of it is delivered', async (context) => {
  const result = await crashLoop({
    dataDir: makeFolder(context),
    cycles: cycles(20, 200),
    seed: 1,
    history: makeHistory(context),
    webhook: await openWebhook(context),
    crash: async (server) => void (await server.end('SIGKILL')),
  })
  context.diagnostic(JSON.stringify(result))
  assert.deepEqual(result.faults, [])
})

test('a server that is killed again and again while it starts loses nothing', async (context) => {
  const dataDir = makeFolder(context)
  const history = makeHistory(context)
  const webhook = await openWebhook(context)
  const first = await startServer({ dataDir })
  await routeAllTo(first.url, webhook.url)
  const producers = startProducers({ url: first.url, history, run: 0 })
  await producers.acknowledged(ACKNOWLEDGED_MIN * 4)
  await first.end('SIGKILL')
  await producers.stop()

  const random = seededRandom(6)
  for (let run = 0; run < cycles(10, 50); run += 1) {
    const child = spawnServer({ dataDir })
    await new Promise((resolve) => setTimeout(resolve, START_MS_MAX * random.next()))
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  assert.deepEqual(await checkLog({ dataDir, history }), [])
  const last = await startServer({ dataDir })
  context.after(() => last.end('SIGKILL'))
  await until('all is delivered', DELIVERY_DEADLINE_MS, () => webhook.missing(history).length === 0)
  assert.deepEqual(webhook.strange(history), [])
})
