// Kafka → bus → Kafka, as a ratio to the same client alone in a loop from topic to topic, on one cluster in one run.
// Between the two the bus makes each record an event on stable storage, matches it and delivers it. A scenario for
// another broker stands beside it: a plain loop, the same through the bus, and their ratio.

import { Admin, Producer } from '@platformatic/kafka'
import { kafkaLacks, startKafka } from '../../tools/services/kafka.ts'
import type { KafkaLoopOptions } from '../children/kafka-loop.ts'
import type { KafkaProbeOptions, KafkaProbeReport } from '../children/kafka-probe.ts'
import type { Bench } from '../rig/bench.ts'
import { type Child, startChild } from '../rig/child.ts'
import type { Outcome } from '../rig/figure.ts'
import { startServer } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { startCpuTime } from '../rig/usage.ts'

const RATIO_MIN = 0.5
const PARTITIONS = 3
const RECORD_BYTES = 1000
const DEADLINE_MS = 60_000
const LOAD_BATCH = 1000
const PROBE_PER_SECOND = 1000

export async function kafka(bench: Bench): Promise<Outcome> {
  const lack = kafkaLacks()
  if (lack !== undefined) return { scenario: 'kafka', figures: [], notes: [lack] }
  const cluster = await startKafka()
  try {
    return await measure(bench, new Topics(cluster.brokers, cluster.nodes[0]!.pid))
  } finally {
    await cluster.stop()
  }
}

async function measure(bench: Bench, topics: Topics): Promise<Outcome> {
  const count = bench.isQuick ? 50_000 : 200_000
  await topics.create(['in', 'loop-out', 'bus-out', 'probe-in', 'probe-loop', 'probe-bus'])
  await topics.fill('in', count)
  const plain = await throughLoop(bench, topics, count)
  const bus = await throughBus(bench, topics, count)
  return {
    scenario: 'kafka',
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
    notes: [`${count} records of ${RECORD_BYTES} bytes, ${PARTITIONS} partitions`],
  }
}

/** Microseconds of processor time, which other processes make longer by a tenth, where they halve the rate. */
interface Rate {
  readonly perSecond: number
  readonly ownUs: number
  readonly brokerUs: number
}

interface Measured extends Rate {
  readonly probe: KafkaProbeReport
}

async function throughLoop(bench: Bench, topics: Topics, count: number): Promise<Measured> {
  const loop = startLoop(topics, 'in', 'loop-out')
  try {
    const rate = await topics.rate('loop-out', count, loop.pid)
    await loop.end()
    const second = startLoop(topics, 'probe-in', 'probe-loop')
    try {
      await second.message('ready')
      return { ...rate, probe: await probe(bench, topics, 'probe-loop') }
    } finally {
      await second.end()
    }
  } finally {
    await loop.end()
  }
}

function startLoop({ servers }: Topics, from: string, to: string): Child {
  const options: KafkaLoopOptions = { servers, from, to }
  return startChild(new URL('../children/kafka-loop.ts', import.meta.url), options)
}

async function throughBus(bench: Bench, topics: Topics, count: number): Promise<Measured> {
  const server = await startServer(bench)
  try {
    await server.own('/brokers/put', { name: 'main', type: 'kafka', servers: topics.servers })
    for (const [name, from, to] of [
      ['flow', 'in', 'bus-out'],
      ['probe', 'probe-in', 'probe-bus'],
    ] as const) {
      await server.route(name, `kafka://main/${to}`)
      const mapping = { source: name }
      await server.own('/sources/put', { name, broker: 'main', topics: [from], mapping })
    }
    const rate = await topics.rate('bus-out', count, server.pid)
    return { ...rate, probe: await probe(bench, topics, 'probe-bus') }
  } finally {
    await server.end()
  }
}

async function probe(bench: Bench, { servers }: Topics, outOf: string): Promise<KafkaProbeReport> {
  const options: KafkaProbeOptions = {
    servers,
    into: 'probe-in',
    outOf,
    perSecond: PROBE_PER_SECOND,
    warmMs: bench.warmMs,
    measureMs: bench.measureMs,
  }
  const child = startChild(new URL('../children/kafka-probe.ts', import.meta.url), options)
  try {
    return await child.message<KafkaProbeReport>('report')
  } finally {
    await child.end()
  }
}

class Topics {
  readonly servers: readonly string[]
  readonly #brokerPid: number
  readonly #admin: Admin

  constructor(servers: readonly string[], brokerPid: number) {
    this.servers = servers
    this.#brokerPid = brokerPid
    this.#admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...servers] })
  }

  async create(topics: readonly string[]): Promise<void> {
    await this.#admin.createTopics({ topics: [...topics], partitions: PARTITIONS, replicas: 1 })
  }

  async fill(topic: string, count: number): Promise<void> {
    const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [...this.servers] })
    const text = 'x'.repeat(RECORD_BYTES - 20)
    for (let from = 0; from < count; from += LOAD_BATCH) {
      const messages = Array.from({ length: LOAD_BATCH }, (_, index) => ({
        topic,
        value: Buffer.from(JSON.stringify({ n: from + index, text })),
      }))
      await producer.send({ messages })
    }
    await producer.close()
  }

  /** Records a second, from the first that is seen to the last. */
  async rate(topic: string, count: number, pid: number): Promise<Rate> {
    let first: { readonly at: number; readonly count: number } | undefined
    let cpu = [pid, this.#brokerPid].map(startCpuTime)
    let last = { at: 0, count: 0 }
    await until(`${count} records in ${topic}`, DEADLINE_MS, async () => {
      last = { count: await this.#count(topic), at: performance.now() }
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

  async #count(topic: string): Promise<number> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1n,
    }))
    const [found] = await this.#admin.listOffsets({ topics: [{ name: topic, partitions }] })
    return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Number(offset), 0)
  }
}
