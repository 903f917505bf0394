// A thread that speaks to brokers, so that the clients' work, encoding and compression are not this thread's: this end
// of it. It starts when it is first needed. One that dies fails what it had in hand, which is tried again by whoever
// asked, and the next use starts another.

import { Worker } from 'node:worker_threads'
import { AppError, channels, describeError } from '../base/index.ts'
import type { BrokerAccess, FindBroker } from './broker-access.ts'
import type { ConnectorContext, ConnectorRun } from './connector.ts'
import { THREAD_MEMORY } from './limits.ts'
import { unpackEvents, type PackedMessages } from './packed.ts'
import type { SinkResult } from './sink.ts'
import { Slabs } from './slabs.ts'
import { type FromThread, type Question, revived, told, type ToThread } from './thread-messages.ts'

interface Running {
  readonly context: ConnectorContext
  readonly signal: AbortSignal
  readonly number: number
  readonly resolve: () => void
  readonly reject: (error: AppError) => void
}

interface Sending {
  /** Undefined: all were delivered. */
  readonly resolve: (results: readonly SinkResult[] | undefined) => void
  readonly reject: (error: AppError) => void
}

export class BrokerThread {
  /** Where what is sent is best packed. */
  readonly slabs: Slabs = new Slabs()
  readonly #name: string
  #worker: Worker | undefined
  readonly #runs = new Map<number, Running>()
  readonly #sends = new Map<number, Sending>()
  readonly #accesses = new Map<number, BrokerAccess>()
  /** What the thread was told of brokers that it sends to. */
  readonly #told = new Map<string, { readonly number: number; readonly access: BrokerAccess }>()
  #count = 0

  constructor(name: string) {
    this.#name = name
  }

  /** As `Connector.run`. */
  async run(run: ConnectorRun, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { source, broker, group, instance, context } = run
    const id = this.#next()
    this.#accesses.set(id, { ...context, broker })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#runs.set(id, { context, signal, number: id, resolve, reject })
    const stop = (): void => this.#post({ kind: 'stop', id })
    try {
      this.#post({ kind: 'run', id, run: { number: id, source, broker, group, instance } })
      signal.addEventListener('abort', stop, { once: true })
      await promise
    } finally {
      signal.removeEventListener('abort', stop)
      this.#runs.delete(id)
      this.#accesses.delete(id)
    }
  }

  /** Undefined: all were delivered. Rejects `BROKER_LOST` when the thread dies. */
  send(
    address: string,
    broker: { readonly name: string; readonly find: FindBroker },
    messages: PackedMessages,
  ): Promise<readonly SinkResult[] | undefined> {
    this.#tell(broker.name, broker.find(broker.name))
    return this.#request((id) => ({ kind: 'send', id, address, messages }), [messages.bytes])
  }

  async closeSink(address: string): Promise<void> {
    if (this.#worker === undefined) return
    await this.#request((id) => ({ kind: 'closeSink', id, address }))
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    this.#fail('the thread was closed')
  }

  /** That a broker is as it is now, unless the thread knows. */
  #tell(name: string, access: BrokerAccess | undefined): void {
    const told = this.#told.get(name)
    if (told?.access === access) return
    if (told !== undefined) this.#accesses.delete(told.number)
    this.#told.delete(name)
    if (access === undefined) {
      this.#post({ kind: 'broker', name })
      return
    }
    const number = this.#next()
    this.#told.set(name, { number, access })
    this.#accesses.set(number, access)
    this.#post({ kind: 'broker', name, known: { number, broker: access.broker } })
  }

  #request(
    message: (id: number) => ToThread,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<readonly SinkResult[] | undefined> {
    const id = this.#next()
    return new Promise((resolve, reject) => {
      this.#sends.set(id, { resolve, reject })
      this.#post(message(id), transfer)
    })
  }

  #next(): number {
    this.#count += 1
    return this.#count
  }

  #post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker ??= this.#start()
    this.#worker.postMessage(message, [...transfer])
  }

  #start(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './thread-worker.ts' : './thread-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      name: this.#name,
      resourceLimits: THREAD_MEMORY,
    })
    worker.on('message', (message: FromThread) => this.#receive(message))
    const died = (why: string): void => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#fail(why)
    }
    worker.on('error', (error) => died(describeError(error)))
    worker.on('exit', (code) => died(`it ended with code ${code}`))
    return worker
  }

  #fail(why: string): void {
    const error = new AppError('BROKER_LOST', `the thread that speaks to brokers died: ${why}`)
    this.#told.clear()
    this.#accesses.clear()
    for (const { reject } of this.#runs.values()) reject(error)
    for (const { reject } of this.#sends.values()) reject(error)
    this.#runs.clear()
    this.#sends.clear()
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'sent':
        if (message.slab !== undefined) this.slabs.giveBack(message.slab)
        this.#sends.get(message.id)?.resolve(message.results)
        this.#sends.delete(message.id)
        return
      case 'ended': {
        const run = this.#runs.get(message.id)
        if (message.error === undefined) run?.resolve()
        else run?.reject(revived(message.error))
        return
      }
      case 'connected':
        this.#runs.get(message.id)?.context.connected()
        return
      case 'lagged':
        this.#runs.get(message.id)?.context.lagged(message.place, message.records)
        return
      case 'count':
        this.#runs.get(message.id)?.context.door.count(message.read)
        return
      case 'line':
        this.#runs.get(message.id)?.context.logger[message.level](message.message, message.fields)
        return
      case 'ask':
        void this.#answer(message.ask, message.question)
    }
  }

  async #answer(ask: number, question: Question): Promise<void> {
    const worker = this.#worker
    let answer: ToThread
    let slab: ArrayBuffer | undefined
    try {
      const value = await this.#answerTo(question)
      slab = slabOf(question)
      answer = { kind: 'answer', ask, value, ...(slab === undefined ? {} : { slab }) }
    } catch (error) {
      answer = { kind: 'refuse', ask, error: told(error) }
    }
    // Another thread has asked nothing.
    if (worker !== undefined && worker === this.#worker)
      this.#post(answer, slab === undefined ? [] : [slab])
  }

  async #answerTo(question: Question): Promise<unknown> {
    switch (question.kind) {
      case 'reveal':
        return this.#access(question.number).reveal(question.reference)
      case 'checkServer':
        return this.#access(question.number).checkServer(question.server)
      case 'put': {
        const { context, signal } = this.#running(question.id)
        return context.door.put(unpackEvents(question.events), signal)
      }
      case 'reject': {
        const { context, signal } = this.#running(question.id)
        return context.door.reject(question.rejected, signal)
      }
    }
  }

  #access(number: number): BrokerAccess {
    const access = this.#accesses.get(number)
    if (access === undefined) throw new AppError('BROKER_LOST', 'the broker is another by now')
    return access
  }

  #running(id: number): Running {
    const run = this.#runs.get(id)
    if (run === undefined) throw new AppError('BROKER_LOST', 'the source does not read any more')
    return run
  }
}

/** What was put is in the log by now; who is told of each event may still look at it. */
function slabOf(question: Question): ArrayBuffer | undefined {
  if (question.kind !== 'put' || channels.eventSteps.hasSubscribers) return undefined
  return question.events.bytes
}
