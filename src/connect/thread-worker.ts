// The thread that speaks to brokers: sinks send from here and sources read here, by the same kinds and connectors that
// would do so in the main thread.

import { parentPort } from 'node:worker_threads'
import {
  type AppError,
  describeError,
  type Logger,
  type LogFields,
  systemClock,
  systemRandom,
} from '../base/index.ts'
import type { BrokerAccess } from './broker-access.ts'
import type { Connector, ConnectorContext } from './connector.ts'
import { kafkaConnector } from './kinds/kafka/kafka-connector.ts'
import { createKafkaKind } from './kinds/kafka/kafka-sink.ts'
import { natsConnector } from './kinds/nats/nats-connector.ts'
import { createNatsKind } from './kinds/nats/nats-sink.ts'
import { packEvents, type PackedMessages, selectedOf, unpackMessages } from './packed.ts'
import { Slabs } from './slabs.ts'
import { findSinkKind, type Sink, type SinkResult } from './sink.ts'
import { passThrough, type SourceDoor } from './source-door.ts'
import {
  type Answers,
  type FromThread,
  type NumberedBroker,
  type Question,
  revived,
  type ThreadRun,
  told,
  type ToThread,
} from './thread-messages.ts'

const port = parentPort
if (port === null) throw new Error('expected to be started as a worker thread')

interface Asked {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: AppError) => void
}

const asked = new Map<number, Asked>()
let askCount = 0

const slabs = new Slabs()
const CONNECTORS: readonly Connector[] = [kafkaConnector, natsConnector]
const stops = new Map<number, AbortController>()

const brokers = new Map<string, BrokerAccess>()
/** What the main thread selected of an event, by its envelope. */
const selected = new WeakMap<Uint8Array, ReadonlyMap<string, string | undefined>>()
const sinkOptions = {
  findBroker: (name: string): BrokerAccess | undefined => brokers.get(name),
  select: (path: string, envelope: Uint8Array): string | undefined =>
    selected.get(envelope)?.get(path),
  clock: systemClock,
}
const kinds = [createKafkaKind(sinkOptions), createNatsKind(sinkOptions)]
const sinks = new Map<string, Sink>()
/** Whoever gives a sink up in the main thread does not wait for this one. */
const NEVER = new AbortController().signal

port.on('message', (message: ToThread) => receive(message))

function receive(message: ToThread): void {
  switch (message.kind) {
    case 'broker':
      if (message.known === undefined) brokers.delete(message.name)
      else brokers.set(message.name, accessTo(message.known))
      return
    case 'send':
      void send(message)
      return
    case 'closeSink':
      void closeSink(message)
      return
    case 'run':
      void run(message.id, message.run)
      return
    case 'stop':
      stops.get(message.id)?.abort()
      return
    case 'answer':
      if (message.slab !== undefined) slabs.giveBack(message.slab)
      taken(message.ask)?.resolve(message.value)
      return
    case 'refuse':
      taken(message.ask)?.reject(revived(message.error))
  }
}

function post(message: FromThread, transfer: ArrayBuffer[] = []): void {
  port!.postMessage(message, transfer)
}

function ask<Q extends Question>(
  question: Q,
  transfer: ArrayBuffer[] = [],
): Promise<Answers[Q['kind']]> {
  askCount += 1
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  asked.set(askCount, { resolve, reject })
  post({ kind: 'ask', ask: askCount, question }, transfer)
  // The main thread answers each question with what belongs to it.
  return promise as Promise<Answers[Q['kind']]>
}

function taken(id: number): Asked | undefined {
  const waiting = asked.get(id)
  asked.delete(id)
  return waiting
}

function accessTo({ number, broker }: NumberedBroker): BrokerAccess {
  return {
    broker,
    reveal: (reference) => ask({ kind: 'reveal', number, reference }),
    checkServer: (server) => ask({ kind: 'checkServer', number, server }),
  }
}

async function send({ id, address, messages }: ToThread & { kind: 'send' }): Promise<void> {
  let results: readonly SinkResult[]
  try {
    results = await sendUnpacked(messages, address)
  } catch (error) {
    const failure = { code: 'SDK_CLIENT_ERROR', message: describeError(error) }
    results = Array.from(messages.isMade, () => ({ kind: 'retry', failure }))
  }
  // Of what was not delivered somebody may still hold a part: a request that is under way.
  const slab = messages.bytes
  if (results.every(({ kind }) => kind === 'delivered')) post({ kind: 'sent', id, slab }, [slab])
  else post({ kind: 'sent', id, results })
}

/** Apart from who waits for the results, so that the messages live no longer than the sink wants them. */
function sendUnpacked(messages: PackedMessages, address: string): Promise<readonly SinkResult[]> {
  const batch = unpackMessages(messages, address)
  for (const [envelope, texts] of selectedOf(messages, batch)) selected.set(envelope, texts)
  return sinkAt(address).send(batch, NEVER)
}

function sinkAt(address: string): Sink {
  let sink = sinks.get(address)
  if (sink === undefined) {
    sink = findSinkKind(kinds, address)!.open(address)
    sinks.set(address, sink)
  }
  return sink
}

async function closeSink({ id, address }: ToThread & { kind: 'closeSink' }): Promise<void> {
  const sink = sinks.get(address)
  sinks.delete(address)
  await sink?.close()
  post({ kind: 'sent', id })
}

async function run(id: number, given: ThreadRun): Promise<void> {
  const stop = new AbortController()
  stops.set(id, stop)
  const { source, broker, group, instance } = given
  const context = contextOf(id, given)
  const connector = CONNECTORS.find(({ type }) => type === broker.type)!
  try {
    await connector.run({ source, broker, group, instance, context }, stop.signal)
    post({ kind: 'ended', id })
  } catch (error) {
    post({ kind: 'ended', id, error: told(error) })
  } finally {
    stops.delete(id)
  }
}

function contextOf(id: number, given: ThreadRun): ConnectorContext {
  const { source, broker } = given
  const { reveal, checkServer } = accessTo(given)
  const door = doorOf(id)
  return {
    clock: systemClock,
    random: systemRandom,
    logger: loggerOf(id),
    reveal,
    checkServer,
    connected: () => post({ kind: 'connected', id }),
    accept: (messages, signal) =>
      passThrough(door, messages, { source, dialect: broker.type, now: systemClock.now() }, signal),
    door,
    lagged: (place, records) => post({ kind: 'lagged', id, place, records }),
  }
}

function doorOf(id: number): SourceDoor {
  return {
    slabs,
    put(events) {
      const packed = packEvents(events, slabs)
      return ask({ kind: 'put', id, events: packed }, [packed.bytes])
    },
    async reject(rejected) {
      // What is posted takes all memory with it that a view is of.
      const own = rejected.map(({ message, reason }) => {
        return { message: { ...message, body: Uint8Array.from(message.body) }, reason }
      })
      await ask({ kind: 'reject', id, rejected: own })
    },
    count: (read) => post({ kind: 'count', id, read }),
  }
}

function loggerOf(id: number): Logger {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: LogFields): void =>
      post({ kind: 'line', id, level, message, fields })
  const logger: Logger = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: () => logger,
  }
  return logger
}
