// The proof that power.test.ts can see a loss: a server that acknowledges before the flush must fail it, and
// must pass the kill loop, which cannot see it.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { crashLoop } from './harness/crash-loop.ts'
import { diskImageRefusal } from './harness/disk-image.ts'
import { powerLoop } from './harness/power-loop.ts'
import { makeFolder, makeHistory, openWebhook } from './harness/scratch.ts'

const skip = diskImageRefusal() ?? false
const nodeOptions = ['--import', join(import.meta.dirname, 'preload/unsynced.ts')]

test(
  'a server that acknowledges before the flush is caught by the power cut',
  { skip },
  async (context) => {
    const result = await powerLoop(context, { cycles: 10, seed: 4, flag: 'drop-all', nodeOptions })
    context.diagnostic(JSON.stringify(result))
    assert.match(result.faults.join('\n'), /^\d+ lost: |^damaged: /m)
  },
)

test('the same server goes unnoticed by kill -9, which is why there is a power cut', async (context) => {
  const result = await crashLoop({
    dataDir: makeFolder(context),
    cycles: 3,
    seed: 5,
    history: makeHistory(context),
    webhook: await openWebhook(context),
    crash: async (server) => void (await server.end('SIGKILL')),
    nodeOptions,
  })
  assert.deepEqual(result.faults, [])
})
