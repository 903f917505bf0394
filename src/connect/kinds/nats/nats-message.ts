// An event as a message of NATS: binary mode (attributes in `ce-` headers, the data as it is), structured mode (one
// JSON object), or the plain input of the target.
// https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md

import { encodeBinary, encodeStructured } from '../../../event/index.ts'
import type { BrokerAddress } from '../../../model/index.ts'
import { type SelectText, sentEvent } from '../../sent-event.ts'
import type { SinkMessage } from '../../sink.ts'

export interface NatsMessage {
  readonly subject: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

const STRUCTURED_TYPE = 'application/cloudevents+json'
const HEADER_OPTION = 'header.'

export function encodeNatsMessage(
  message: SinkMessage,
  { place, options }: BrokerAddress,
  select: SelectText,
): NatsMessage {
  const { headers, body } = contentOf(message, options.get('mode') ?? 'binary')
  const all = new Map(headers)
  for (const [name, text] of options) {
    if (!name.startsWith(HEADER_OPTION)) continue
    const filled = text.startsWith('$.') ? select(text, message.event.envelope) : text
    if (filled !== undefined) all.set(name.slice(HEADER_OPTION.length), filled)
  }
  return { subject: place, headers: all, body }
}

function contentOf(
  message: SinkMessage,
  mode: string,
): { readonly headers: Iterable<readonly [string, string]>; readonly body: Uint8Array } {
  if (mode === 'plain') return { headers: [], body: message.body }
  const event = sentEvent(message)
  if (mode === 'structured')
    return { headers: [['content-type', STRUCTURED_TYPE]], body: encodeStructured(event) }
  const { headers, body } = encodeBinary(event)
  const type = headers['content-type']
  // To the binding it is an attribute like others; who looks for the type of a body looks where it always is.
  const named = type === undefined ? [] : ([['ce-datacontenttype', type]] as const)
  return { headers: [...Object.entries(headers), ...named], body }
}
