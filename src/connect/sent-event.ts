// The event that a target is sent as a CloudEvent, by whatever protocol.

import { checkJson, type Event, EVENT_DEPTH_MAX } from '../event/index.ts'
import type { SinkMessage } from './sink.ts'

/** The text that a path such as `$.detail.id` selects of an envelope; undefined when there is none. */
export type SelectText = (path: string, envelope: Uint8Array) => string | undefined

/** The event; where the target makes an input of it, or a pipe sends, that is its data. */
export function sentEvent({ event, target, body, isBodyOnly }: SinkMessage): Event {
  const whole = event.toEvent()
  if (target.input === undefined && isBodyOnly !== true) return whole
  const { datacontenttype: _, dataschema: __, ...rest } = whole
  const isJson = checkJson(body, { depthMax: EVENT_DEPTH_MAX }).kind !== 'fault'
  return { ...rest, data: body, datacontenttype: isJson ? 'application/json' : 'text/plain' }
}
