// A CloudEvents 1.0 message over HTTP, in whichever of its three modes; the content type says which.

import type { CloudEventContext } from './cloudevents-attributes.ts'
import { decodeBinary } from './cloudevents-binary.ts'
import { decodeBatch, decodeStructured } from './cloudevents-json.ts'
import type { Event } from './event.ts'
import { assertNever } from '../base/index.ts'

export type CloudEventsMode = 'binary' | 'structured' | 'batch'

export interface CloudEventsMessage {
  /** Name, value, name, value … as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}

/** The mode of a content type; undefined for an event format that is not JSON in UTF-8. */
export function cloudEventsMode(contentType: string | undefined): CloudEventsMode | undefined {
  const [type, ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  if (!type!.startsWith('application/cloudevents')) return 'binary'
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return undefined
  if (type === 'application/cloudevents+json' || type === 'application/cloudevents')
    return 'structured'
  if (type === 'application/cloudevents-batch+json') return 'batch'
  return undefined
}

/** The events of a message of the given mode; throws `EVENT_INVALID`. */
export function decodeCloudEvents(
  mode: CloudEventsMode,
  message: CloudEventsMessage,
  context: CloudEventContext,
): readonly Event[] {
  switch (mode) {
    case 'binary':
      return [decodeBinary(message.rawHeaders, message.body, context)]
    case 'structured':
      return [decodeStructured(message.body, context)]
    case 'batch':
      return decodeBatch(message.body, context)
    default:
      return assertNever(mode)
  }
}
