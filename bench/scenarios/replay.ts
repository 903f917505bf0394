// An archive brought back: how many events a second reach a local queue, whether they are the archived ones in order
// and byte for byte, and what live traffic to a webhook notices of it. 1,000,000 events with `--full`.

import { createHash, type Hash } from 'node:crypto'
import { join } from 'node:path'
import type { TargetReport } from '../children/target.ts'
import type { Bench } from '../rig/bench.ts'
import { type Child, startChild } from '../rig/child.ts'
import type { Figure, Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'
import { type AwsCalls, awsCalls } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { silentLogger } from '../../src/base/index.ts'
import { decodeStoredEvent } from '../../src/event/index.ts'
import { openFileLog } from '../../src/log/index.ts'
import { type ServerProcess, startServer } from '../../test/fault/harness/server-process.ts'

const EVENTS_PER_SECOND_MIN = 50_000
const LIVE_P99_RATIO_MAX = 1.2
const LIVE_RATE = 1000
const LIVE_PAIRS = 5
const LIVE_CONNECTIONS = 16
const FEED_CONNECTIONS = 32
const DEADLINE_MS = 600_000
const READ_RECORDS = 5000

const ARCHIVED = 'bench.replay'
const LIVE = 'bench.live'
const ARCHIVE = 'bench'
const NAME = 'measured'
const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/default'
const ARCHIVE_ARN = `arn:aws:events:us-east-1:000000000000:archive/${ARCHIVE}`

interface Live {
  readonly p99: number
  readonly notes: readonly string[]
}

export async function replay(bench: Bench): Promise<Outcome> {
  const wanted = bench.isFull ? 1_000_000 : bench.isQuick ? 50_000 : 200_000
  const dataDir = bench.folder()
  const events = await fill(bench, dataDir, wanted)
  const profile = bench.profileFolder
  // A process of its own, so that a profile shows nothing of what filled the archive.
  const server = await startServer({
    dataDir,
    nodeOptions: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
  })
  const target = startChild(new URL('../children/target.ts', import.meta.url), { isTimed: true })
  try {
    const calls = awsCalls(server.url)
    const { port } = await target.message<{ port: number }>('listening')
    await calls.route(LIVE, `http://127.0.0.1:${port}/`)
    const { perSecond, note } = await measureReplay(calls, events)
    const { alone, beside } = await measurePairs(bench, calls, target)
    const { isSame, compared } = await compare(server, dataDir)
    return {
      scenario: 'replay',
      figures: figuresOf({ perSecond, alone: alone.p99, beside: beside.p99, isSame }),
      notes: [`${compared} events compared by hash chain`, note, ...alone.notes, ...beside.notes],
    }
  } finally {
    await target.end()
    await server.end('SIGKILL')
  }
}

function figuresOf(found: {
  readonly perSecond: number
  readonly alone: number
  readonly beside: number
  readonly isSame: boolean
}): readonly Figure[] {
  const atMost = { kind: 'at most', value: LIVE_P99_RATIO_MAX } as const
  return [
    {
      name: 'replayed into a queue',
      value: found.perSecond,
      unit: 'events/s',
      bar: { kind: 'at least', value: EVENTS_PER_SECOND_MIN },
    },
    {
      name: 'order and bytes as archived',
      value: found.isSame ? 1 : 0,
      unit: 'count',
      bar: { kind: 'at least', value: 1 },
    },
    { name: 'live put to delivered p99, alone', value: found.alone, unit: 'ms' },
    { name: 'live put to delivered p99, beside a replay', value: found.beside, unit: 'ms' },
    { name: 'live p99, of alone', value: found.beside / found.alone, unit: 'ratio', bar: atMost },
  ]
}

/** Puts events until the archive holds as many as are wanted; answers how many it holds. */
async function fill(bench: Bench, dataDir: string, wanted: number): Promise<number> {
  const server = await startServer({ dataDir })
  try {
    return await put(bench, awsCalls(server.url), wanted)
  } finally {
    await server.end('SIGTERM')
  }
}

async function put(bench: Bench, { address, call }: AwsCalls, wanted: number): Promise<number> {
  const EventPattern = JSON.stringify({ source: [ARCHIVED] })
  const archive = { ArchiveName: ARCHIVE, EventSourceArn: BUS, EventPattern }
  await call('AWSEvents.CreateArchive', archive)
  for (;;) {
    const { EventCount } = await call('AWSEvents.DescribeArchive', { ArchiveName: ARCHIVE })
    if (Number(EventCount) >= wanted) return Number(EventCount)
    const load = startLoad({
      address,
      source: ARCHIVED,
      entries: 10,
      connections: FEED_CONNECTIONS,
      warmMs: 100,
      measureMs: bench.isFull ? 4000 : 1000,
    })
    await load.report
    await load.end()
  }
}

async function measureReplay(
  calls: AwsCalls,
  events: number,
): Promise<{ readonly perSecond: number; readonly note: string }> {
  const queue = await calls.createQueue('replayed')
  await calls.route(ARCHIVED, queue.arn)
  const startedAt = performance.now()
  await start(calls, NAME)
  await until('all is in the queue', DEADLINE_MS, async () => {
    const { Attributes } = await calls.call('AmazonSQS.GetQueueAttributes', {
      QueueUrl: queue.url,
      AttributeNames: ['ApproximateNumberOfMessages'],
    })
    const counts = Attributes as { readonly ApproximateNumberOfMessages: string }
    return Number(counts.ApproximateNumberOfMessages) >= events
  })
  const seconds = (performance.now() - startedAt) / 1000
  return { perSecond: events / seconds, note: `${events} events in ${seconds.toFixed(2)} s` }
}

async function start({ call }: AwsCalls, ReplayName: string): Promise<void> {
  await call('AWSEvents.StartReplay', {
    ReplayName,
    EventSourceArn: ARCHIVE_ARN,
    EventStartTime: 0,
    EventEndTime: Math.ceil(Date.now() / 1000) + 60,
    Destination: { Arn: BUS },
  })
}

/** By turns without and beside a replay, since a disk has better and worse minutes; the medians count. */
async function measurePairs(
  bench: Bench,
  calls: AwsCalls,
  target: Child,
): Promise<{ readonly alone: Live; readonly beside: Live }> {
  const alone: Live[] = []
  const beside: Live[] = []
  for (let pair = 0; pair < LIVE_PAIRS; pair += 1) {
    alone.push(await measureLive(bench, calls, target))
    const name = `beside-traffic-${pair}`
    await start(calls, name)
    beside.push(await measureLive(bench, calls, target))
    await calls.call('AWSEvents.CancelReplay', { ReplayName: name })
    await until('the replay has ended', DEADLINE_MS, async () =>
      ['CANCELLED', 'COMPLETED'].includes(await stateOf(calls, name)),
    )
  }
  return { alone: medianOf(alone), beside: medianOf(beside) }
}

async function stateOf({ call }: AwsCalls, ReplayName: string): Promise<string> {
  return String((await call('AWSEvents.DescribeReplay', { ReplayName }))['State'])
}

function medianOf(lives: readonly Live[]): Live {
  const sorted = [...lives].sort((one, other) => one.p99 - other.p99)
  const each = `p99 of each turn: ${lives.map(({ p99 }) => p99.toFixed(1)).join(', ')} ms`
  const notes = [each, ...lives.flatMap((live) => live.notes)]
  return { p99: sorted[Math.floor(sorted.length / 2)]!.p99, notes }
}

async function measureLive(bench: Bench, { address }: AwsCalls, target: Child): Promise<Live> {
  const load = startLoad({
    address,
    source: LIVE,
    entries: 1,
    connections: LIVE_CONNECTIONS,
    warmMs: bench.warmMs,
    measureMs: bench.measureMs,
    rate: LIVE_RATE,
  })
  await load.warm
  await target.ask('clear')
  const report = await load.report
  await until(
    'all is delivered',
    DEADLINE_MS,
    async () => (await target.ask<TargetReport>('count')).count >= report.acknowledged,
  )
  const { latencyMs } = await target.ask<TargetReport>('count')
  await load.end()
  return { p99: latencyMs.p99, notes: failureNotes(report) }
}

/** What was put first, and what the replay brought back, as two hash chains over the log. */
async function compare(
  server: ServerProcess,
  dataDir: string,
): Promise<{ readonly isSame: boolean; readonly compared: number }> {
  await server.end('SIGTERM')
  const log = await openFileLog({
    directory: join(dataDir, 'log'),
    logger: silentLogger,
    onFatal: () => {},
  })
  const put: Hash = createHash('sha256')
  const replayed: Hash = createHash('sha256')
  const counts = { put: 0, replayed: 0 }
  const { signal } = new AbortController()
  const member = `,"replay-name":"${NAME}"`
  const end = log.end()[0]!.offset
  for (let cursor = log.start(); cursor[0]!.offset < end;) {
    const read = await log.read(cursor, { recordsMax: READ_RECORDS, signal })
    cursor = read.cursor
    for (const { kind, payload } of read.records) {
      if (kind !== 'event') continue
      const event = decodeStoredEvent(payload)
      const text = Buffer.from(event.envelope).toString()
      if (!text.includes(`"source":"${ARCHIVED}"`)) continue
      if (!event.isReplayed) {
        put.update(text)
        counts.put += 1
      } else if (event.meta().replay?.name === NAME) {
        replayed.update(text.replace(member, ''))
        counts.replayed += 1
      }
    }
  }
  await log.close()
  const isSame = counts.put === counts.replayed && put.digest('hex') === replayed.digest('hex')
  return { isSame, compared: counts.replayed }
}
