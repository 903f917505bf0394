// The load generator. `closed`: every connection sends its next request when it has the last answer. `open`:
// requests are due at fixed times whatever the server does, and a latency counts from when it was due, so that
// a server that stalls cannot hide it. Says `warm` when the measured window begins, `report` at the end.

import { machineNow } from '../rig/clock.ts'
import { Connection, type Address } from '../rig/connection.ts'
import { PutRequest } from '../rig/put-request.ts'
import { Samples, type Percentiles } from '../rig/samples.ts'
import { readOptions, startCpu, tell } from './parent.ts'

export interface LoadOptions {
  readonly address: Address
  readonly source: string
  readonly entries: number
  readonly connections: number
  readonly warmMs: number
  readonly measureMs: number
  /** Requests a second; closed loop when absent. */
  readonly rate?: number
  /** Ends after so many events instead of a time. */
  readonly eventsMax?: number
}

export interface LoadReport {
  /** Events acknowledged, warm-up included. */
  readonly acknowledged: number
  /** In the window. */
  readonly requests: number
  readonly windowMs: number
  readonly latencyMs: Percentiles
  /** Open loop: how late the generator itself was. */
  readonly latenessMs: Percentiles
  readonly cpu: number
  /** Answers other than 200, and 200 with a failed entry. */
  readonly failures: number
  readonly firstFailure: string
}

interface Slot {
  readonly connection: Connection
  readonly request: PutRequest
  sentAt: number
}

const DRAIN_MS = 10_000
const REFUSED_PAUSE_MS = 10

const options = readOptions() as LoadOptions
const latency = new Samples()
const lateness = new Samples()
const slots = Array.from({ length: options.connections }, createSlot)
const free: Slot[] = []
let numbered = 0
let acknowledged = 0
let failures = 0
let firstFailure = ''
let underWay = 0
let isWarm = false
let isOver = false

const eventsMax = options.eventsMax ?? Infinity
const { windowMs, cpu } = await run()
tell({
  kind: 'report',
  acknowledged,
  requests: latency.count,
  windowMs,
  latencyMs: latency.percentiles(),
  latenessMs: lateness.percentiles(),
  cpu,
  failures,
  firstFailure,
} satisfies LoadReport & { kind: string })
for (const { connection } of slots) connection.close()
process.disconnect?.()

async function run(): Promise<{ windowMs: number; cpu: number }> {
  const { warmMs, measureMs, rate } = options
  if (rate === undefined) for (const slot of slots) sendClosed(slot)
  else sendOpen(rate)
  await pause(warmMs)
  isWarm = true
  tell({ kind: 'warm' })
  const begin = machineNow()
  const cpu = startCpu()
  if (options.eventsMax === undefined) await pause(measureMs)
  else await pauseUntil(() => acknowledged >= eventsMax)
  const window = { windowMs: machineNow() - begin, cpu: cpu() }
  isWarm = false
  isOver = true
  const deadline = machineNow() + DRAIN_MS
  await pauseUntil(() => underWay === 0 || machineNow() > deadline)
  return window
}

function createSlot(): Slot {
  const slot: Slot = {
    connection: new Connection(options.address, (status, body) => answered(slot, status, body)),
    request: new PutRequest(options),
    sentAt: 0,
  }
  return slot
}

function sendClosed(slot: Slot): void {
  if (!isOver && numbered < eventsMax) send(slot, machineNow())
}

function send(slot: Slot, dueAt: number): void {
  slot.sentAt = dueAt
  slot.request.stamp(numbered, dueAt)
  numbered += options.entries
  underWay += 1
  slot.connection.send(slot.request.bytes)
}

function answered(slot: Slot, status: number, body: Buffer): void {
  underWay -= 1
  const isGood = status === 200 && hasNoFailedEntry(body)
  if (isGood) acknowledged += options.entries
  else fail(`${status} ${body.toString('utf8', 0, 300)}`)
  if (isWarm && isGood) latency.add(machineNow() - slot.sentAt)
  if (options.rate !== undefined) free.push(slot)
  else if (isGood) sendClosed(slot)
  else setTimeout(() => sendClosed(slot), REFUSED_PAUSE_MS)
}

function hasNoFailedEntry(body: Buffer): boolean {
  const at = body.indexOf('FailedEntryCount":')
  const digit = at + 'FailedEntryCount":'.length
  return at !== -1 && (body[digit] === 0x30 || (body[digit] === 0x20 && body[digit + 1] === 0x30))
}

function fail(answer: string): void {
  if (failures === 0) firstFailure = answer
  failures += 1
  if (options.eventsMax !== undefined) numbered -= options.entries
}

/** Sends what has fallen due at each tick of a millisecond; nothing is skipped. */
function sendOpen(rate: number): void {
  free.push(...slots)
  const begin = machineNow()
  let nth = 0
  const tick = (): void => {
    const now = machineNow()
    for (
      let dueAt = begin + (nth * 1000) / rate;
      dueAt <= now;
      dueAt = begin + (nth * 1000) / rate
    ) {
      const slot = free.shift()
      if (slot === undefined) break
      if (isWarm) lateness.add(now - dueAt)
      send(slot, dueAt)
      nth += 1
    }
    if (!isOver) setTimeout(tick, 1)
  }
  tick()
}

async function pauseUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(1)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
