// The sink of subscriptions: what is published to a topic goes on to the subscription's endpoint, in the form that
// its protocol has. The endpoint's own sink does the sending.

import {
  invokeSink,
  type Sink,
  type SinkKind,
  type SinkMessage,
  type SinkResult,
} from '../connect/index.ts'
import { parseArn, type Target } from '../model/index.ts'
import { prepareTelling, type TellingMessage } from './notification.ts'
import type { NotificationSigner } from './notification-signature.ts'
import { readSubscriptionTarget } from './subscription-target.ts'

export interface SubscriptionSinkOptions {
  /** A sink of its own for an endpoint; undefined when nothing serves it. */
  readonly open: (address: string) => Sink | undefined
  readonly signer: NotificationSigner
}

export function createSubscriptionSinkKind(options: SubscriptionSinkOptions): SinkKind {
  return {
    name: 'subscription',
    serves: isSubscription,
    open: () => new SubscriptionSink(options),
  }
}

/** What a dead letter holds: of a topic, what the subscriber would have been sent; else the event as it came. */
export function createLetters(
  signer: Pick<NotificationSigner, 'signNow'>,
): (target: Target, envelope: Uint8Array) => Uint8Array {
  return (target, envelope) => {
    if (!isSubscription(target.address)) return envelope
    const telling = prepareTelling(envelope, readSubscriptionTarget(target).told)
    return telling.write(telling.toSign && signer.signNow(telling.toSign)).body
  }
}

function isSubscription(address: string): boolean {
  const arn = parseArn(address)
  return arn?.service === 'sns' && arn.resource.includes(':')
}

class SubscriptionSink implements Sink {
  readonly #options: SubscriptionSinkOptions
  /** Of the one endpoint that a subscription has; opened when it is known. */
  #endpoint: { readonly address: string; readonly sink: Sink | undefined } | undefined

  constructor(options: SubscriptionSinkOptions) {
    this.#options = options
  }

  get batchMax(): number {
    return this.#endpoint?.sink?.batchMax ?? 1
  }

  get concurrencyMax(): number {
    return this.#endpoint?.sink?.concurrencyMax ?? 1
  }

  get isOwnStore(): boolean {
    return this.#endpoint?.sink?.isOwnStore === true
  }

  async send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<readonly SinkResult[]> {
    const { told, endpoint } = readSubscriptionTarget(batch[0]!.target)
    const sink = this.#sinkAt(endpoint)
    if (sink === undefined) {
      const failure = { code: 'NO_RESOURCE', message: `nothing serves \`${endpoint}\`` }
      return batch.map(() => ({ kind: 'dead', failure }))
    }
    const telling = await Promise.all(
      batch.map(async (message) => {
        const prepared = prepareTelling(message.event.envelope, told)
        const { toSign } = prepared
        return prepared.write(toSign && (await this.#options.signer.sign(toSign)))
      }),
    )
    if (told.protocol === 'http' || told.protocol === 'https') {
      return Promise.all(telling.map((one) => post(sink, endpoint, one, signal)))
    }
    const messages = batch.map((message, index) => wrapped(message, endpoint, telling[index]!))
    return sink.send(messages, signal)
  }

  async close(): Promise<void> {
    await this.#endpoint?.sink?.close()
  }

  #sinkAt(address: string): Sink | undefined {
    this.#endpoint ??= { address, sink: this.#options.open(address) }
    return this.#endpoint.sink
  }
}

async function post(
  sink: Sink,
  endpoint: string,
  { body, headers }: TellingMessage,
  signal: AbortSignal,
): Promise<SinkResult> {
  const result = await invokeSink(sink, endpoint, { payload: body, http: { headers } }, signal)
  if (result.kind === 'ok') return { kind: 'delivered' }
  const { failure, isFinal, afterMs } = result
  if (isFinal) return { kind: 'dead', failure }
  return { kind: 'retry', failure, ...(afterMs === undefined ? {} : { afterMs }) }
}

function wrapped(message: SinkMessage, address: string, telling: TellingMessage): SinkMessage {
  const { deliveryId, event, eventId, attempt } = message
  const { body, attributes, groupId } = telling
  const target: Target = {
    id: message.target.id,
    address,
    ...(groupId === undefined ? {} : { messageGroupId: groupId }),
  }
  return {
    deliveryId,
    event,
    eventId,
    body,
    target,
    attempt,
    ...(attributes === undefined ? {} : { attributes }),
  }
}
