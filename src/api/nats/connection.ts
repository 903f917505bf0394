// One client of the listener: what it says is done in order, and what it publishes is in the log before anybody hears
// of it and before it is answered (`+OK`, or the PONG of its flush).
//
//   INFO ──▶ open ──CONNECT──▶ open … ──fault, close──▶ closed
//   while its messages go to the log nothing more is read of it: a client that is too fast waits in its own socket

import type { Socket } from 'node:net'
import {
  type Clock,
  createUuid,
  describeError,
  type Logger,
  type Random,
} from '../../base/index.ts'
import {
  BEFORE_CONNECT,
  type ConnectOptions,
  isSameToken,
  readConnectOptions,
} from './connect-options.ts'
import { NO_RESPONDERS, parseHeaders } from './headers.ts'
import type { NatsHub, Subscriber, Subscription } from './hub.ts'
import {
  AUTH_TIMEOUT_MS,
  BATCH_MESSAGES_MAX,
  PENDING_BYTES_MAX,
  PING_INTERVAL_MS,
  PINGS_OUTSTANDING_MAX,
  SUBSCRIPTIONS_MAX,
} from './limits.ts'
import { type ClientMessage, type ClientOperation, ClientParser } from './parser.ts'
import { isLiteral, isSubscribable } from './subjects.ts'

/** One message as the log wants it. */
export interface PublishedMessage {
  readonly topic: string
  /** `Nats-Msg-Id` where the publisher gave one: said twice it is one event. */
  readonly place: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

export interface ConnectionOptions {
  readonly hub: NatsHub
  /** Durable when it resolves. */
  readonly accept: (messages: readonly PublishedMessage[], signal: AbortSignal) => Promise<void>
  /** What clients must give; any client may come when absent. */
  readonly token?: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

interface Held {
  readonly subscription: Subscription
  delivered: number
  messagesMax?: number
}

export class NatsConnection implements Subscriber {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #subscriptions = new Map<string, Held>()
  readonly #stop = new AbortController()
  #said: ConnectOptions = BEFORE_CONNECT
  #isKnown: boolean
  #pingsOutstanding = 0
  #batch: ClientMessage[] = []
  readonly #ended: Promise<void>
  /** What was read and is being done. */
  #working: Promise<void> = Promise.resolve()

  constructor(socket: Socket, info: object, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#isKnown = options.token === undefined
    socket.setNoDelay(true)
    socket.write(`INFO ${JSON.stringify(info)} \r\n`)
    this.#ended = this.#run()
  }

  get hearsItself(): boolean {
    return this.#said.echo
  }

  send(subscription: Subscription, message: ClientMessage): void {
    const held = this.#subscriptions.get(subscription.sid)
    if (held === undefined || this.#socket.destroyed) return
    held.delivered += 1
    this.#socket.write(encodeMessage(subscription.sid, message, this.#said.headers))
    if (held.messagesMax !== undefined && held.delivered >= held.messagesMax) this.#drop(held)
    if (this.#socket.writableLength <= PENDING_BYTES_MAX) return
    const waiting = this.#socket.writableLength
    this.#options.logger.warn('a NATS subscriber is too slow and was cut off', { waiting })
    this.#fail('Slow Consumer')
  }

  /** Reads no more; resolves when what was read is done. */
  async drain(): Promise<void> {
    this.#stop.abort()
    this.#socket.pause()
    await this.#working
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#socket.destroy()
    await this.#ended
  }

  ended(): Promise<void> {
    return this.#ended
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options
    const socket = this.#socket
    let ping = clock.setTimer(PING_INTERVAL_MS, () => tick())
    const tick = (): void => {
      this.#ping()
      ping = clock.setTimer(PING_INTERVAL_MS, tick)
    }
    const late = clock.setTimer(AUTH_TIMEOUT_MS, () => {
      if (!this.#isKnown) this.#fail('Authentication Timeout')
    })
    const parser = new ClientParser()
    try {
      for await (const chunk of socket) {
        if (this.#stop.signal.aborted) break
        this.#working = this.#take(parser, chunk as Buffer)
        await this.#working
      }
    } catch (error) {
      logger.debug('a NATS connection broke', { error: describeError(error) })
    } finally {
      ping.cancel()
      late.cancel()
      for (const held of this.#subscriptions.values()) this.#drop(held)
      if (!this.#stop.signal.aborted) socket.destroy()
    }
  }

  async #take(parser: ClientParser, chunk: Buffer): Promise<void> {
    for (const operation of parser.push(chunk)) {
      if (this.#socket.destroyed || this.#socket.writableEnded) return
      if (!this.#isKnown && operation.kind !== 'connect')
        return this.#fail('Authorization Violation')
      if (operation.kind === 'publish') {
        if (!this.#mayPublish(operation)) continue
        this.#batch.push(operation)
        if (this.#batch.length >= BATCH_MESSAGES_MAX) await this.#flush()
        continue
      }
      await this.#flush()
      this.#do(operation)
    }
    await this.#flush()
  }

  #mayPublish({ subject, headers }: ClientMessage): boolean {
    if (headers !== undefined && !this.#said.headers) {
      this.#fail('message headers not supported')
      return false
    }
    if (!this.#said.pedantic || isLiteral(subject)) return true
    this.#error('Invalid Publish Subject')
    return false
  }

  /** Into the log, then to those who listen, then answered. */
  async #flush(): Promise<void> {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    const { accept, hub, random, logger } = this.#options
    const events = batch.filter(isEvent).map((message) => toPublished(message, random))
    try {
      if (events.length > 0) await accept(events, this.#stop.signal)
    } catch (error) {
      logger.warn('what was published by NATS was not taken', { error: describeError(error) })
      this.#fail('the events were not stored')
      return
    }
    for (const message of batch) {
      const count = hub.publish(message, this)
      if (count === 0 && message.reply !== undefined && this.#said.noResponders)
        hub.publish({ subject: message.reply, headers: NO_RESPONDERS, payload: NOTHING })
      this.#ok()
    }
  }

  #do(operation: Exclude<ClientOperation, { readonly kind: 'publish' }>): void {
    switch (operation.kind) {
      case 'connect':
        return this.#connect(operation.options)
      case 'ping':
        return this.#write('PONG\r\n')
      case 'pong':
        this.#pingsOutstanding = 0
        return
      case 'subscribe':
        return this.#subscribe(operation)
      case 'unsubscribe':
        return this.#unsubscribe(operation)
      case 'fault':
        return this.#fail(operation.message)
    }
  }

  #connect(value: unknown): void {
    const said = readConnectOptions(value)
    const { token } = this.#options
    if (token !== undefined && (said.token === undefined || !isSameToken(said.token, token)))
      return this.#fail('Authorization Violation')
    if (said.noResponders && !said.headers)
      return this.#fail('no responders requires headers support')
    this.#isKnown = true
    this.#said = said
    this.#ok()
  }

  #subscribe(wanted: Omit<Subscription, 'owner'>): void {
    const { subject, queue, sid } = wanted
    if (!isSubscribable(subject)) return this.#error('Invalid Subject')
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX)
      return this.#fail('maximum subscriptions exceeded')
    if (!this.#subscriptions.has(sid)) {
      const group = queue === undefined ? {} : { queue }
      const subscription: Subscription = { subject, ...group, sid, owner: this }
      this.#subscriptions.set(sid, { subscription, delivered: 0 })
      this.#options.hub.subscribe(subscription)
    }
    this.#ok()
  }

  #unsubscribe(wanted: { readonly sid: string; readonly messagesMax?: number }): void {
    const held = this.#subscriptions.get(wanted.sid)
    const { messagesMax = 0 } = wanted
    if (held !== undefined) {
      if (messagesMax > held.delivered) held.messagesMax = messagesMax
      else this.#drop(held)
    }
    this.#ok()
  }

  #drop({ subscription }: Held): void {
    this.#subscriptions.delete(subscription.sid)
    this.#options.hub.unsubscribe(subscription)
  }

  #ping(): void {
    if (this.#pingsOutstanding >= PINGS_OUTSTANDING_MAX) return this.#fail('Stale Connection')
    this.#pingsOutstanding += 1
    this.#write('PING\r\n')
  }

  #ok(): void {
    if (this.#said.verbose) this.#write('+OK\r\n')
  }

  /** The connection goes on. */
  #error(message: string): void {
    this.#write(`-ERR '${message}'\r\n`)
  }

  /** The connection ends. */
  #fail(message: string): void {
    this.#error(message)
    this.#socket.destroySoon()
  }

  #write(text: string): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(text)
  }
}

const NOTHING = Buffer.alloc(0)
const CRLF = Buffer.from('\r\n')

/** Answers of requests and the system's own subjects are no events. */
function isEvent({ subject }: ClientMessage): boolean {
  return !subject.startsWith('_INBOX.') && !subject.startsWith('$')
}

function toPublished(message: ClientMessage, random: Random): PublishedMessage {
  const { subject, headers: block, payload } = message
  const headers = (block === undefined ? undefined : parseHeaders(block)) ?? new Map()
  const place = headers.get('Nats-Msg-Id') ?? createUuid(random)
  return { topic: subject, place, headers, body: payload }
}

function encodeMessage(sid: string, message: ClientMessage, takesHeaders: boolean): Buffer {
  const { subject, reply, headers, payload } = message
  const place = reply === undefined ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`
  if (headers === undefined || !takesHeaders) {
    return Buffer.concat([Buffer.from(`MSG ${place} ${payload.length}\r\n`), payload, CRLF])
  }
  const sizes = `${headers.length} ${headers.length + payload.length}`
  return Buffer.concat([Buffer.from(`HMSG ${place} ${sizes}\r\n`), headers, payload, CRLF])
}
