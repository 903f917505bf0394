// JetStream → bus → JetStream, as a ratio to the same client alone in a loop from stream to stream, on one server in one
// run. The kafka scenario is the same for a cluster of Kafka.

import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { natsLacks, startNats } from '../../tools/services/nats.ts'
import type { JetstreamLoopOptions } from '../children/jetstream-loop.ts'
import type { JetstreamProbeOptions, JetstreamProbeReport } from '../children/jetstream-probe.ts'
import type { Bench } from '../rig/bench.ts'
import { type Child, startChild } from '../rig/child.ts'
import type { Outcome } from '../rig/figure.ts'
import { startServer } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { startCpuTime } from '../rig/usage.ts'

const RATIO_MIN = 0.5
const MESSAGE_BYTES = 1000
const DEADLINE_MS = 120_000
const LOAD_BATCH = 500
const PROBE_PER_SECOND = 1000
const ACK_WAIT_NS = 30_000_000_000

export async function jetStream(bench: Bench): Promise<Outcome> {
  const lack = natsLacks()
  if (lack !== undefined) return { scenario: 'jetstream', figures: [], notes: [lack] }
  const server = await startNats()
  try {
    const connection = await connect({ servers: server.url, noAsyncTraces: true })
    const manager = await jetstreamManager(connection)
    const outcome = await measure(bench, new Streams(server, connection, manager))
    await connection.close()
    return outcome
  } finally {
    await server.stop()
  }
}

async function measure(bench: Bench, streams: Streams): Promise<Outcome> {
  const count = bench.isQuick ? 30_000 : 100_000
  await streams.create(['in', 'loop-out', 'bus-out', 'probe-in', 'probe-loop', 'probe-bus'])
  await streams.fill('in', count)
  const plain = await throughLoop(bench, streams, count)
  const bus = await throughBus(bench, streams, count)
  return {
    scenario: 'jetstream',
    figures: [
      { name: 'plain loop', value: plain.perSecond, unit: 'records/s' },
      { name: 'through the bus', value: bus.perSecond, unit: 'records/s' },
      {
        name: 'bus to plain loop',
        value: bus.perSecond / plain.perSecond,
        unit: 'ratio',
        bar: { kind: 'at least', value: RATIO_MIN },
      },
      { name: 'plain loop, processor time of a record', value: plain.ownUs, unit: 'us' },
      { name: '… of the broker', value: plain.brokerUs, unit: 'us' },
      { name: 'the bus, processor time of a record', value: bus.ownUs, unit: 'us' },
      { name: '… of its broker', value: bus.brokerUs, unit: 'us' },
      { name: `plain loop p50 at ${PROBE_PER_SECOND}/s`, value: plain.probe.p50, unit: 'ms' },
      { name: `plain loop p99 at ${PROBE_PER_SECOND}/s`, value: plain.probe.p99, unit: 'ms' },
      { name: `through the bus p50 at ${PROBE_PER_SECOND}/s`, value: bus.probe.p50, unit: 'ms' },
      { name: `through the bus p99 at ${PROBE_PER_SECOND}/s`, value: bus.probe.p99, unit: 'ms' },
    ],
    notes: [`${count} messages of ${MESSAGE_BYTES} bytes, streams on the disk`],
  }
}

/** Microseconds of processor time, which other processes make longer by a tenth, where they halve the rate. */
interface Rate {
  readonly perSecond: number
  readonly ownUs: number
  readonly brokerUs: number
}

interface Measured extends Rate {
  readonly probe: JetstreamProbeReport
}

async function throughLoop(bench: Bench, streams: Streams, count: number): Promise<Measured> {
  const loop = await startLoop(streams, 'in', 'loop-out')
  try {
    const rate = await streams.rate('loop-out', count, loop.pid)
    await loop.end()
    const second = await startLoop(streams, 'probe-in', 'probe-loop')
    try {
      await second.message('ready')
      return { ...rate, probe: await probe(bench, streams, 'probe-loop') }
    } finally {
      await second.end()
    }
  } finally {
    await loop.end()
  }
}

async function startLoop(streams: Streams, from: string, to: string): Promise<Child> {
  const consumer = await streams.consumer(from, 'loop')
  const options: JetstreamLoopOptions = { url: streams.url, stream: from, consumer, to }
  return startChild(new URL('../children/jetstream-loop.ts', import.meta.url), options)
}

async function throughBus(bench: Bench, streams: Streams, count: number): Promise<Measured> {
  const server = await startServer(bench)
  try {
    await server.own('/brokers/put', { name: 'main', type: 'nats', servers: [streams.url] })
    for (const [name, from, to] of [
      ['flow', 'in', 'bus-out'],
      ['probe', 'probe-in', 'probe-bus'],
    ] as const) {
      await server.route(name, `nats://main/${to}`)
      const mapping = { source: name }
      await server.own('/sources/put', { name, broker: 'main', stream: from, mapping })
    }
    const rate = await streams.rate('bus-out', count, server.pid)
    return { ...rate, probe: await probe(bench, streams, 'probe-bus') }
  } finally {
    await server.end()
  }
}

async function probe(bench: Bench, { url }: Streams, outOf: string): Promise<JetstreamProbeReport> {
  const options: JetstreamProbeOptions = {
    url,
    into: 'probe-in',
    outOf,
    perSecond: PROBE_PER_SECOND,
    warmMs: bench.warmMs,
    measureMs: bench.measureMs,
  }
  const child = startChild(new URL('../children/jetstream-probe.ts', import.meta.url), options)
  try {
    return await child.message<JetstreamProbeReport>('report')
  } finally {
    await child.end()
  }
}

/** Streams of one subject each, which has the stream's name. */
class Streams {
  readonly url: string
  readonly #brokerPid: number
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager

  constructor(
    { url, pid }: { readonly url: string; readonly pid: number },
    connection: NatsConnection,
    manager: JetStreamManager,
  ) {
    this.url = url
    this.#brokerPid = pid
    this.#connection = connection
    this.#manager = manager
  }

  async create(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#manager.streams.add({ name, subjects: [name] })
  }

  async consumer(stream: string, name: string): Promise<string> {
    await this.#manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ACK_WAIT_NS,
      max_ack_pending: 2 * LOAD_BATCH,
    })
    return name
  }

  async fill(stream: string, count: number): Promise<void> {
    const client = jetstream(this.#connection)
    const text = 'x'.repeat(MESSAGE_BYTES - 20)
    for (let from = 0; from < count; from += LOAD_BATCH) {
      await Promise.all(
        Array.from({ length: LOAD_BATCH }, (_, index) =>
          client.publish(stream, JSON.stringify({ n: from + index, text })),
        ),
      )
    }
  }

  /** Messages a second, from the first that is seen to the last. */
  async rate(stream: string, count: number, pid: number): Promise<Rate> {
    let first: { readonly at: number; readonly count: number } | undefined
    let cpu = [pid, this.#brokerPid].map(startCpuTime)
    let last = { at: 0, count: 0 }
    await until(`${count} messages in ${stream}`, DEADLINE_MS, async () => {
      const { state } = await this.#manager.streams.info(stream)
      last = { count: state.messages, at: performance.now() }
      if (last.count > 0 && first === undefined) {
        first = last
        cpu = [pid, this.#brokerPid].map(startCpuTime)
      }
      return last.count >= count
    })
    const seen = last.count - first!.count
    const [ownUs = 0, brokerUs = 0] = cpu.map((taken) => taken() / seen)
    return { perSecond: (seen / (last.at - first!.at)) * 1000, ownUs, brokerUs }
  }
}
