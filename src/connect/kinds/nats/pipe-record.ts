// A message of NATS as pipes see it. AWS has no such source, so the form is ours, after that of Kafka's records: the
// payload in base64 as it came, and as what it is for filters and templates.

import type { MsgHdrs } from '@nats-io/transport-node'
import { payloadJson } from '../../payload-json.ts'
import type { SourceRecord } from '../../source.ts'

export const EVENT_SOURCE = 'nats'

export interface PipeMessage {
  readonly id: string
  readonly broker: string
  readonly subject: string
  readonly headers: MsgHdrs | undefined
  readonly data: Uint8Array
  /** Where it is kept, and how often it was given. */
  readonly kept?: {
    readonly stream: string
    readonly sequence: number
    /** Wall milliseconds. */
    readonly timestamp: number
    /** 1 is the first time. */
    readonly deliveryCount: number
  }
}

export function toPipeRecord(message: PipeMessage): SourceRecord {
  const { id, broker, subject, headers, data, kept } = message
  const head = JSON.stringify({
    eventSource: EVENT_SOURCE,
    broker,
    subject,
    ...kept,
    headers: valuesOf(headers),
  })
  const whole = (payload: string): Buffer => Buffer.from(`${head.slice(0, -1)},"data":${payload}}`)
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length)
  const traceHeader = headers?.get('X-Amzn-Trace-Id')
  return {
    id,
    received: whole(JSON.stringify(bytes.toString('base64'))),
    decoded: whole(payloadJson(bytes)),
    ...(traceHeader ? { traceHeader } : {}),
  }
}

function valuesOf(headers: MsgHdrs | undefined): Readonly<Record<string, readonly string[]>> {
  const names = headers?.keys() ?? []
  return Object.fromEntries(names.map((name) => [name, headers!.values(name)]))
}
