// Wires every room: opens them in the order of the table, and closes them in the reverse of it. The one place
// that sees all; what a room needs of another it is given here, as a value.
//
//   opening ──▶ serving ──close()──▶ draining (not ready, in-flight requests end) ──▶ closed

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dialect, type HttpServer, NatsHub, openHttpServer, openMetrics } from './api/index.ts'
import { openAudit } from './app-audit.ts'
import { extendWithArchives } from './app-archive-metrics.ts'
import { reasonsOfDamage } from './app-damage.ts'
import { createDialects } from './app-doors.ts'
import { DialectGate } from './app-gate.ts'
import { openHttps, openOwnAuthority } from './app-https.ts'
import { openNats } from './app-nats.ts'
import { type AppOptions, Closers } from './app-options.ts'
import { openRooms, removeFiles } from './app-rooms.ts'
import type { Clock } from './base/index.ts'
import type { Config } from './config/index.ts'

export type { AppOptions } from './app-options.ts'

export interface App {
  readonly url: string
  readonly port: number
  /** The same over HTTPS, when it is there. */
  readonly httpsUrl?: string
  /** Where NATS clients connect, when they can. */
  readonly natsUrl?: string
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
  const { config, clock, random, logger, onFatal } = options
  const startedAt = clock.now()
  const phase: { now: 'starting' | 'serving' | 'draining' } = { now: 'starting' }
  const metrics = openMetrics()
  closers.add(() => metrics.close())
  const audit = await openAudit(options, closers)
  let server: HttpServer | undefined
  let natsUrl: string | undefined
  const roomsOptions = { ...options, ownUrl: () => server?.url, natsHub: new NatsHub(random) }
  let rooms = await openRooms(roomsOptions)
  closers.add(() => rooms.close())
  const authority = openOwnAuthority(options, rooms.state.outgoing.connections.keyring)
  const reasonsNotReady = (): readonly string[] => [
    ...(phase.now === 'serving' ? [] : [phase.now]),
    ...reasonsOfDamage(rooms.state.log.stats().quarantined, config.log.acceptDataLoss),
  ]
  const openDoors = (): readonly Dialect[] => {
    const counted = extendWithArchives(rooms.cloudMetrics.extend(metrics), rooms.archives)
    const shown = rooms.roost.extend(counted)
    return createDialects(
      { ...options, metrics: shown, startedAt, reasonsNotReady, reset, authority, audit },
      rooms,
    )
  }
  const gate = new DialectGate(clock, openDoors())
  async function reset(): Promise<void> {
    await gate.replace(async () => {
      try {
        await rooms.close()
        removeFiles(config.dataDir)
        rooms = await openRooms(roomsOptions)
        await rooms.triggers.natsListens(natsUrl)
      } catch (error) {
        // Half of a server is none: the next start opens what is there.
        onFatal(error)
        throw error
      }
      logger.warn('the server was emptied, as it was asked to be')
      return openDoors()
    })
  }
  server = await openHttpServer({
    host: config.host,
    port: config.port,
    dialects: gate.doors(),
    security: { allowedHosts: config.allowedHosts, allowedOrigins: [] },
    limits: { bodyBytesMax: config.limits.requestSizeBytesMax },
    logger: logger.child({ room: 'api' }),
    clock,
    random,
    insecureListen: config.insecureListen,
  })
  const listening = server
  closers.add(() => listening.drain(0))
  const https = await openHttps(
    {
      ...options,
      dialects: gate.doors(),
      authority,
    },
    closers,
  )
  const nats = await openNats({ ...options, hub: roomsOptions.natsHub, rooms: () => rooms })
  closers.add(() => nats?.close())
  natsUrl = nats?.url
  await rooms.triggers.natsListens(natsUrl)
  phase.now = 'serving'
  const announcement = announce(config, {
    url: nearUrl(listening.url),
    httpsUrl: https && nearUrl(https.url),
  })
  return {
    url: listening.url,
    port: listening.port,
    ...(https === undefined ? {} : { httpsUrl: https.url }),
    ...(nats === undefined ? {} : { natsUrl: nats.url }),
    functions: rooms.state.functions.names(),
    settled: () => rooms.delivery.router.settled(),
    async close(deadlineMs) {
      phase.now = 'draining'
      rmSync(announcement, { force: true })
      await pause(clock, config.drain.delayMs)
      const deadline = new AbortController()
      const timer = clock.setTimer(deadlineMs, () => deadline.abort())
      await Promise.all([listening.drain(deadlineMs), https?.drain(deadlineMs), nats?.drain()])
      await rooms.drain(deadline.signal)
      timer.cancel()
      await closers.close()
    },
  }
}

/** A wildcard is called by loopback. */
function nearUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  if (delayMs === 0) return Promise.resolve()
  return new Promise((resolve) => void clock.setTimer(delayMs, resolve))
}

/** Tells tools on this machine where the server of this data directory is. */
function announce(
  { dataDir, mode }: Config,
  where: { readonly url: string; readonly httpsUrl: string | undefined },
): string {
  const path = join(dataDir, 'server.json')
  writeFileSync(path, `${JSON.stringify({ pid: process.pid, mode, ...where })}\n`)
  return path
}
