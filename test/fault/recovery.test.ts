// A large log is ready soon after a kill: only what was not sealed is read.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '../../src/base/index.ts'
import { FakeClock } from '../../src/base/testing.ts'
import { encodeStoredEvent } from '../../src/event/index.ts'
import { openFileLog, type AppendRecord } from '../../src/log/index.ts'
import { ACKNOWLEDGED_MIN, checkLog } from './harness/crash-loop.ts'
import { startProducers } from './harness/producers.ts'
import { makeFolder, makeHistory } from './harness/scratch.ts'
import { startServer } from './harness/server-process.ts'

const LOG_SIZE_BYTES = 1024 ** 3
const BATCH_RECORDS = 2000
const DETAIL_BYTES = 1024
/** What the log may add to a start of the same machine with nothing in it. */
const ADDED_MS_MAX = 2000
const AGE_MS = 3_600_000

test('a log of 1 GB adds less than 2 s to a start, after a kill too', async (context) => {
  const dataDir = makeFolder(context)
  await fillLog(join(dataDir, 'log'))
  const history = makeHistory(context)
  const empty = await startServer({ dataDir: makeFolder(context) })
  await empty.end('SIGKILL')
  const first = await startServer({ dataDir })
  const producers = startProducers({ url: first.url, history, run: 0 })
  await producers.acknowledged(ACKNOWLEDGED_MIN)
  await first.end('SIGKILL')
  await producers.stop()
  const second = await startServer({ dataDir })
  await second.end('SIGKILL')
  const measured = {
    emptyMs: empty.readyMs,
    firstMs: first.readyMs,
    afterKillMs: second.readyMs,
  }
  context.diagnostic(JSON.stringify(measured))
  for (const { readyMs } of [first, second])
    assert.ok(readyMs - empty.readyMs <= ADDED_MS_MAX, JSON.stringify(measured))
  assert.deepEqual(await checkLog({ dataDir, history }), [])
})

/** Events of another source on a bus without rules, so that the readers have to walk past all of them. */
async function fillLog(directory: string): Promise<void> {
  const failures: Error[] = []
  const log = await openFileLog({
    directory,
    logger: silentLogger,
    onFatal: (error) => void failures.push(error),
    // A log of this size is not written within the window in which repetitions are looked for.
    clock: new FakeClock(Date.now() - AGE_MS),
  })
  const detail = JSON.stringify({ text: 'x'.repeat(DETAIL_BYTES) })
  let count = 0
  while (log.stats().sizeBytes < LOG_SIZE_BYTES) {
    const records = Array.from({ length: BATCH_RECORDS }, (_, index) =>
      makeRecord(count + index, detail),
    )
    await log.append(records)
    count += BATCH_RECORDS
  }
  await log.close()
  assert.deepEqual(failures, [])
}

function makeRecord(number: number, detail: string): AppendRecord {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const envelopeHead =
    `{"version":"0","id":"${id}","detail-type":"filling","source":"filling","account":"000000000000",` +
    `"time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":[],"detail":`
  const payload = encodeStoredEvent({
    busKey: '000000000000/us-east-1/default',
    envelopeHead,
    detail,
    hasData: true,
  })
  return { kind: 'event', payload }
}
