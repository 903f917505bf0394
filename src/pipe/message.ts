// An event of a pipe as a sink takes it: as a delivery of an event whose detail is what the pipe sends. Sinks of
// buses put that event on the bus; all others send the body.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetEventBridgeEventBusParameters.html

import { createHash } from 'node:crypto'
import type { SinkMessage } from '../connect/index.ts'
import {
  checkJson,
  decodeStoredEvent,
  EVENT_DEPTH_MAX,
  formatBusKey,
  formatEnvelopeTime,
  storePutEvent,
} from '../event/index.ts'
import type { PipeEvent } from '../transform/index.ts'
import { resolve, targetFor } from './parameters.ts'
import type { Prepared } from './payload.ts'
import type { PipePlan } from './plan.ts'

/** Where events of pipes come from that no bus has seen; no user can make a bus of this name. */
const PIPE_BUS = '$pipes'

export interface MessageParts {
  readonly plan: PipePlan
  /** What AWS calls the source, for the default detail type. */
  readonly eventSource: string
  readonly now: number
}

/** `index` tells units of one record apart. */
export function toMessage(
  { plan, eventSource, now }: MessageParts,
  { unit, body }: Prepared,
  index: number,
): SinkMessage {
  const { spec } = plan
  const { event, records } = unit
  const parameters = spec.targetParameters?.EventBridgeEventBusParameters ?? {}
  const [{ id: recordId, traceHeader }] = records as [(typeof records)[number]]
  const deliveryId = `${plan.uid}/${recordId}/${index}`
  const id = uuidOf(deliveryId)
  const detail = checkDetail(body)
  const record = storePutEvent({
    busKey: formatBusKey({ account: spec.account, region: spec.region, name: PIPE_BUS }),
    account: spec.account,
    region: spec.region,
    id,
    source: resolve(parameters.Source, event) ?? `Pipe ${spec.name}`,
    detailType: resolve(parameters.DetailType, event) ?? `Event from ${eventSource}`,
    time: formatEnvelopeTime(timeOf(parameters.Time, event) ?? now),
    resources: (parameters.Resources ?? []).flatMap((value) => resolve(value, event) ?? []),
    ...(detail === undefined ? { detail: '{}', hasPlainNames: true } : { detail: body, ...detail }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  })
  return {
    deliveryId,
    event: decodeStoredEvent(record),
    eventId: id,
    body,
    target: targetFor(spec, event),
    isBodyOnly: true,
    attempt: 1,
  }
}

/** Whether a body can be the detail of an event on a bus: a JSON object. */
export function isDetail(body: Uint8Array): boolean {
  return checkDetail(body) !== undefined
}

/** What is known of its names; undefined for a body that can be none. */
function checkDetail(body: Uint8Array): { readonly hasPlainNames: boolean } | undefined {
  const check = checkJson(body, { depthMax: EVENT_DEPTH_MAX })
  return check.kind === 'object' ? { hasPlainNames: check.hasPlainNames === true } : undefined
}

/** Seconds, milliseconds or a date at a path; undefined when there is none of them. */
function timeOf(path: string | undefined, event: PipeEvent): number | undefined {
  const text = resolve(path, event)
  if (text === undefined) return undefined
  const number = Number(text)
  const at = Number.isFinite(number) ? (number < 1e11 ? number * 1000 : number) : Date.parse(text)
  return Math.abs(at) <= TIME_MS_MAX ? at : undefined
}

const TIME_MS_MAX = 8.64e15

/** The same for the same delivery, so that who de-duplicates by event id sees a repetition as one. */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
