// What survives the process: the store, the log, and what they say of buses, rules, queues and functions.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openOutgoing, type Outgoing } from './app-connections.ts'
import { FunctionKeys } from './app-function-keys.ts'
import { FunctionDirectory } from './app-functions.ts'
import { type AppOptions, type Closers, READER } from './app-options.ts'
import { openSchemas, type SchemaRooms } from './app-schemas.ts'
import { type Brokers, openBrokers } from './app-sources.ts'
import { AppError } from './base/index.ts'
import { type CodeStore, openCodeStore } from './connect/index.ts'
import {
  type BusAccess,
  BusLogs,
  createBusAccess,
  createControl,
  createQueueUses,
  type Control,
  openQueueKeeper,
  type QueueUses,
  RulesetPublisher,
} from './control/index.ts'
import { decodeStoredEvent } from './event/index.ts'
import { type FileLog, openFileLog } from './log/index.ts'
import { decodeResource, Objects } from './objects/index.ts'
import { openQueues, type Queues } from './queue/index.ts'
import { type LogReference, openSqliteStore, type Store } from './store/index.ts'

export interface State {
  readonly store: Store
  readonly log: FileLog
  readonly publisher: RulesetPublisher
  readonly queues: Queues
  readonly control: Control
  readonly resources: Objects
  readonly queueUses: QueueUses
  readonly schemas: SchemaRooms
  readonly functions: FunctionDirectory
  readonly outgoing: Outgoing
  readonly code: CodeStore
  readonly busAccess: BusAccess
  readonly functionKeys: FunctionKeys
  readonly brokers: Brokers
}

export async function openState(options: AppOptions, closers: Closers): Promise<State> {
  const { config, clock, random, logger } = options
  const { store, log } = await openStorage(options, closers)
  const outgoing = openOutgoing(options, closers)
  const resources = new Objects({ rows: store.rows, clock, random })
  const brokers = await openBrokers(options, { store, resources, outgoing }, closers)
  const publisher = await openPublisher(options, { store, log })
  closers.add(() => publisher.close())
  const { queues, keeper } = await openQueueRoom(options, { store, log })
  closers.add(() => queues.close())
  closers.add(() => keeper.close())
  const functions = new FunctionDirectory({
    directory: config.functionsDir,
    configured: config.functions,
    isWatched: config.mode === 'dev',
    rows: store.rows,
    decode: decodeResource,
    clock,
    logger: logger.child({ room: 'functions' }),
    onFatal: options.onFatal,
  })
  await functions.open()
  closers.add(() => functions.close())
  const busLogs = new BusLogs({ publisher, clock, logger: logger.child({ room: 'bus-log' }) })
  closers.add(() => busLogs.close())
  const busAccess = createBusAccess({
    findBus: (busKey) => publisher.findBus(busKey),
    organizationId: config.organizationId,
  })
  const { connections } = outgoing
  const { strict } = config.compat
  const schemas = await openSchemas(options, { store, resources, queues }, closers)
  const control = createControl({
    resources,
    publisher,
    clock,
    random,
    strict,
    connections,
    logger,
    access: busAccess,
    validators: schemas.validators,
    schemasSettled: () => schemas.keeper.settled(),
  })
  closers.add(() => control.connections.close())
  await control.connections.resume()
  return {
    store,
    log,
    schemas,
    publisher,
    queues,
    functions,
    outgoing,
    control,
    code: await openCodeStore(join(config.dataDir, 'functions')),
    resources,
    busAccess,
    brokers,
    functionKeys: new FunctionKeys(random),
    queueUses: createQueueUses({ resources, queues, settled: () => keeper.settled(), clock }),
  }
}

async function openStorage(
  options: AppOptions,
  closers: Closers,
): Promise<{ readonly store: Store; readonly log: FileLog }> {
  const { config, clock, logger, onFatal } = options
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const store = await openSqliteStore({ path: join(config.dataDir, 'store.db'), onFatal })
  closers.add(() => store.close())
  const cursor = await store.deliveries.cursor(READER)
  const log = await (options.openLog ?? openFileLog)({
    directory: join(config.dataDir, 'log'),
    // The router only reads what is durable, so whatever its cursor has passed was.
    knownDurable: cursor?.positions[0]?.offset ?? 0,
    clock,
    logger: logger.child({ room: 'log' }),
    onFatal,
  })
  closers.add(() => log.close())
  return { store, log }
}

function openPublisher(
  { clock, logger, onFatal }: AppOptions,
  { store, log }: Pick<State, 'store' | 'log'>,
): Promise<RulesetPublisher> {
  return RulesetPublisher.open({
    rows: store.rows,
    log,
    decode: decodeResource,
    clock,
    logger: logger.child({ room: 'control' }),
    onFatal,
  })
}

async function openQueueRoom(
  { clock, random, logger, onFatal }: AppOptions,
  { store, log }: Pick<State, 'store' | 'log'>,
): Promise<{ queues: Queues; keeper: Awaited<ReturnType<typeof openQueueKeeper>> }> {
  const roomLogger = logger.child({ room: 'queue' })
  const queues = openQueues({
    messages: store.messages,
    readReference: (reference) => readEnvelope(log, reference),
    clock,
    random,
    logger: roomLogger,
  })
  const keeper = await openQueueKeeper({
    rows: store.rows,
    decode: decodeResource,
    queues,
    logger: roomLogger,
    onFatal,
  })
  return { queues, keeper }
}

/** The envelope of the event at one place in the log. */
async function readEnvelope(log: FileLog, reference: LogReference): Promise<Uint8Array> {
  const { signal } = new AbortController()
  const { records } = await log.read([reference], { recordsMax: 1, signal })
  const record = records[0]
  if (record?.position.offset !== reference.offset) {
    throw new AppError('LOG_CORRUPT', `log record \`${reference.offset}\` is no longer there`)
  }
  return decodeStoredEvent(record.payload).envelope
}
