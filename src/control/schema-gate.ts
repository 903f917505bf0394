// Events held against schemas when they are published, as their bus asks: a valid one carries the version that it
// was found valid under, a faulty one is told of, or refused into a dead-letter queue with its faults.

import { AppError, channels, describeError, type Logger } from '../base/index.ts'
import { decodeStoredEvent, parseBusKey, withSchema } from '../event/index.ts'
import type { IncomingEvent, Passage, SchemaGate } from '../ingress/index.ts'
import type { BusValidation } from '../model/index.ts'
import type { SendDeadLetter } from '../queue/index.ts'
import type { EventName, SchemaBook, SchemaEntry } from './schema-book.ts'

export interface SchemaGateOptions {
  readonly book: SchemaBook
  /** By bus key, of the buses that ask for it. */
  readonly buses: ReadonlyMap<string, BusValidation>
  readonly sendDeadLetter: SendDeadLetter
  readonly logger: Logger
}

const ERROR_CODE = 'SCHEMA_VALIDATION_FAILED'

/** Characters of the faults that a message attribute carries. */
const FAULTS_LENGTH_MAX = 4000

const PASS: Passage = { kind: 'pass' }

export function createSchemaGate(options: SchemaGateOptions): SchemaGate {
  return {
    get isOn() {
      return options.buses.size > 0
    },
    async check(event) {
      const validation = options.buses.get(event.busKey)
      return validation === undefined ? PASS : checkEvent(options, event, validation)
    },
  }
}

async function checkEvent(
  options: SchemaGateOptions,
  event: IncomingEvent,
  validation: BusValidation,
): Promise<Passage> {
  const { envelope } = decodeStoredEvent(event.record)
  const value = JSON.parse(Buffer.from(envelope).toString()) as Readonly<Record<string, unknown>>
  const name = { source: String(value['source']), detailType: String(value['detail-type']) }
  const entry = options.book.find(parseBusKey(event.busKey), validation.registry, name)
  const { faults, result } = await judge(entry, { value, name, validation })
  if (channels.eventChecked.hasSubscribers)
    channels.eventChecked.publish({ busKey: event.busKey, result })
  if (faults.length === 0) return entry === undefined ? PASS : passUnder(entry, event)
  if (validation.mode === 'warn') {
    tellFaults(options, event, { name, faults })
    return PASS
  }
  const { deadLetterArn } = validation
  if (deadLetterArn !== undefined) {
    await bury(options, { deadLetterArn, envelope, faults, entry })
  }
  return { kind: 'refuse', faults }
}

interface Verdict {
  readonly faults: readonly string[]
  readonly result: 'valid' | 'faulty' | 'unknown'
}

async function judge(
  entry: SchemaEntry | undefined,
  event: { readonly value: unknown; readonly name: EventName; readonly validation: BusValidation },
): Promise<Verdict> {
  const { name, validation, value } = event
  if (entry === undefined) {
    const isRefused = validation.unknown === 'reject'
    const fault = `registry \`${validation.registry}\` has no schema for \`${name.detailType}\` of \`${name.source}\``
    return { faults: isRefused ? [fault] : [], result: 'unknown' }
  }
  const validate = await entry.validator
  const faults = validate(value).map(({ message }) => message)
  return { faults, result: faults.length === 0 ? 'valid' : 'faulty' }
}

function passUnder(
  { registry, name, number, semantic }: SchemaEntry,
  event: IncomingEvent,
): Passage {
  const schema = { registry, name, number, version: semantic }
  return { kind: 'pass', record: withSchema(event.record, schema) }
}

function tellFaults(
  { logger }: SchemaGateOptions,
  event: IncomingEvent,
  { name, faults }: { readonly name: EventName; readonly faults: readonly string[] },
): void {
  logger.warn('an event is not as its schema says', {
    bus: event.busKey,
    eventId: event.id,
    source: name.source,
    type: name.detailType,
    faults,
  })
}

interface Burial {
  readonly deadLetterArn: string
  readonly envelope: Uint8Array
  readonly faults: readonly string[]
  readonly entry: SchemaEntry | undefined
}

/** The producer hears of the refusal in any case; that the queue is not there is the operator's affair. */
async function bury(
  { sendDeadLetter, logger }: SchemaGateOptions,
  { deadLetterArn, envelope, faults, entry }: Burial,
): Promise<void> {
  const attributes = {
    ERROR_CODE,
    ERROR_MESSAGE: faults.join('; ').slice(0, FAULTS_LENGTH_MAX),
    ...(entry === undefined
      ? {}
      : { SCHEMA: `${entry.registry}/${entry.name}`, SCHEMA_VERSION: entry.semantic }),
  }
  try {
    await sendDeadLetter(deadLetterArn, { body: envelope, attributes })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'QUEUE_NOT_FOUND') throw error
    logger.error('a refused event has no dead-letter queue to go to', {
      queue: deadLetterArn,
      error: describeError(error),
    })
  }
}
