// PutEvents: the hot path. Each entry becomes one log record, made once; the answer waits for the disk.

import type { Clock, Random } from '../../base/index.ts'
import type { BusAccess, EndpointRoute } from '../../control/index.ts'
import { type BusRef, formatBusKey } from '../../event/index.ts'
import { DEFAULT_BUS, parseArn } from '../../model/index.ts'
import { awsFault } from './faults.ts'
import { type AwsOperation, operation, type OperationContext } from './operation.ts'
import {
  checkDetail,
  createTimeCache,
  type Detail,
  type Place,
  type StampedEvent,
  stampEvent,
} from './stamp-event.ts'

/** What PutEvents needs of ingress: resolves once the events are durable. */
export type AcceptPutEvents = (
  dialect: 'aws',
  events: readonly StampedEvent[],
) => Promise<readonly AcceptedEvent[]>

interface AcceptedEvent {
  readonly kind: 'accepted' | 'duplicate' | 'clash' | 'refused'
  readonly id: string
  /** Why it was refused. */
  readonly faults?: readonly string[]
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
  /** Who may put to whose bus. */
  readonly access: BusAccess
  /** Where a global endpoint sends just now. */
  readonly routeEndpoint: (account: string, endpointId: string) => Promise<EndpointRoute>
}

interface PutEventsInput {
  readonly Entries: readonly Entry[]
  readonly EndpointId?: string
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

/** An entry's Time counts this many bytes, whatever it is. */
const TIME_SIZE_BYTES = 14

export function createPutEvents(options: PutEventsOptions): AwsOperation {
  const stamps = { now: createTimeCache(options.clock), random: options.random }
  return operation<PutEventsInput>('events', 'PutEvents', async (input, context) => {
    const { Entries: entries, EndpointId: endpointId } = input
    // Each detail is turned into bytes once: they are counted, checked and stored.
    const details = entries.map(({ Detail: detail }) => Buffer.from(detail ?? ''))
    checkSize(entries, details, options.entrySizeBytesMax)
    const endpoint =
      endpointId === undefined
        ? undefined
        : await options.routeEndpoint(context.account, endpointId)
    const results: EntryResult[] = []
    const accepted: StampedEvent[] = []
    let failed = 0
    for (const [index, entry] of entries.entries()) {
      const detail = checkDetail(entry.Detail ?? '', details[index]!)
      const places = endpoint === undefined ? [placeOf(entry, context)] : endpoint.places
      const fault =
        faultOf(entry, detail, options.isStrict) ??
        endpointFault(entry, endpoint) ??
        refusalOf(entry, places, options.access, context)
      if (fault !== undefined || detail === undefined) {
        failed += 1
        results.push(fault ?? MALFORMED_DETAIL)
        continue
      }
      const events = stampEvent(namedEntry(entry, context), detail, places, stamps)
      results.push({ EventId: events[0]!.id })
      // AWS answers success for a bus that is not there, and drops the event.
      for (const event of events) if (options.hasBus(event.busKey)) accepted.push(event)
    }
    if (accepted.length > 0) failed += tellRefused(results, await options.accept('aws', accepted))
    return encode(results, failed)
  })
}

/** Puts what was refused in the place of its id; answers how many. */
function tellRefused(results: EntryResult[], taken: readonly AcceptedEvent[]): number {
  let count = 0
  for (const event of taken) {
    if (event.kind !== 'refused') continue
    const index = results.findIndex((result) => 'EventId' in result && result.EventId === event.id)
    results[index] = {
      ErrorCode: 'SchemaValidationFailed',
      ErrorMessage: (event.faults ?? []).join('; '),
    }
    count += 1
  }
  return count
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

function faultOf(
  entry: Entry,
  detail: Detail | undefined,
  isStrict: boolean,
): EntryResult | undefined {
  if (!entry.Source) return missing('Source')
  if (!entry.DetailType) return missing('DetailType')
  if (!entry.Detail) return missing('Detail')
  if (isStrict && entry.Source.startsWith('aws.')) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    }
  }
  return detail === undefined ? MALFORMED_DETAIL : undefined
}

function missing(name: string): EntryResult {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
  }
}

/** An endpoint has two buses of one name; an entry may say it, and no other. */
function endpointFault(
  { EventBusName: name }: Entry,
  endpoint: EndpointRoute | undefined,
): EntryResult | undefined {
  if (endpoint === undefined || name === undefined || name === endpoint.busName) return undefined
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter EventBusName is not valid. Reason: The endpoint has no event bus ${name}.`,
  }
}

function refusalOf(
  { Source: source = '', DetailType: type = '' }: Entry,
  places: readonly Place[],
  access: BusAccess,
  { account }: OperationContext,
): EntryResult | undefined {
  for (const { busKey } of places) {
    const action = 'events:PutEvents'
    const message = access.refusal({ busKey, account, action, event: () => ({ source, type }) })
    if (message !== undefined) {
      return { ErrorCode: 'AccessDeniedException', ErrorMessage: message }
    }
  }
  return undefined
}

function namedEntry(entry: Entry, context: OperationContext): Parameters<typeof stampEvent>[0] {
  return {
    source: entry.Source!,
    detailType: entry.DetailType!,
    time: entry.Time,
    resources: entry.Resources,
    traceHeader: entry.TraceHeader ?? context.traceHeader,
  }
}

function placeOf({ EventBusName: name = DEFAULT_BUS }: Entry, context: OperationContext): Place {
  const { account, region } = context
  return { busKey: formatBusKey(busRefOf(name, context)), account, region }
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
