// Publishes messages at a steady rate to one subject and reads them from another, with the time that each took between.

import { connect } from '@nats-io/transport-node'
import { jetstream } from '@nats-io/jetstream'
import { Samples } from '../rig/samples.ts'
import { readOptions, tell } from './parent.ts'

export interface JetstreamProbeOptions {
  readonly url: string
  readonly into: string
  readonly outOf: string
  readonly perSecond: number
  readonly warmMs: number
  readonly measureMs: number
}

export interface JetstreamProbeReport {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

const TICK_MS = 10
const SETTLE_MS = 2000

const options = readOptions() as JetstreamProbeOptions
const connection = await connect({ servers: options.url, noAsyncTraces: true })
const client = jetstream(connection)
const samples = new Samples()
let isMeasuring = false
// What a stream takes is heard by whoever listens to its subject too.
connection.subscribe(options.outOf, {
  callback: (_error, message) => {
    const { at } = JSON.parse(message.string()) as { at: number }
    if (isMeasuring) samples.add(performance.now() - at)
  },
})
await connection.flush()
const text = 'x'.repeat(900)
const share = Math.max(1, Math.round((options.perSecond * TICK_MS) / 1000))
const ticking = setInterval(() => {
  const payload = JSON.stringify({ at: performance.now(), text })
  for (let index = 0; index < share; index += 1) {
    // What does not arrive is not in the count.
    client.publish(options.into, payload).catch(() => {})
  }
}, TICK_MS)
await pause(options.warmMs)
isMeasuring = true
await pause(options.measureMs)
clearInterval(ticking)
await pause(SETTLE_MS)
const { count, p50, p99 } = samples.percentiles()
tell({ kind: 'report', count, p50, p99 } satisfies JetstreamProbeReport & { kind: string })
process.disconnect?.()

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
