// PutPartnerEvents: a partner's events for whoever took up the source that each names.

import type { EventSources } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import type { PutEventsOptions } from './put-events.ts'
import {
  checkDetail,
  createTimeCache,
  type Detail,
  type StampedEvent,
  stampEvent,
} from './stamp-event.ts'

interface Input {
  readonly Entries: readonly Entry[]
}

interface Entry {
  readonly Source?: string
  readonly DetailType?: string
  readonly Detail?: string
  readonly Time?: number
  readonly Resources?: readonly string[]
}

type PutPartnerEventsOptions = Pick<PutEventsOptions, 'accept' | 'hasBus' | 'clock' | 'random'> &
  Pick<EventSources, 'route'>

export function createPutPartnerEvents(options: PutPartnerEventsOptions): AwsOperation {
  const stamps = { now: createTimeCache(options.clock), random: options.random }
  return operation<Input>('events', 'PutPartnerEvents', async ({ Entries: entries }, scope) => {
    const results: object[] = []
    const accepted: StampedEvent[] = []
    let failed = 0
    for (const entry of entries) {
      const { Source: source = '', DetailType: detailType = '', Detail: detail = '' } = entry
      const checked = checkDetail(detail, Buffer.from(detail))
      const places = await options.route(scope, source)
      const fault = faultOf({ source, detailType, detail }, checked, places !== undefined)
      if (fault !== undefined || checked === undefined) {
        failed += 1
        results.push(fault ?? MALFORMED_DETAIL)
        continue
      }
      const named = { source, detailType, time: entry.Time, resources: entry.Resources }
      // A source that nobody has taken up gets an id, and its events are dropped.
      const [unplaced] = NOWHERE
      const events = stampEvent(named, checked, places?.length ? places : NOWHERE, stamps)
      results.push({ EventId: events[0]!.id })
      for (const event of events) {
        if (event.busKey !== unplaced?.busKey && options.hasBus(event.busKey)) accepted.push(event)
      }
    }
    if (accepted.length > 0) await options.accept('aws', accepted)
    return { FailedEntryCount: failed, Entries: results }
  })
}

const MALFORMED_DETAIL = { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }

const NOWHERE = [{ busKey: '', account: '', region: '' }]

function faultOf(
  entry: { readonly source: string; readonly detailType: string; readonly detail: string },
  checked: Detail | undefined,
  isOffered: boolean,
): object | undefined {
  for (const [name, value] of [
    ['Source', entry.source],
    ['DetailType', entry.detailType],
    ['Detail', entry.detail],
  ]) {
    if (value === '') {
      const ErrorMessage = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`
      return { ErrorCode: 'InvalidArgument', ErrorMessage }
    }
  }
  if (!isOffered) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    }
  }
  return checked === undefined ? MALFORMED_DETAIL : undefined
}
