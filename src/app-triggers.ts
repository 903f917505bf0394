// Event triggers of this process: what they read and make, and the sources that the Secret of NATS asks for.

import type { AppOptions, Closers } from './app-options.ts'
import type { Delivery } from './app-delivery.ts'
import type { State } from './app-state.ts'
import { persist, type Workplace } from './app-workplace.ts'
import { type BrokerAccess, natsConnector, SourceSupervisor } from './connect/index.ts'
import type { Config } from './config/index.ts'
import type { Cursor } from './log/index.ts'
import {
  API_VERSION,
  type BrokerSecurity,
  DEFAULT_ACCOUNT,
  type ResourceOf,
  type SourceSpec,
} from './model/index.ts'
import {
  type NatsServer,
  type NatsSettings,
  openTriggers,
  type Triggers,
  TRIGGERS_READER,
} from './trigger/index.ts'

export interface TriggerRoom {
  /** This server listens for NATS there, or not at all; before it is called no source reads. */
  natsListens(ownUrl: string | undefined): Promise<void>
  /** Before this the log may let go; undefined while triggers read nothing. */
  committedCursor(): Cursor | undefined
  close(): Promise<void>
}

/** What a fresh server in dev subscribes to: the steps of a customer's registration. */
const SUBJECTS = [
  'customer-registered',
  'customer-saved',
  'user-saved',
  'welcome-email-sent',
  'marketing-notified',
  'swag-ordered',
  'touchpoints-created',
]

/** Between two attempts to begin on a cluster at most, milliseconds. */
const BEGIN_MS_MAX = 30_000
const SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)$/

export async function openTriggerRoom(
  options: AppOptions,
  {
    state,
    delivery,
    workplace,
  }: { readonly state: State; readonly delivery: Delivery; readonly workplace: Workplace },
  closers: Closers,
): Promise<TriggerRoom> {
  const { config, clock, random, onFatal } = options
  const logger = options.logger.child({ room: 'trigger' })
  const sources = new SettingsSources(options, { state, delivery })
  closers.add(() => sources.close())
  const stop = new AbortController()
  const begin = (): Promise<Triggers> =>
    openTriggers({
      client: workplace.client(),
      isNamespaced: (type) => workplace.isNamespaced(type),
      log: state.log,
      cursors: state.store.deliveries,
      clock,
      random,
      logger,
      onSettings: (settings) => {
        sources.set(settings)
      },
      onFatal,
      signal: stop.signal,
    })
  let triggers: Triggers | undefined
  // While a cluster is away, what it is to be told of is kept.
  let cursor: Cursor | undefined
  let beginning: Promise<unknown> = Promise.resolve()
  if (workplace.server === undefined) triggers = await begin()
  else {
    const stored = await state.store.deliveries.cursor(TRIGGERS_READER)
    cursor = stored?.positions ?? state.log.end()
    const { server } = workplace
    beginning = persist(begin, {
      clock,
      signal: stop.signal,
      delayMsMax: BEGIN_MS_MAX,
      onFailure: (failure) =>
        logger.error('triggers could not be begun on the cluster', { server, ...failure }),
    }).then((opened) => (triggers = opened))
  }
  async function close(): Promise<void> {
    stop.abort()
    await sources.close()
    await beginning
    await triggers?.close()
  }
  closers.add(close)
  return {
    async natsListens(ownUrl) {
      sources.begin(ownUrl)
      const url = ownUrl ?? configuredServer(config)
      logger.info('triggers look at what comes by NATS', { server: url ?? 'none' })
      // Somebody else's cluster is told nothing of a server that only this machine can reach.
      const isOwn = workplace.server === undefined && config.mode === 'dev'
      if (!isOwn || url === undefined) return
      const seeded = ownUrl === undefined ? 'broker' : 'own'
      await triggers?.seedSettings({ url, subjects: SUBJECTS, for: seeded })
    },
    committedCursor: () => (triggers === undefined ? cursor : triggers.committedCursor()),
    close,
  }
}

/** A server of NATS that the configuration names, and that wants to know nothing of who comes. */
function configuredServer({ brokers }: Config): string | undefined {
  const open = Object.values(brokers).find(
    ({ type, security }) => type === 'nats' && security === undefined,
  )
  const servers = open?.['servers']
  const [server] = Array.isArray(servers) ? servers : []
  return typeof server === 'string' ? server : undefined
}

/** Sources that read as the Secret says, into the log like any other. */
class SettingsSources {
  readonly #supervisor: SourceSupervisor
  readonly #brokers = new Map<string, BrokerAccess>()
  readonly #check: (server: string) => void
  readonly #logger: AppOptions['logger']
  #settings: NatsSettings | undefined
  /** Undefined until it is known where this server listens. */
  #own: { readonly url: string | undefined } | undefined
  #running: readonly ResourceOf<'Source'>[] = []
  #generation = 0

  constructor(
    { clock, random, logger }: AppOptions,
    { state, delivery }: { readonly state: State; readonly delivery: Delivery },
  ) {
    const log = logger.child({ room: 'trigger' })
    this.#logger = log
    this.#check = (server) => void state.outgoing.guard.checkUrl(`http://${server}`)
    this.#supervisor = new SourceSupervisor({
      connectors: [natsConnector],
      findBroker: (name) => this.#brokers.get(name),
      accept: (dialect, events) => delivery.ingress.accept(dialect, events),
      hasBus: (busKey) => state.publisher.hasBus(busKey),
      sinkAt: () => undefined,
      clock,
      random,
      logger: log,
      onState: ({ spec }, { state: now, reason }) => {
        const fields = {
          source: spec.name,
          state: now,
          ...(reason === undefined ? {} : { reason }),
        }
        log.info('NATS of the Secret projectsveltos/sveltos-nats', fields)
      },
    })
  }

  begin(url: string | undefined): void {
    this.#own = { url }
    this.#define()
  }

  set(settings: NatsSettings): void {
    this.#settings = settings
    this.#define()
  }

  close(): Promise<void> {
    return this.#supervisor.close()
  }

  #define(): void {
    if (this.#own === undefined || this.#settings === undefined) return
    this.#generation += 1
    const { core, streams, isOwn } = this.#settings
    if (isOwn === true && this.#own.url === undefined) this.#tellOfNoListener(core?.url)
    const wanted: { readonly server: NatsServer; readonly spec: Partial<SourceSpec> }[] = [
      ...(core === undefined || core.subjects.length === 0
        ? []
        : [{ server: core, spec: { subjects: core.subjects } }]),
      ...streams.map((server) => ({
        server,
        spec: {
          stream: server.stream,
          subjects: server.subjects,
          ...(server.consumer === undefined ? {} : { group: server.consumer }),
        },
      })),
    ]
    // What is published here is in the log already.
    const others =
      isOwn === true ? [] : wanted.filter(({ server }) => !isSameServer(server.url, this.#own?.url))
    const next = others.map(({ server, spec }, index) => this.#sourceOf(index, server, spec))
    for (const { metadata } of this.#running.slice(next.length)) this.#supervisor.forget(metadata)
    this.#running = next
    for (const source of next) this.#supervisor.define(source)
  }

  /** Somebody else may have its port by now, whose messages are none of ours. */
  #tellOfNoListener(url: string | undefined): void {
    const message =
      'the Secret projectsveltos/sveltos-nats is of the NATS listener of this server, which is off: nothing is read; change it to read from another server'
    this.#logger.warn(message, { server: url ?? 'none' })
  }

  #sourceOf(index: number, server: NatsServer, spec: Partial<SourceSpec>): ResourceOf<'Source'> {
    const name = `sveltos-nats-${index}`
    const [servers, security] = [[hostOf(server.url)], securityOf(server)]
    const broker = { ...SCOPE, name, type: 'nats' as const, servers, ...security }
    this.#brokers.set(name, {
      broker,
      reveal: async (secret) => (typeof secret === 'string' ? secret : ''),
      checkServer: this.#check,
    })
    const now = new Date(0).toISOString()
    return {
      apiVersion: API_VERSION,
      kind: 'Source',
      metadata: {
        namespace: DEFAULT_ACCOUNT,
        name,
        uid: name,
        resourceVersion: String(this.#generation),
        generation: this.#generation,
        creationTimestamp: now,
      },
      spec: { ...SCOPE, name, broker: name, ...spec },
    }
  }
}

function securityOf({ user, password, token, certificate, key, ca, url }: NatsServer): {
  readonly security?: BrokerSecurity
} {
  const isTls = url.startsWith('tls:') || ca !== undefined || certificate !== undefined
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  }
  const security = {
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...(isTls ? { tls } : {}),
  }
  return Object.keys(security).length === 0 ? {} : { security }
}

/** With its scheme only where that says more than its absence. */
function hostOf(url: string): string {
  return url.replace(/^nats:\/\//, '').replace(/\/+$/, '')
}

/** Loopback has many names. */
function isSameServer(url: string, own: string | undefined): boolean {
  if (own === undefined) return false
  const [given, ours] = [parseServer(url), parseServer(own)]
  if (given === undefined || ours === undefined) return false
  const isNear = LOOPBACK.test(given.hostname) && LOOPBACK.test(ours.hostname)
  return given.port === ours.port && (isNear || given.hostname === ours.hostname)
}

function parseServer(
  url: string,
): { readonly hostname: string; readonly port: string } | undefined {
  const address = `nats://${hostOf(url).replace(/^\w+:\/\//, '')}`
  if (!URL.canParse(address)) return undefined
  const { hostname, port } = new URL(address)
  return { hostname, port: port === '' ? '4222' : port }
}
