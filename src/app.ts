// Wires every room: opens them in the order of the table, and closes them in the reverse of it. The one place
// that sees all; what a room needs of another it is given here, as a value.
//
//   opening ──▶ serving ──close()──▶ draining (not ready, in-flight requests end) ──▶ closed

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HttpServer, openHttpServer, openMetrics } from './api/index.ts'
import { reasonsOfDamage } from './app-damage.ts'
import { type Delivery, openDelivery } from './app-delivery.ts'
import { createDialects } from './app-doors.ts'
import { openCloudMetrics } from './app-metrics.ts'
import { type AppOptions, Closers } from './app-options.ts'
import { openPipes, type PipeRoom } from './app-pipes.ts'
import { openState, type State } from './app-state.ts'
import type { Cursor } from './log/index.ts'
import { type Clock, describeError, type Logger, type Timer } from './base/index.ts'

export type { AppOptions } from './app-options.ts'

/** How often the log's retention, old rulesets and old attempts are seen to, milliseconds. */
const MAINTENANCE_MS = 30_000

/** How long the attempt history is kept, milliseconds. */
const ATTEMPTS_KEPT_MS = 7 * 86_400_000

export interface App {
  readonly url: string
  readonly port: number
  readonly functions: readonly string[]
  /** Resolves when everything accepted so far has been delivered, or waits in a row for its next attempt. */
  settled(): Promise<void>
  /** Not ready at once; then in-flight work ends, within the deadline; then everything is closed. */
  close(deadlineMs: number): Promise<void>
}

export async function openApp(options: AppOptions): Promise<App> {
  const closers = new Closers()
  try {
    return await open(options, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}

async function open(options: AppOptions, closers: Closers): Promise<App> {
  const { config, clock, random, logger } = options
  const startedAt = clock.now()
  const phase: { now: 'starting' | 'serving' | 'draining' } = { now: 'starting' }
  const metrics = openMetrics()
  closers.add(() => metrics.close())
  const cloudMetrics = openCloudMetrics(options, closers)
  let server: HttpServer | undefined
  const state = await openState(options, closers)
  const delivery = await openDelivery(
    { ...options, ownUrl: () => server?.url, takeLine: cloudMetrics.takeLine },
    state,
    closers,
  )
  const pipeRoom = await openPipes(options, state, { sinks: delivery.sinks, closers })
  const maintenance = startMaintenance(clock, logger, () =>
    tend(options, state, { ...delivery, ...pipeRoom }),
  )
  closers.add(() => maintenance.cancel())
  const reasonsNotReady = (): readonly string[] => [
    ...(phase.now === 'serving' ? [] : [phase.now]),
    ...reasonsOfDamage(state.log.stats().quarantined, config.log.acceptDataLoss),
  ]
  server = await openHttpServer({
    host: config.host,
    port: config.port,
    dialects: createDialects(
      { ...options, metrics: cloudMetrics.extend(metrics), startedAt, reasonsNotReady },
      state,
      {
        ...delivery,
        series: cloudMetrics.series,
        pipeUses: pipeRoom.uses,
      },
    ),
    security: { allowedHosts: config.allowedHosts, allowedOrigins: [] },
    limits: { bodyBytesMax: config.limits.requestSizeBytesMax },
    logger: logger.child({ room: 'api' }),
    clock,
    random,
    insecureListen: config.insecureListen,
  })
  const listening = server
  phase.now = 'serving'
  const announcement = announce(config.dataDir, listening.url)
  return {
    url: listening.url,
    port: listening.port,
    functions: state.functions.names(),
    settled: () => delivery.router.settled(),
    async close(deadlineMs) {
      phase.now = 'draining'
      maintenance.cancel()
      rmSync(announcement, { force: true })
      await pause(clock, config.drain.delayMs)
      await drain(options, { listening, delivery, pipes: pipeRoom.pipes, deadlineMs })
      await closers.close()
    },
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  if (delayMs === 0) return Promise.resolve()
  return new Promise((resolve) => void clock.setTimer(delayMs, resolve))
}

interface Draining {
  readonly listening: HttpServer
  readonly delivery: Delivery
  readonly pipes: PipeRoom['pipes']
  readonly deadlineMs: number
}

/** No more requests, and no more batches of pipes; then what is under way ends, or becomes rows; then the cursor is committed. */
async function drain({ clock }: AppOptions, draining: Draining): Promise<void> {
  const { listening, delivery, pipes, deadlineMs } = draining
  const deadline = new AbortController()
  const timer = clock.setTimer(deadlineMs, () => deadline.abort())
  await listening.drain(deadlineMs)
  const { router, deliverer, ledger } = delivery
  await pipes.close(deadline.signal)
  await Promise.all([router.close(deadline.signal), deliverer.close(deadline.signal)])
  await ledger.close()
  timer.cancel()
}

/** Tells tools on this machine where the server of this data directory is. */
function announce(dataDir: string, url: string): string {
  const path = join(dataDir, 'server.json')
  writeFileSync(path, `${JSON.stringify({ pid: process.pid, url })}\n`)
  return path
}

async function tend(
  { config, clock }: AppOptions,
  state: State,
  delivery: Delivery & Pick<PipeRoom, 'pipes'>,
): Promise<void> {
  const { retentionAgeMs: ageMsMax, retentionSizeBytes: sizeBytesMax } = config.log
  const { router, deliverer, sinks, pipes } = delivery
  const kept = await keptFrom(state, delivery)
  const generation = router.committedGeneration()
  // What the log lets go may not be needed again, also not by a cursor that a power cut takes back.
  await state.store.sync()
  await state.log.retain({ ageMsMax, sizeBytesMax }, kept)
  await state.publisher.forget(generation)
  await state.store.deliveries.pruneAttempts(clock.now() - ATTEMPTS_KEPT_MS)
  const targets = deliverer.lanes().map((lane) => lane.address)
  await sinks.keep(new Set([...targets, ...pipes.addresses()]))
}

/** Before this the log may let go: every cursor has passed it, and no queue message lies there. */
async function keptFrom({ store }: State, { router }: Delivery): Promise<Cursor> {
  return Promise.all(
    router.committedCursor().map(async ({ partition, offset }) => {
      const oldest = await store.messages.oldestReference(partition)
      return { partition, offset: Math.min(offset, oldest ?? offset) }
    }),
  )
}

function startMaintenance(clock: Clock, logger: Logger, tendAll: () => Promise<void>): Timer {
  let isStopped = false
  let timer: Timer | undefined
  function schedule(): void {
    if (isStopped) return
    timer = clock.setTimer(MAINTENANCE_MS, () => {
      tendAll()
        .catch((error: unknown) => {
          logger.error('maintenance failed', { error: describeError(error) })
        })
        .finally(schedule)
    })
  }
  schedule()
  return {
    cancel() {
      isStopped = true
      timer?.cancel()
    },
  }
}
