// A disk that fills up to its last byte while sixteen producers write: events are refused, with a time to come
// back, none that was acknowledged is lost, and when there is room again the same process goes on.

import assert from 'node:assert/strict'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultsOf } from './harness/checker.ts'
import { ACKNOWLEDGED_MIN, checkLog } from './harness/crash-loop.ts'
import { diskImageRefusal } from './harness/disk-image.ts'
import { callAws, SOURCE, startProducers } from './harness/producers.ts'
import { makeDisk, makeHistory, openWebhook } from './harness/scratch.ts'
import { startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'
import { routeAllTo } from './harness/webhook.ts'

const skip = diskImageRefusal() ?? false
const DISK_MIB = 96
const BLOCK_BYTES = 64 * 1024
const REFUSAL_DEADLINE_MS = 10_000
const FULL_FOR_MS = 2000
const HEAL_DEADLINE_MS = 5000
const DELIVERY_DEADLINE_MS = 60_000

test('a full disk refuses events, loses none and heals by itself', { skip }, async (context) => {
  const disk = makeDisk(context, { sizeMib: DISK_MIB })
  const dataDir = join(disk.path, 'data')
  const ballast = join(disk.path, 'ballast')
  mkdirSync(dataDir)
  const history = makeHistory(context)
  const webhook = await openWebhook(context)
  const server = await startServer({ dataDir })
  context.after(() => server.end('SIGKILL'))
  await routeAllTo(server.url, webhook.url)
  const producers = startProducers({ url: server.url, history, run: 0 })
  await producers.acknowledged(ACKNOWLEDGED_MIN)

  fillDisk(disk.path, ballast)
  await until('events are refused', REFUSAL_DEADLINE_MS, () => history.ids('refused').length > 0)
  const refusal = await putOne(server.url)
  assert.ok([503, 507].includes(refusal.status), `got ${refusal.status}`)
  assert.match(String(refusal.headers['retry-after']), /^\d+$/)
  await new Promise((resolve) => setTimeout(resolve, FULL_FOR_MS))
  const before = history.acknowledged

  rmSync(ballast)
  await until('events are accepted again', HEAL_DEADLINE_MS, () => history.acknowledged > before)
  await producers.acknowledged(history.acknowledged + ACKNOWLEDGED_MIN)
  await producers.stop()
  await until('all is delivered', DELIVERY_DEADLINE_MS, () => webhook.missing(history).length === 0)
  assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
  assert.deepEqual(faultsOf(await checkLog({ dataDir, history })), [])
  assert.deepEqual(webhook.strange(history), [])
})

/** Takes every free block, the last ones a byte at a time. */
function fillDisk(path: string, ballast: string): void {
  const { bavail, bsize } = statfsSync(path)
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - BLOCK_BYTES)))
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
