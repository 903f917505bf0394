// Many workflows at once: all of them end, each makes its own once and in order, and takes it away the last first. The
// full size is `node bench/run.ts workflows`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runManyWorkflows } from '../support/many-workflows.ts'
import { Signalbox } from '../support/signalbox.ts'

const WORKFLOWS = 60

test('sixty workflows of ten resources at once all complete, and make nothing twice', async (context) => {
  const { url } = await Signalbox.open(context)
  const ran = await runManyWorkflows({ url, workflows: WORKFLOWS, deadlineMs: 120_000 })
  assert.deepEqual(ran.faults, [])
  assert.equal(ran.eachMs.length, WORKFLOWS)
})
