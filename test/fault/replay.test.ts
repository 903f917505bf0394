// kill -9 while archives are written and while they are replayed: the archive has every event of the log once, and a
// replay brings all of them back, in their order, none twice.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { callAws, startProducers } from './harness/producers.ts'
import { readLog } from './harness/read-log.ts'
import { cycles, makeFolder, makeHistory } from './harness/scratch.ts'
import { type ServerProcess, startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'

const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/default'
const ACKNOWLEDGED_MIN = 400
const RUN_MS_MAX = 600
const DEADLINE_MS = 120_000
/** The replay is given this long for each kill, and a process lives as long on average. */
const REPLAY_MS_PER_KILL = 500

test('what is archived and replayed around kill -9 is neither lost nor doubled nor out of order', async (context) => {
  const dataDir = makeFolder(context)
  const history = makeHistory(context)
  const random = seededRandom(17)
  const kills = cycles(4, 50)
  let server = await startServer({ dataDir })
  context.after(() => server.end('SIGKILL'))
  await call(server, 'CreateArchive', { ArchiveName: 'all', EventSourceArn: BUS })
  for (let run = 0; run < kills; run += 1) {
    if (run > 0) server = await startServer({ dataDir })
    const producers = startProducers({ url: server.url, history, run })
    await producers.acknowledged(ACKNOWLEDGED_MIN)
    await pause(RUN_MS_MAX * random.next())
    await server.end('SIGKILL')
    await producers.stop()
  }
  const { observed: put } = await readLog(dataDir)
  server = await startServer({ dataDir })
  const archive = await call(server, 'DescribeArchive', { ArchiveName: 'all' })
  assert.equal(archive['EventCount'], put.length)

  await startReplay(server, Math.ceil((put.length / (kills * REPLAY_MS_PER_KILL)) * 1000))
  let killed = 0
  for (; killed < kills && !(await isReplayed(server)); killed += 1) {
    await pause(2 * REPLAY_MS_PER_KILL * random.next())
    await server.end('SIGKILL')
    server = await startServer({ dataDir })
  }
  await until('the replay is over', DEADLINE_MS, () => isReplayed(server))
  await server.end('SIGTERM')
  const { observed, replayed, damages } = await readLog(dataDir)
  context.diagnostic(`${put.length} events, ${killed} kills while they were replayed`)
  assert.deepEqual(damages, [])
  assert.deepEqual(observed, put)
  assert.deepEqual(replayed, put)
  assert.ok(killed > 1, 'the replay was over before it was killed')
})

async function startReplay({ url }: ServerProcess, perSecond: number): Promise<void> {
  const range = { from: new Date(0).toISOString(), to: new Date(Date.now() + 60_000).toISOString() }
  const body = { name: 'again', archive: 'all', ...range, rate: String(perSecond) }
  const response = await fetch(`${url}/_signalbox/v1/replays/start`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Signalbox-Console': '1' },
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200, await response.text())
}

async function isReplayed(server: ServerProcess): Promise<boolean> {
  return (await call(server, 'DescribeReplay', { ReplayName: 'again' }))['State'] === 'COMPLETED'
}

async function call(
  { url }: ServerProcess,
  operation: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await callAws(url, `AWSEvents.${operation}`, input)
  assert.equal(status, 200, JSON.stringify(body))
  return body as Readonly<Record<string, unknown>>
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
