// Targets `nats://BROKER/SUBJECT`. All targets of one broker share one connection.

import { type Clock, describeError, unlessAborted } from '../../../base/index.ts'
import { type BrokerAddress, LOCAL_BROKER, parseBrokerAddress } from '../../../model/index.ts'
import type { FindBroker } from '../../broker-access.ts'
import type { SelectText } from '../../sent-event.ts'
import type { Sink, SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import { SEND_CONCURRENCY, SEND_MESSAGES_MAX } from './limits.ts'
import { NatsLink, type PublishMessage } from './nats-link.ts'
import { encodeNatsMessage } from './nats-message.ts'

export interface NatsSinkOptions {
  /** Undefined when there is none of that name; the same object as long as it is not changed. */
  readonly findBroker: FindBroker
  readonly select: SelectText
  readonly clock: Clock
}

export function createNatsKind(options: NatsSinkOptions): SinkKind {
  const links = new Links(options)
  return {
    name: 'nats',
    serves: (text) => {
      const address = parseBrokerAddress(text)
      return address?.type === 'nats' && address.broker !== LOCAL_BROKER
    },
    open(text) {
      const address = parseBrokerAddress(text)!
      links.hold(address.broker)
      return {
        batchMax: SEND_MESSAGES_MAX,
        concurrencyMax: SEND_CONCURRENCY,
        send: (batch, signal) => send(links, { address, select: options.select, batch }, signal),
        close: () => links.release(address.broker),
      } satisfies Sink
    },
  }
}

interface Sending {
  readonly address: BrokerAddress
  readonly select: SelectText
  readonly batch: readonly SinkMessage[]
}

async function send(
  links: Links,
  sending: Sending,
  signal: AbortSignal,
): Promise<readonly SinkResult[]> {
  const { address, batch } = sending
  const all = (result: SinkResult): readonly SinkResult[] => batch.map(() => result)
  const link = links.find(address.broker)
  if (link === undefined) {
    const message = `broker \`${address.broker}\` does not exist, or is none of NATS`
    return all(retry('NO_RESOURCE', message))
  }
  try {
    const publishing = publish(link, sending)
    return (await unlessAborted(publishing, signal)) ?? all(GIVEN_UP)
  } catch (error) {
    return all(retry('SDK_CLIENT_ERROR', describeError(error)))
  }
}

async function publish(
  link: NatsLink,
  { address, select, batch }: Sending,
): Promise<readonly SinkResult[]> {
  const sizeMax = await link.sizeMax()
  const messages = batch.map((message) => toMessage(message, address, select))
  const isTooLarge = messages.map((message) => sizeOf(message) > sizeMax)
  const outcomes = await link.publish(messages.filter((_, index) => !isTooLarge[index]))
  let next = 0
  return isTooLarge.map((tooLarge, index) => {
    if (!tooLarge) return toResult(outcomes[next++])
    const message = `expected at most ${sizeMax} bytes, got \`${sizeOf(messages[index]!)}\``
    return { kind: 'dead', failure: { code: 'EVENT_TOO_LARGE', message } }
  })
}

function toMessage(
  message: SinkMessage,
  address: BrokerAddress,
  select: SelectText,
): PublishMessage {
  const stream = address.options.get('jetstream')
  return {
    ...encodeNatsMessage(message, address, select),
    id: message.deliveryId,
    ...(stream === undefined ? {} : { ofStream: stream === 'true' }),
  }
}

/** With the version line and line ends of headers, a little more than it is. */
function sizeOf({ headers, body }: PublishMessage): number {
  let size = body.length + 64
  for (const [name, value] of headers) size += name.length + Buffer.byteLength(value) + 4
  return size
}

function toResult(error: unknown): SinkResult {
  if (error === undefined) return { kind: 'delivered' }
  const text = describeError(error)
  if (/no responders/i.test(text)) return retry('NO_RESOURCE', 'no stream has the subject')
  if (/permissions violation/i.test(text)) return retry('NO_PERMISSIONS', text)
  if (/exceeds maximum/i.test(text))
    return { kind: 'dead', failure: { code: 'EVENT_TOO_LARGE', message: text } }
  return retry('SDK_CLIENT_ERROR', text)
}

function retry(code: string, message: string): SinkResult {
  return { kind: 'retry', failure: { code, message } }
}

/** It may still be taken; then it comes twice, and a stream drops it. */
const GIVEN_UP = retry('TIMEOUT', 'the server did not answer in time')

interface Held {
  holders: number
  /** To the broker as it was when the link was made. */
  made?: { readonly of: object; readonly link: NatsLink }
}

/** One link per broker, as long as a sink holds it, made anew when the broker is another. */
class Links {
  readonly #options: NatsSinkOptions
  readonly #held = new Map<string, Held>()

  constructor(options: NatsSinkOptions) {
    this.#options = options
  }

  hold(name: string): void {
    const held = this.#held.get(name)
    if (held === undefined) this.#held.set(name, { holders: 1 })
    else held.holders += 1
  }

  find(name: string): NatsLink | undefined {
    const access = this.#options.findBroker(name)
    const held = this.#held.get(name)
    if (access?.broker.type !== 'nats' || held === undefined) return undefined
    if (held.made?.of !== access) {
      void held.made?.link.close()
      held.made = { of: access, link: new NatsLink(access, this.#options.clock) }
    }
    return held.made.link
  }

  async release(name: string): Promise<void> {
    const held = this.#held.get(name)
    if (held === undefined) return
    held.holders -= 1
    if (held.holders > 0) return
    this.#held.delete(name)
    await held.made?.link.close()
  }
}
