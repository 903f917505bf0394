// kill -9 around firings: each occurrence is in the log exactly once, whatever was lost with the process.
// What fires here is meant for a bus that is not there, so that the log holds the firings and nothing of theirs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { SOURCE } from './harness/producers.ts'
import { readLog } from './harness/read-log.ts'
import { cycles, makeFolder } from './harness/scratch.ts'
import { startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'

const PER_SECOND = 3
const RUN_MS_MAX = 1500
const FIRED_DEADLINE_MS = 60_000

test('a server that is killed around its firings fires every occurrence once', async (context) => {
  const dataDir = makeFolder(context)
  const rounds = cycles(5, 40)
  let server = await startServer({ dataDir })
  context.after(() => server.end('SIGKILL'))
  const first = Math.ceil(Date.now() / 1000) + 4
  const names: string[] = []
  for (let index = 0; index < rounds * 2 * PER_SECOND; index += 1) {
    const name = `s${index}`
    names.push(name)
    await create(server.url, name, first + Math.floor(index / PER_SECOND))
  }
  const random = seededRandom(11)
  await until('firing begins', FIRED_DEADLINE_MS, () => Date.now() / 1000 > first)
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, RUN_MS_MAX * random.next()))
    await server.end('SIGKILL')
    server = await startServer({ dataDir })
  }
  await until('all have fired', FIRED_DEADLINE_MS, async () => {
    const page = await fetch(`${server.url}/_signalbox/v1/schedules?limit=1000`)
    const { items } = (await page.json()) as { readonly items: readonly { nextAt?: number }[] }
    return items.every(({ nextAt }) => nextAt === undefined)
  })
  await server.end('SIGTERM')
  const { observed, damages } = await readLog(dataDir)
  assert.deepEqual(damages, [])
  assert.deepEqual(observed.map(({ id }) => id).toSorted(), names.toSorted())
})

async function create(url: string, name: string, atSeconds: number): Promise<void> {
  const at = new Date(atSeconds * 1000).toISOString().slice(0, 19)
  const response = await fetch(`${url}/schedules/${name}`, {
    method: 'POST',
    body: JSON.stringify({
      ScheduleExpression: `at(${at})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/nowhere',
        RoleArn: 'arn:aws:iam::000000000000:role/scheduler',
        Input: '{}',
        EventBridgeParameters: { Source: SOURCE, DetailType: name },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    }),
  })
  assert.equal(response.status, 200, await response.text())
}
