// kill -9 at any moment: no acknowledged event is lost, none appears twice in the log, all are delivered.
// This finds torn states, not missing flushes: the page cache outlives the process. See power.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashLoop } from './harness/crash-loop.ts'
import { cycles, makeFolder, makeHistory, openWebhook } from './harness/scratch.ts'

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
