// The brokers and sources of this process: what the configuration declares, what the store has, and the supervisor
// that keeps sources reading.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { OwnApiDeps } from './api/index.ts'
import { type BrowseOptions, createBrowsing } from './app-browse.ts'
import type { Delivery } from './app-delivery.ts'
import { createMirrors } from './app-mirror.ts'
import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { AppError, describeError } from './base/index.ts'
import {
  BrokerDirectory,
  BrokerSecrets,
  BrokerThreads,
  type SecretSource,
  type SourceState,
  SourceSupervisor,
} from './connect/index.ts'
import { type ConnectorUses, createConnectorUses, openKindKeeper } from './control/index.ts'
import {
  type BrokerSpec,
  DEFAULT_ACCOUNT,
  type ResourceOf,
  type SourceSpec,
  validateSpec,
} from './model/index.ts'
import { decodeResource } from './objects/index.ts'

const SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }
const SECRET_BYTES_MAX = 64 * 1024
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

export interface Brokers {
  readonly uses: ConnectorUses
  readonly directory: BrokerDirectory
  readonly threads: BrokerThreads
}

export interface SourceRoom {
  readonly uses: ConnectorUses
  readonly states: () => ReadonlyMap<string, SourceState>
  close(): Promise<void>
}

/** Opened before whatever sends to brokers. */
export async function openBrokers(
  options: AppOptions,
  { store, resources, outgoing }: Pick<State, 'store' | 'resources' | 'outgoing'>,
  closers: Closers,
): Promise<Brokers> {
  const { config, env, clock, onFatal } = options
  const declared = readDeclared('Broker', config.brokers)
  const uses = createConnectorUses({ resources, clock })
  await uses.declare('Broker', declared)
  const declaredByName = new Map(declared.map((spec) => [spec.name, spec]))
  const secrets = new BrokerSecrets({
    sources: [directoryOf(config.secretsDir)],
    readReference: (reference) => readReference(reference, env),
    declared: declaredByName,
    clock,
  })
  const directory = new BrokerDirectory({
    secrets,
    checkServer(broker, server) {
      // Whoever wrote the configuration may dial what they like.
      if (!isDeepStrictEqual(declaredByName.get(broker.name), broker))
        outgoing.guard.checkUrl(`http://${server}`)
    },
  })
  closers.add(() => directory.close())
  const threads = new BrokerThreads()
  closers.add(() => threads.close())
  const keeper = await openKindKeeper({
    kind: 'Broker',
    rows: store.rows,
    decode: decodeResource,
    define: ({ spec }) => directory.define(spec),
    forget: ({ name }) => directory.forget(name),
    onFatal,
  })
  closers.add(() => keeper.close())
  return { uses, directory, threads }
}

export async function openSources(
  options: AppOptions,
  { store, publisher, brokers }: State,
  { ingress, sinks }: Pick<Delivery, 'ingress' | 'sinks'>,
  closers: Closers,
): Promise<SourceRoom> {
  const { config, clock, random, logger, onFatal } = options
  const { uses, directory, threads } = brokers
  await uses.declare('Source', readDeclared('Source', config.sources))
  const supervisor = new SourceSupervisor({
    connectors: [threads.connector('kafka'), threads.connector('nats')],
    findBroker: directory.find,
    accept: (dialect, events) => ingress.accept(dialect, events),
    hasBus: (busKey) => publisher.hasBus(busKey),
    sinkAt: (address) => sinks.at(address),
    clock,
    random,
    logger: logger.child({ room: 'connect' }),
    onState: (source, state) => {
      uses.setCondition(source, conditionOf(state)).catch((error: unknown) => {
        const fields = { source: source.spec.name, error: describeError(error) }
        logger.warn('the state of a source was not written', fields)
      })
    },
  })
  closers.add(() => supervisor.close())
  directory.onChange((name) => supervisor.brokerChanged(name))
  const keeper = await openKindKeeper({
    kind: 'Source',
    rows: store.rows,
    decode: decodeResource,
    define: (resource) => supervisor.define(resource),
    forget: (key) => supervisor.forget(key),
    onFatal,
  })
  closers.add(() => keeper.close())
  return { uses, states: () => supervisor.states(), close: () => supervisor.close() }
}

function conditionOf({
  state,
  reason = '',
}: SourceState): Parameters<ConnectorUses['setCondition']>[1] {
  switch (state) {
    case 'connected':
      return { status: 'True', reason: 'Reading', message: '' }
    case 'connecting':
      return { status: 'Unknown', reason: 'Connecting', message: '' }
    case 'stopped':
      return { status: 'False', reason: 'Stopped', message: 'the source is not to read' }
    case 'lost':
      return { status: 'False', reason: 'BrokerLost', message: reason }
  }
}

/** What the configuration says, as specs; throws `CONFIG_INVALID` naming every fault. */
function readDeclared<K extends 'Broker' | 'Source'>(
  kind: K,
  section: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly ResourceOf<K>['spec'][] {
  const specs = Object.entries(section).map(([name, fields]) => ({ ...SCOPE, ...fields, name }))
  const key = kind === 'Broker' ? 'brokers' : 'sources'
  const faults = specs.flatMap((spec) =>
    validateSpec(kind, spec).map(
      ({ path, message }) => `\`${path.replace('spec', `${key}.${spec.name}`)}\`: ${message}`,
    ),
  )
  if (faults.length > 0) {
    throw new AppError('CONFIG_INVALID', `the configuration has faults: ${faults.join('; ')}`, {
      details: { faults },
    })
  }
  // Each was found to be one.
  return specs as unknown as readonly ResourceOf<K>['spec'][]
}

/** Secrets as Kubernetes mounts them: a folder per secret, a file per key. */
export function directoryOf(directory: string): SecretSource {
  return {
    read: (secret, key) =>
      SAFE_NAME.test(secret) && SAFE_NAME.test(key)
        ? readSecretFile(join(directory, secret, key))
        : Promise.resolve(undefined),
  }
}

async function readReference(
  reference: string,
  env: AppOptions['env'],
): Promise<string | undefined> {
  const [, kind, name] = /^\$\{(file|env):(.+)\}$/.exec(reference) ?? []
  if (name === undefined) return undefined
  return kind === 'file' ? readSecretFile(name) : env[name]
}

/** Without the line end that editors leave. */
async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    return text.length > SECRET_BYTES_MAX ? undefined : text.replace(/\r?\n$/, '')
  } catch {
    // What is not there, and what may not be read, is no secret to us; who asked says so.
    return undefined
  }
}

/** Brokers and sources as our own API shows and changes them. */
export function createConnectorDeps(
  { uses, states }: SourceRoom,
  browse: BrowseOptions,
): OwnApiDeps['connectors'] {
  return {
    ...createBrowsing(browse),
    ...createMirrors(browse.find, browse.clock),
    listBrokers: async () =>
      (await uses.list('Broker')).map(({ spec }) => ({ name: spec.name, spec })),
    async listSources() {
      const now = states()
      return (await uses.list('Source')).map(({ metadata, spec }) => ({
        name: spec.name,
        spec,
        ...(now.get(`${metadata.namespace}/${metadata.name}`) ?? NOT_STARTED),
      }))
    },
    async put(kind, spec) {
      // The store refuses what is none.
      if (kind === 'Broker') await uses.put(kind, spec as unknown as BrokerSpec)
      else await uses.put(kind, spec as unknown as SourceSpec)
    },
    delete: (kind, name) => uses.delete(kind, name),
  }
}

const NOT_STARTED: SourceState = { state: 'connecting', since: 0, instances: 0, lag: {} }
