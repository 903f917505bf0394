// The roost keeper of this process: what it runs with is in the configuration file, a ConfigMap and the environment,
// and a ConfigMap that changes changes it without a restart. A keeper that cannot begin is tried again.

import { join } from 'node:path'
import type { Metrics } from './api/index.ts'
import { createOwnSchemas } from './app-own-schemas.ts'
import type { AppOptions, Closers } from './app-options.ts'
import { directoryOf } from './app-sources.ts'
import type { State } from './app-state.ts'
import type { Workplace } from './app-workplace.ts'
import {
  AppError,
  channels,
  type Clock,
  describeError,
  isAppError,
  type Logger,
  wait,
} from './base/index.ts'
import { Informer, type KubeObject } from './objects/index.ts'
import {
  createRoostEvents,
  type EventManagerOptions,
  type RoostEvents,
  type SettingsLayer,
  type Shelf,
} from './roost/index.ts'
import { listAllRows, type RowStore } from './store/index.ts'

export interface RoostRoom {
  /** Undefined while nothing asks for one, or what asks is faulty. */
  current(): RoostEvents | undefined
  /** Why there is none, or not the one that is asked for. */
  fault(): string | undefined
  /** The page for a scrape, with the keeper's at its end. */
  extend(metrics: Metrics): Metrics
  close(): Promise<void>
}

interface Rooms {
  readonly state: Pick<State, 'store' | 'outgoing' | 'control' | 'publisher'>
  readonly workplace: Workplace
}

const CONFIG_KEY = 'events-config.yaml'
const REGISTRY = 'roost-keeper'
const SCOPE = { account: '000000000000', region: 'us-east-1' }
const RETRY_MS = 5000

/** Rejects `CONFIG_INVALID` when the file and the environment alone are faulty. */
export async function openRoostRoom(
  options: AppOptions,
  rooms: Rooms,
  closers: Closers,
): Promise<RoostRoom> {
  const room = new Room(options, rooms)
  await room.open()
  closers.add(() => room.close())
  return room
}

class Room implements RoostRoom {
  readonly #options: AppOptions
  readonly #rooms: Rooms
  readonly #logger: Logger
  readonly #informer: Informer
  readonly #stop = new AbortController()
  #map: string | undefined
  #keeper: RoostEvents | undefined
  #fault: string | undefined
  /** The change that counts; an older one that waits gives up. */
  #change = new AbortController()
  #last: Promise<void> = Promise.resolve()
  #isOpen = false

  constructor(options: AppOptions, rooms: Rooms) {
    const { config, clock, logger } = options
    const [namespace, name] = splitName(config.roost.configMap)
    this.#options = options
    this.#rooms = rooms
    this.#logger = logger.child({ room: 'roost' })
    this.#informer = new Informer({
      client: rooms.workplace.client(),
      type: { apiVersion: 'v1', kind: 'ConfigMap' },
      namespace,
      clock,
      logger: this.#logger,
      onChange: (next, previous) => {
        if ((next ?? previous!).metadata.name !== name) return
        this.#map = textOf(next)
        if (this.#isOpen) this.#apply()
      },
    })
  }

  async open(): Promise<void> {
    const isKnown = this.#informer.start().then(() => void (this.#isOpen = true))
    // A cluster may be away for long; whoever takes events in does not wait for that.
    if (this.#rooms.workplace.server === undefined) await isKnown
    else {
      void isKnown.then(() => {
        if (!this.#stop.signal.aborted && this.#map !== undefined) this.#apply()
      })
    }
    const created = this.#create()
    // What a call wrote must not keep the server from starting; what its operator wrote must.
    if (created instanceof AppError && this.#map === undefined) {
      await this.close()
      throw created
    }
    this.#apply(created)
  }

  current(): RoostEvents | undefined {
    return this.#keeper
  }

  fault(): string | undefined {
    return this.#fault
  }

  extend(metrics: Metrics): Metrics {
    return {
      totals: () => metrics.totals(),
      format: (state) => metrics.format(state) + (this.#keeper?.metrics() ?? ''),
      close: () => metrics.close(),
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#change.abort()
    await this.#informer.close()
    // One that begins may wait for a cluster that does not come.
    await this.#keeper?.stop()
    await this.#last
    await this.#keeper?.stop()
    this.#keeper = undefined
  }

  #apply(created: RoostEvents | AppError | undefined = this.#create()): void {
    this.#change.abort()
    const change = new AbortController()
    this.#change = change
    if (created instanceof AppError) {
      this.#fault = created.message
      this.#logger.error('the events configuration is refused', { error: created.message })
      return
    }
    this.#last = this.#last
      .then(() => this.#replace(created, change.signal))
      .catch((error: unknown) => {
        this.#fault = describeError(error)
        this.#logger.error('the keeper could not be replaced', { error: this.#fault })
      })
  }

  /** One keeper at a time: two would tell the same twice. */
  async #replace(next: RoostEvents | undefined, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    await this.#keeper?.stop()
    this.#keeper = undefined
    this.#fault = undefined
    let keeper: RoostEvents | AppError | undefined = next
    while (keeper !== undefined && !(keeper instanceof AppError) && !signal.aborted) {
      this.#keeper = keeper
      try {
        await keeper.start()
        return
      } catch (error) {
        this.#fault = describeError(error)
        this.#logger.error('events could not be begun', { error: this.#fault, againMs: RETRY_MS })
        await pause(clock, signal)
        // A keeper that was stopped does not begin again.
        keeper = this.#create()
      }
    }
  }

  /** Undefined when nothing asks for one. */
  #create(): RoostEvents | AppError | undefined {
    const layers = this.#layers()
    const { env } = this.#options
    if (layers.length === 0 && (env['EVENTS_ENABLED'] ?? '') === '') return undefined
    try {
      const keeper = createRoostEvents(layers, this.#keeperOptions())
      return keeper.settings.enabled ? keeper : undefined
    } catch (error) {
      if (isAppError(error)) return error
      throw error
    }
  }

  #layers(): readonly SettingsLayer[] {
    const { config } = this.#options
    const { events, file, roost } = config
    return [
      ...(events === undefined
        ? []
        : [{ name: `\`events\` of \`${file ?? ''}\``, content: events }]),
      ...(this.#map === undefined
        ? []
        : [{ name: `ConfigMap \`${roost.configMap}\``, content: this.#map }]),
    ]
  }

  #keeperOptions(): EventManagerOptions {
    const { config, env, clock, random } = this.#options
    const { state, workplace } = this.#rooms
    const [namespace] = splitName(config.roost.configMap)
    const { rows } = state.store
    const schemas = createOwnSchemas(state.control.schemas, () => state.publisher.current())
    const secrets = directoryOf(config.secretsDir)
    const storageEndpoint = endpointOf(config.targets.aws)
    const storageCredentials = credentialsOf(config.targets.aws, storageEndpoint)
    return {
      kube: workplace.client(),
      kubeAs: (name) => workplace.clientAs({ name, groups: groupsOf(name) }),
      namespace,
      readSecret: ({ name, key }) => secrets.read(name, key),
      env,
      dataDir: join(config.dataDir, 'roost'),
      seen: createRowShelf(rows, 'RoostSeen'),
      obeyed: createRowShelf(rows, 'RoostObeyed'),
      keyring: state.outgoing.connections.keyring,
      guard: state.outgoing.guard,
      ...(storageEndpoint === undefined ? {} : { storageEndpoint }),
      ...(storageCredentials === undefined ? {} : { storageCredentials }),
      async findSchema(type) {
        try {
          return (await schemas.getSchema(SCOPE, { registry: REGISTRY, name: type })).content
        } catch (error) {
          if (isAppError(error, 'RESOURCE_NOT_FOUND')) return undefined
          throw error
        }
      },
      clock,
      random,
      logger: this.#logger,
      onSpan: (span) => channels.spanEnded.publish(span),
    }
  }
}

function splitName(configMap: string): readonly [namespace: string, name: string] {
  const [namespace = '', name, ...rest] = configMap.split('/')
  if (name !== undefined && rest.length === 0) return [namespace, name]
  throw new AppError(
    'CONFIG_INVALID',
    `expected \`roost.configMap\` to be \`NAMESPACE/NAME\`, got \`${configMap}\``,
  )
}

function textOf(map: KubeObject | undefined): string | undefined {
  const data = map?.['data'] as Readonly<Record<string, unknown>> | undefined
  const text = data?.[CONFIG_KEY]
  return typeof text === 'string' ? text : undefined
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return wait(clock, RETRY_MS, signal)
}

type AwsConfig = AppOptions['config']['targets']['aws']

/** A stand-in that plays S3 for targets plays it here. */
function endpointOf({ endpoints, endpoint }: AwsConfig): string | undefined {
  const given = endpoints['s3'] ?? endpoint
  return given === 'aws' ? undefined : given
}

function credentialsOf(
  { accessKeyId, secretAccessKey, sessionToken }: AwsConfig,
  standIn: string | undefined,
): EventManagerOptions['storageCredentials'] {
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      sessionToken: sessionToken?.reveal(),
    }
  }
  // Stand-ins take any credentials.
  return standIn === undefined
    ? undefined
    : { accessKeyId: SCOPE.account, secretAccessKey: 'test', sessionToken: undefined }
}

/** Service accounts are in the groups that a cluster puts them in. */
function groupsOf(name: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? []
  const own =
    namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return [...own, 'system:authenticated']
}

function createRowShelf(rows: RowStore, kind: string): Shelf {
  const keyOf = (name: string): { kind: string; namespace: string; name: string } => ({
    kind,
    namespace: REGISTRY,
    name,
  })
  return {
    async load() {
      const all = await listAllRows(rows, { kind })
      return new Map(all.rows.map(({ name, value }) => [name, value]))
    },
    put: async (name, value) => void (await rows.write([{ ...keyOf(name), value }])),
    delete: async (name) => void (await rows.write([keyOf(name)])),
  }
}
