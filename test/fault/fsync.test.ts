// A disk that dies under the server: the image lies on a tmpfs that is too small for it, so that the kernel's
// own write-back fails and fdatasync reports a real EIO.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ACKNOWLEDGED_MIN, checkLog } from './harness/crash-loop.ts'
import { diskImageRefusal } from './harness/disk-image.ts'
import { startProducers } from './harness/producers.ts'
import { makeDisk, makeHistory } from './harness/scratch.ts'
import { startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'

const skip = diskImageRefusal() ?? false
const DEADLINE_MS = 60_000

test(
  'a failed flush ends the process with 70, and all that was acknowledged is there',
  { skip },
  async (context) => {
    const disk = makeDisk(context, { sizeMib: 256, backingMib: 40 })
    const dataDir = join(disk.path, 'data')
    mkdirSync(dataDir)
    const history = makeHistory(context)
    const server = await startServer({ dataDir })
    context.after(() => server.end('SIGKILL'))
    const producers = startProducers({ url: server.url, history, run: 0 })
    let isEnded = false
    void server.exited.then(() => (isEnded = true))
    await until('the server ends by itself', DEADLINE_MS, () => isEnded)
    const endedAt = performance.now()
    await producers.stop()
    const exit = await server.exited
    assert.deepEqual(exit, { code: 70, signal: null }, server.output())
    assert.ok(producers.lastAcknowledgedAt < endedAt)
    assert.ok(history.acknowledged >= ACKNOWLEDGED_MIN, `${history.acknowledged} acknowledged`)

    disk.unmount()
    disk.enlargeBacking()
    disk.mount()
    assert.deepEqual(await checkLog({ dataDir, history }), [])

    const again = await startServer({ dataDir })
    assert.deepEqual(await again.end('SIGTERM'), { code: 0, signal: null }, again.output())
  },
)
