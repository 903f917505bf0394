// A disk that fills up while sixteen producers write: events are refused, with a time to come back, what was
// accepted is still delivered, none is lost, and when there is room again events are taken again.

import assert from 'node:assert/strict'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ACKNOWLEDGED_MIN, checkLog } from './harness/crash-loop.ts'
import { diskImageRefusal } from './harness/disk-image.ts'
import { callAws, SOURCE, startProducers } from './harness/producers.ts'
import { makeDisk, makeHistory, openWebhook } from './harness/scratch.ts'
import { startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'
import { routeAllTo } from './harness/webhook.ts'

const skip = diskImageRefusal() ?? false
const DISK_MIB = 96
const MIB = 1024 * 1024
/** Less than the log's reserve, enough for what the store has to write down. */
const FREE_BYTES = 3 * MIB
const DEADLINE_MS = 60_000
const REFUSAL_DEADLINE_MS = 10_000
const FULL_FOR_MS = 2000
const HEAL_DEADLINE_MS = 5000

test(
  'a nearly full disk refuses events, goes on delivering, and heals by itself',
  { skip },
  async (context) => {
    const { dataDir, ballast, history, webhook } = await prepare(context)
    const server = await startServer({ dataDir })
    context.after(() => server.end('SIGKILL'))
    await routeAllTo(server.url, webhook.url)
    const producers = startProducers({ url: server.url, history, run: 0 })
    context.after(() => producers.stop())
    await producers.acknowledged(ACKNOWLEDGED_MIN)

    fillDisk(ballast, FREE_BYTES)
    await until('events are refused', REFUSAL_DEADLINE_MS, () => history.ids('refused').length > 0)
    const refusal = await putOne(server.url)
    assert.ok([503, 507].includes(refusal.status), `got ${refusal.status}`)
    assert.match(String(refusal.headers['retry-after']), /^\d+$/)
    await until('all is delivered', DEADLINE_MS, () => webhook.missing(history).length === 0)

    const before = history.acknowledged
    rmSync(ballast)
    await until('events are accepted again', HEAL_DEADLINE_MS, () => history.acknowledged > before)
    await producers.stop()
    await until('all is delivered', DEADLINE_MS, () => webhook.missing(history).length === 0)
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
    assert.deepEqual(await checkLog({ dataDir, history }), [])
    assert.deepEqual(webhook.strange(history), [])
  },
)

test(
  'a disk full to its last byte refuses events, loses none, and heals by itself',
  { skip },
  async (context) => {
    const { dataDir, ballast, history, webhook } = await prepare(context)
    const server = await startServer({ dataDir })
    context.after(() => server.end('SIGKILL'))
    await routeAllTo(server.url, webhook.url)
    const producers = startProducers({ url: server.url, history, run: 0 })
    context.after(() => producers.stop())
    await producers.acknowledged(ACKNOWLEDGED_MIN)

    fillDisk(ballast, 0)
    await until('events are refused', REFUSAL_DEADLINE_MS, () => history.ids('refused').length > 0)
    await new Promise((resolve) => setTimeout(resolve, FULL_FOR_MS))
    const before = history.acknowledged

    rmSync(ballast)
    await until('events are accepted again', HEAL_DEADLINE_MS, () => history.acknowledged > before)
    await producers.stop()
    await until('all is delivered', DEADLINE_MS, () => webhook.missing(history).length === 0)
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
    assert.deepEqual(await checkLog({ dataDir, history }), [])
    assert.deepEqual(webhook.strange(history), [])
  },
)

async function prepare(context: TestContext): Promise<{
  readonly dataDir: string
  readonly ballast: string
  readonly history: ReturnType<typeof makeHistory>
  readonly webhook: Awaited<ReturnType<typeof openWebhook>>
}> {
  const disk = makeDisk(context, { sizeMib: DISK_MIB })
  const dataDir = join(disk.path, 'data')
  mkdirSync(dataDir)
  return {
    dataDir,
    ballast: join(disk.path, 'ballast'),
    history: makeHistory(context),
    webhook: await openWebhook(context),
  }
}

/** Leaves so many bytes; of the last ones even what is reserved for root goes. */
function fillDisk(ballast: string, freeBytes: number): void {
  const { bavail, bsize } = statfsSync(join(ballast, '..'))
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)))
  if (freeBytes > 0) return
  try {
    for (;;) writeFileSync(ballast, Buffer.alloc(1024), { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

function putOne(url: string): ReturnType<typeof callAws> {
  const entry = { Source: `${SOURCE}.probe`, DetailType: 'probe', Detail: '{}' }
  return callAws(url, 'AWSEvents.PutEvents', { Entries: [entry] })
}
