// PutEvents: the hot path. Each entry becomes one log record, made once; the answer waits for the disk.

import { type Clock, createUuid, type Random } from '../../base/index.ts'
import {
  type BusRef,
  checkJson,
  EVENT_DEPTH_MAX,
  formatBusKey,
  formatEnvelopeTime,
  storePutEvent,
} from '../../event/index.ts'
import { DEFAULT_BUS, parseArn } from '../../model/index.ts'
import { awsFault } from './faults.ts'
import { type AwsOperation, operation, type OperationContext } from './operation.ts'

/** What PutEvents needs of ingress: resolves once the events are durable. */
export type AcceptPutEvents = (dialect: 'aws', events: readonly StampedEvent[]) => Promise<unknown>

interface StampedEvent {
  readonly id: string
  readonly busKey: string
  readonly record: Uint8Array
}

export interface PutEventsOptions {
  readonly accept: AcceptPutEvents
  readonly hasBus: (busKey: string) => boolean
  readonly clock: Clock
  readonly random: Random
  /** Bytes of all entries of one call, as AWS counts them. */
  readonly entrySizeBytesMax: number
  /** Refuse sources that begin `aws.`, as AWS does. */
  readonly isStrict: boolean
}

interface PutEventsInput {
  readonly Entries: readonly Entry[]
}

interface Entry {
  readonly Source?: string
  readonly DetailType?: string
  readonly Detail?: string
  readonly EventBusName?: string
  readonly Time?: number
  readonly Resources?: readonly string[]
  readonly TraceHeader?: string
}

type EntryResult =
  | { readonly EventId: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string }

/** The furthest that a JavaScript Date reaches from the epoch, milliseconds (ECMA-262, 21.4.1.1). */
const DATE_MS_MAX = 8.64e15

/** An entry's Time counts this many bytes, whatever it is. */
const TIME_SIZE_BYTES = 14

export function createPutEvents(options: PutEventsOptions): AwsOperation {
  const now = createTimeCache(options.clock)
  return operation<PutEventsInput>('events', 'PutEvents', async (input, context) => {
    const { Entries: entries } = input
    // Each detail is turned into bytes once: they are counted, checked and stored.
    const details = entries.map(({ Detail: detail }) => Buffer.from(detail ?? ''))
    checkSize(entries, details, options.entrySizeBytesMax)
    const results: EntryResult[] = []
    const accepted: StampedEvent[] = []
    let failed = 0
    for (const [index, entry] of entries.entries()) {
      const fault = faultOf(entry, options.isStrict)
      if (fault !== undefined) {
        failed += 1
        results.push(fault)
        continue
      }
      const event = stamp(entry, details[index]!, { context, now, random: options.random })
      if (event === undefined) {
        failed += 1
        results.push(MALFORMED_DETAIL)
        continue
      }
      results.push({ EventId: event.id })
      // AWS answers success for a bus that is not there, and drops the event.
      if (options.hasBus(event.busKey)) accepted.push(event)
    }
    if (accepted.length > 0) await options.accept('aws', accepted)
    return encode(results, failed)
  })
}

const MALFORMED_DETAIL: EntryResult = {
  ErrorCode: 'MalformedDetail',
  ErrorMessage: 'Detail is malformed.',
}

function checkSize(
  entries: readonly Entry[],
  details: readonly Buffer[],
  sizeBytesMax: number,
): void {
  let sizeBytes = 0
  for (const [index, entry] of entries.entries()) {
    if (entry.Time !== undefined) sizeBytes += TIME_SIZE_BYTES
    sizeBytes += byteLength(entry.Source) + byteLength(entry.DetailType) + details[index]!.length
    for (const resource of entry.Resources ?? []) sizeBytes += byteLength(resource)
  }
  if (sizeBytes > sizeBytesMax) {
    throw awsFault(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    )
  }
}

function byteLength(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text)
}

function faultOf(entry: Entry, isStrict: boolean): EntryResult | undefined {
  if (!entry.Source) return missing('Source')
  if (!entry.DetailType) return missing('DetailType')
  if (!entry.Detail) return missing('Detail')
  if (isStrict && entry.Source.startsWith('aws.')) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    }
  }
  return undefined
}

function missing(name: string): EntryResult {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
  }
}

interface Stamps {
  readonly context: OperationContext
  readonly now: () => string
  readonly random: Random
}

/** Undefined when the detail is not a JSON object. */
function stamp(
  entry: Entry,
  detail: Uint8Array,
  { context, now, random }: Stamps,
): StampedEvent | undefined {
  // A lone surrogate has no UTF-8 form: it would be stored as another character than was sent.
  if (!entry.Detail!.isWellFormed()) return undefined
  if (checkJson(detail, { depthMax: EVENT_DEPTH_MAX }).kind !== 'object') return undefined
  const id = createUuid(random)
  const busKey = busKeyOf(entry.EventBusName, context)
  const traceHeader = entry.TraceHeader ?? context.traceHeader
  const record = storePutEvent({
    busKey,
    account: context.account,
    region: context.region,
    id,
    source: entry.Source!,
    detailType: entry.DetailType!,
    time: entry.Time === undefined ? now() : formatTime(entry.Time),
    resources: entry.Resources ?? [],
    detail,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  })
  return { id, busKey, record }
}

/** Seconds since the epoch as an envelope writes them. */
function formatTime(seconds: number): string {
  const timeMs = seconds * 1000
  if (!(Math.abs(timeMs) <= DATE_MS_MAX)) {
    throw awsFault('SerializationException', `${seconds} is not a time that can be written.`)
  }
  return formatEnvelopeTime(timeMs)
}

function busKeyOf(name: string | undefined, context: OperationContext): string {
  return formatBusKey(busRefOf(name ?? DEFAULT_BUS, context))
}

function busRefOf(nameOrArn: string, context: OperationContext): BusRef {
  const arn = nameOrArn.startsWith('arn:') ? parseArn(nameOrArn) : undefined
  if (arn === undefined) {
    return { account: context.account, region: context.region, name: nameOrArn }
  }
  return {
    account: arn.account,
    region: arn.region,
    name: arn.resource.slice(arn.resource.indexOf('/') + 1),
  }
}

// Written by hand: two thousand of these a second would be felt, and ids need no escaping.
function encode(results: readonly EntryResult[], failed: number): string {
  let entries = ''
  for (const result of results) {
    if (entries !== '') entries += ','
    entries += 'EventId' in result ? `{"EventId":"${result.EventId}"}` : JSON.stringify(result)
  }
  return `{"FailedEntryCount":${failed},"Entries":[${entries}]}`
}

/** The current second as an envelope writes it, formatted once a second. */
function createTimeCache(clock: Clock): () => string {
  let second = -1
  let text = ''
  return () => {
    const current = Math.floor(clock.now() / 1000)
    if (current !== second) {
      second = current
      text = formatEnvelopeTime(current * 1000)
    }
    return text
  }
}
