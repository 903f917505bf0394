// Writes records at a steady rate to one topic and reads them from another, with the time that each took between.

import { Consumer, type Message, Producer } from '@platformatic/kafka'
import { Samples } from '../rig/samples.ts'
import { readOptions, tell } from './parent.ts'

export interface KafkaProbeOptions {
  readonly servers: readonly string[]
  readonly into: string
  readonly outOf: string
  readonly perSecond: number
  readonly warmMs: number
  readonly measureMs: number
}

export interface KafkaProbeReport {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

const TICK_MS = 10
const SETTLE_MS = 2000

const options = readOptions() as KafkaProbeOptions
const common = { clientId: 'probe', bootstrapBrokers: [...options.servers] }
const producer = new Producer({ ...common, acks: 1 })
const consumer = new Consumer({ ...common, groupId: `probe-${options.outOf}`, maxWaitTime: 100 })
const stream = await consumer.consume({ topics: [options.outOf], mode: 'latest' })
const samples = new Samples()
let isMeasuring = false

stream.on('data', ({ value }: Message) => {
  const { at } = JSON.parse(value.toString()) as { at: number }
  if (isMeasuring) samples.add(performance.now() - at)
})
const text = 'x'.repeat(900)
const share = Math.max(1, Math.round((options.perSecond * TICK_MS) / 1000))
const ticking = setInterval(() => {
  const at = performance.now()
  const value = Buffer.from(JSON.stringify({ at, text }))
  const messages = Array.from({ length: share }, () => ({ topic: options.into, value }))
  void producer.send({ messages })
}, TICK_MS)
await pause(options.warmMs)
isMeasuring = true
await pause(options.measureMs)
clearInterval(ticking)
await pause(SETTLE_MS)
const { count, p50, p99 } = samples.percentiles()
tell({ kind: 'report', count, p50, p99 } satisfies KafkaProbeReport & { kind: string })
process.disconnect?.()

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
