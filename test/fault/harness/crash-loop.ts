// Starts a server on the same data again and again, lets producers run, crashes it in some way and compares
// what was acknowledged with what the log holds. At the end a server that is left alone delivers the rest.

import { seededRandom, type Random } from '../../../src/base/index.ts'
import { check, faultsOf } from './checker.ts'
import type { History } from './history.ts'
import { startProducers } from './producers.ts'
import { readLog } from './read-log.ts'
import { startServer, type ServerProcess } from './server-process.ts'
import { until } from './until.ts'
import { routeAllTo, type Webhook } from './webhook.ts'

/** A cycle with fewer shows nothing. */
export const ACKNOWLEDGED_MIN = 50
const UPTIME_MS_MIN = 20
const UPTIME_MS_SPREAD = 150
const DELIVERY_DEADLINE_MS = 120_000
/** A crash may repeat what was in flight. */
const DUPLICATES_PER_CRASH_MAX = 1000

export interface CrashLoopOptions {
  readonly dataDir: string
  readonly cycles: number
  readonly seed: number
  readonly history: History
  readonly webhook: Webhook
  /** Ends the server the hard way and leaves the data directory readable again. */
  readonly crash: (server: ServerProcess) => Promise<void>
  readonly nodeOptions?: readonly string[]
}

export interface CrashLoopResult {
  readonly cycles: number
  readonly acknowledged: number
  readonly readyMsMax: number
  readonly duplicates: number
  /** Of the log of the last cycle, the first one that has any. */
  readonly faults: readonly string[]
}

/** Stops at the first cycle whose log shows a fault. */
export async function crashLoop(options: CrashLoopOptions): Promise<CrashLoopResult> {
  const { cycles, history, webhook } = options
  const random = seededRandom(options.seed)
  let readyMsMax = 0
  let faults: readonly string[] = []
  let run = 0
  while (run < cycles && faults.length === 0) {
    const server = await startServer(options)
    readyMsMax = Math.max(readyMsMax, server.readyMs)
    if (run === 0) await routeAllTo(server.url, webhook.url)
    await runProducers(options, server, { run, random })
    faults = await checkLog(options)
    run += 1
  }
  if (faults.length === 0) faults = await deliverTheRest(options)
  const { acknowledged } = history
  return { cycles: run, acknowledged, readyMsMax, duplicates: webhook.duplicates, faults }
}

/** What is wrong with the log of a data directory; empty when all that was acknowledged is there. */
export async function checkLog(options: {
  readonly dataDir: string
  readonly history: History
}): Promise<string[]> {
  const { observed, damages } = await readLog(options.dataDir)
  return [
    ...damages.map((damage) => `damaged: ${damage}`),
    ...faultsOf(check(options.history, observed)),
  ]
}

async function runProducers(
  { history, crash }: CrashLoopOptions,
  server: ServerProcess,
  { run, random }: { readonly run: number; readonly random: Random },
): Promise<void> {
  const producers = startProducers({ url: server.url, history, run })
  const early = await Promise.race([producers.acknowledged(ACKNOWLEDGED_MIN), server.exited])
  if (early !== undefined) throw new Error(`the server ended by itself:\n${server.output()}`)
  const uptimeMs = UPTIME_MS_MIN + UPTIME_MS_SPREAD * random.next()
  await new Promise((resolve) => setTimeout(resolve, uptimeMs))
  try {
    await crash(server)
  } finally {
    await producers.stop()
  }
}

/** Every acknowledged event reaches the target, whole; what was in flight at a crash perhaps twice. */
async function deliverTheRest(options: CrashLoopOptions): Promise<string[]> {
  const { history, webhook, cycles } = options
  const server = await startServer(options)
  const faults: string[] = []
  try {
    await until('all acknowledged events are delivered', DELIVERY_DEADLINE_MS, () =>
      history.acknowledged <= webhook.count ? webhook.missing(history).length === 0 : false,
    )
  } catch {
    const missing = webhook.missing(history)
    faults.push(`${missing.length} never delivered: ${missing.slice(0, 5).join(' ')}`)
  }
  await server.end('SIGKILL')
  const strange = webhook.strange(history)
  if (strange.length > 0) faults.push(`${strange.length} strange: ${strange.slice(0, 5).join(' ')}`)
  if (webhook.duplicates > cycles * DUPLICATES_PER_CRASH_MAX) {
    faults.push(`${webhook.duplicates} duplicates after ${cycles} crashes`)
  }
  return faults
}
