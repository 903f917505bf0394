// How long from put to delivered at 1,000 events/s, one at a time as real producers send them: to a webhook, and to
// a consumer that long-polls a queue. Counted from when an event was due, not from when it could be sent.

import type { ConsumerReport } from '../children/consumer.ts'
import type { TargetReport } from '../children/target.ts'
import type { Bench } from '../rig/bench.ts'
import { startChild, type Child } from '../rig/child.ts'
import type { Figure, Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'
import { startServer, type Server } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { startUsage } from '../rig/usage.ts'

const RATE = 1000
const CONNECTIONS = 64
const CONSUMER_CONNECTIONS = 4
const P99_MS_MAX = 15
const DELIVERY_DEADLINE_MS = 30_000

export async function latency(bench: Bench): Promise<Outcome> {
  const server = await startServer(bench)
  try {
    const http = await measureHttp(bench, server)
    const queue = await measureQueue(bench, server)
    return {
      scenario: 'latency',
      figures: [...http.figures, ...queue.figures],
      notes: [...http.notes, ...queue.notes],
    }
  } finally {
    await server.end()
  }
}

async function measureHttp(bench: Bench, server: Server): Promise<Omit<Outcome, 'scenario'>> {
  const options = { isTimed: true }
  const target = startChild(new URL('../children/target.ts', import.meta.url), options)
  try {
    const { port } = await target.message<{ port: number }>('listening')
    await server.route('bench.http', `http://127.0.0.1:${port}/`)
    return await measure(bench, { server, receiver: target, source: 'bench.http', name: 'http' })
  } finally {
    await target.end()
  }
}

async function measureQueue(bench: Bench, server: Server): Promise<Omit<Outcome, 'scenario'>> {
  const queue = await server.createQueue('latency')
  await server.route('bench.queue', queue.arn)
  const options = {
    address: server.address,
    queueUrl: queue.url,
    connections: CONSUMER_CONNECTIONS,
  }
  const consumer = startChild(new URL('../children/consumer.ts', import.meta.url), options)
  try {
    await consumer.message('polling')
    return await measure(bench, {
      server,
      receiver: consumer,
      source: 'bench.queue',
      name: 'queue',
    })
  } finally {
    await consumer.end()
  }
}

interface Way {
  readonly server: Server
  readonly receiver: Child
  readonly source: string
  readonly name: string
}

async function measure(bench: Bench, way: Way): Promise<Omit<Outcome, 'scenario'>> {
  const { server, receiver, source, name } = way
  const load = startLoad({
    address: server.address,
    source,
    entries: 1,
    connections: CONNECTIONS,
    warmMs: bench.warmMs,
    measureMs: bench.measureMs,
    rate: RATE,
  })
  await load.warm
  await receiver.ask('clear')
  const usage = startUsage(server.pid)
  const report = await load.report
  const { process: serverCores } = usage()
  const isDelivered = async (): Promise<boolean> =>
    (await receiver.ask<TargetReport | ConsumerReport>('count')).count >= report.acknowledged
  await until('all is delivered', DELIVERY_DEADLINE_MS, isDelivered)
  const { latencyMs } = await receiver.ask<TargetReport | ConsumerReport>('count')
  const bar = { kind: 'at most', value: P99_MS_MAX } as const
  const figures: Figure[] = [
    { name: `${name}: sent`, value: (report.requests / report.windowMs) * 1000, unit: 'events/s' },
    { name: `${name}: put to acknowledged p99`, value: report.latencyMs.p99, unit: 'ms' },
    { name: `${name}: put to delivered p50`, value: latencyMs.p50, unit: 'ms' },
    { name: `${name}: put to delivered p99`, value: latencyMs.p99, unit: 'ms', bar },
    { name: `${name}: generator late p99`, value: report.latenessMs.p99, unit: 'ms' },
    { name: `${name}: server`, value: serverCores, unit: 'cores' },
    { name: `${name}: load generator`, value: report.cpu, unit: 'cores' },
  ]
  return { figures, notes: failureNotes(report) }
}
