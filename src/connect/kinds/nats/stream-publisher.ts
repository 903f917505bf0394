// Publishes to streams: each message asks for an answer, which says whether a stream has it. One subscription hears all
// answers and one timer those that stay away; the client's own `publish` makes a timer and an error with its stack for
// each message, which costs more than to send it.
// https://docs.nats.io/nats-concepts/jetstream/streams, "publish acknowledgement"

import type { Msg, NatsConnection, Status } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../../base/index.ts'
import { encodeHeaderBlock, toClientHeaders } from './header-block.ts'

interface Asked {
  readonly subject: string
  /** Monotonic milliseconds. */
  readonly until: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export interface StreamPublisherOptions {
  readonly clock: Clock
  /** For an answer. */
  readonly timeoutMs: number
  /** A subject of which nobody else knows. */
  readonly inbox: string
}

const MESSAGE_ID = 'Nats-Msg-Id'
const NO_RESPONDERS = 503

export interface StreamMessage {
  readonly subject: string
  readonly body: Uint8Array
  readonly headers: Iterable<readonly [string, string]>
  /** Said twice it is one message of its stream. */
  readonly id: string
}

export class StreamPublisher {
  readonly #connection: NatsConnection
  readonly #options: StreamPublisherOptions
  /** By the last part of the subject that is answered to, the oldest first. */
  readonly #asked = new Map<string, Asked>()
  #count = 0
  #timer: Timer | undefined

  constructor(connection: NatsConnection, options: StreamPublisherOptions) {
    this.#connection = connection
    this.#options = options
    connection.subscribe(`${options.inbox}.*`, {
      callback: (error, message) => (error === null ? this.#answered(message) : this.#fail(error)),
    })
    void this.#watch()
  }

  /** Resolves when a stream has the message; rejects with what the server said, or that it said nothing. */
  publish({ subject, body, headers, id }: StreamMessage): Promise<void> {
    const block = encodeHeaderBlock([...headers, [MESSAGE_ID, id]])
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { clock, timeoutMs, inbox } = this.#options
    this.#count += 1
    const token = this.#count.toString(36)
    this.#connection.publish(subject, body, {
      headers: toClientHeaders(block),
      reply: `${inbox}.${token}`,
    })
    this.#asked.set(token, { subject, until: clock.monotonic() + timeoutMs, resolve, reject })
    this.#arm()
    return promise
  }

  #answered(message: Msg): void {
    const token = message.subject.slice(this.#options.inbox.length + 1)
    const asked = this.#asked.get(token)
    if (asked === undefined) return
    this.#asked.delete(token)
    const fault = faultOf(message, asked.subject)
    if (fault === undefined) asked.resolve()
    else asked.reject(fault)
  }

  #arm(): void {
    if (this.#timer !== undefined) return
    const { clock, timeoutMs } = this.#options
    this.#timer = clock.setTimer(timeoutMs / 4, () => {
      this.#timer = undefined
      const now = clock.monotonic()
      for (const [token, { until, subject, reject }] of this.#asked) {
        if (until > now) break
        this.#asked.delete(token)
        reject(new Error(`timeout: no answer to what was published to \`${subject}\``))
      }
      if (this.#asked.size > 0) this.#arm()
    })
  }

  /** What may not be published is not answered: the server tells the connection. */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      const subject = refusedSubject(status)
      if (subject === undefined || status.type !== 'error') continue
      const { error } = status
      this.#fail(error, (asked) => asked.subject === subject)
    }
    this.#timer?.cancel()
    this.#fail(new Error('the connection was closed'))
  }

  #fail(error: Error, isMeant: (asked: Asked) => boolean = () => true): void {
    for (const [token, asked] of this.#asked) {
      if (!isMeant(asked)) continue
      this.#asked.delete(token)
      asked.reject(error)
    }
  }
}

function refusedSubject(status: Status): string | undefined {
  if (status.type !== 'error' || status.error.name !== 'PermissionViolationError') return undefined
  const { operation, subject } = status.error as { operation?: unknown; subject?: unknown }
  return operation === 'publish' && typeof subject === 'string' ? subject : undefined
}

function faultOf(message: Msg, subject: string): Error | undefined {
  if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS)
    return new Error(`no responders: no stream has \`${subject}\``)
  const answer = parse(message)
  const refusal = answer?.error
  if (refusal !== undefined) {
    const { description } = refusal
    return new Error(typeof description === 'string' ? description : 'the stream refuses')
  }
  if (typeof answer?.stream === 'string' && answer.stream !== '') return undefined
  return new Error('whoever answered is no stream')
}

interface Answer {
  readonly stream?: unknown
  readonly error?: { readonly description?: unknown }
}

function parse(message: Msg): Answer | undefined {
  try {
    return message.json<Answer | undefined>() ?? undefined
  } catch {
    // A service may listen to the subject and answer what it likes.
    return undefined
  }
}
