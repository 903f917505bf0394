// What tests of pipes need: a queue to read from, addresses that answer as they are told, and what was said about it.

import { type LogFields, type Logger, seededRandom } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type {
  InvokeRequest,
  InvokeResult,
  Sink,
  SinkMessage,
  SinkResult,
  Source,
  SourceBatch,
  SourceKind,
  SourceRecord,
} from '../connect/index.ts'
import { API_VERSION, type PipeSpec, type ResourceOf } from '../model/index.ts'
import { Pipes } from './pipes.ts'

export const SOURCE = 'arn:aws:sqs:us-east-1:000000000000:in'
export const TARGET = 'arn:aws:sqs:us-east-1:000000000000:out'
export const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f'
export const DESTINATION = 'arn:aws:events:us-east-1:000000000000:api-destination/d/1'
export const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/b'

/** How an address answers one message. */
export type Answer = (body: string, message: SinkMessage) => SinkResult | Promise<SinkResult>
/** What an address makes of one request: a JSON value, or how it failed. */
export type Invoked = (payload: unknown, request: InvokeRequest) => unknown

export const DELIVERED: SinkResult = { kind: 'delivered' }
export const REFUSED: SinkResult = {
  kind: 'retry',
  failure: { code: 'INTERNAL_ERROR', message: 'the target answered 503' },
}

/** A source that gives the batches put into it, and says which records came back. */
class BatchSource implements Source {
  readonly eventSource: string = 'aws:sqs'
  readonly acknowledged: string[] = []
  fault: string | undefined
  closed = 0
  readonly #batches: (readonly SourceRecord[])[] = []
  #wake = (): void => {}

  put(records: readonly SourceRecord[]): void {
    this.#batches.push(records)
    this.#wake()
  }

  problem(): string | undefined {
    return this.fault
  }

  async read(signal: AbortSignal): Promise<SourceBatch> {
    if (this.fault !== undefined) throw new Error(this.fault)
    while (this.#batches.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    const records = signal.aborted ? [] : this.#batches.shift()!
    return {
      records,
      acknowledge: async (taken) => void this.acknowledged.push(...taken.map(({ id }) => id)),
    }
  }

  async close(): Promise<void> {
    this.closed += 1
  }
}

export class PipeBench {
  readonly clock: FakeClock = new FakeClock()
  readonly source: BatchSource = new BatchSource()
  /** Bodies by address, in the order in which they came. */
  readonly arrivals: { readonly address: string; readonly body: string }[] = []
  readonly messages: SinkMessage[] = []
  readonly requests: InvokeRequest[] = []
  readonly lines: LogFields[] = []
  readonly pipes: Pipes
  readonly #answers = new Map<string, Answer>()
  readonly #invoked = new Map<string, Invoked>()

  constructor() {
    const kind: SourceKind = {
      name: 'queue',
      serves: (address) => address === SOURCE,
      open: () => this.source,
    }
    this.pipes = new Pipes({
      sources: [kind],
      sinkAt: (address) => this.#sinkAt(address),
      invoker: { invoke: (address, request) => this.#invoke(address, request) },
      clock: this.clock,
      random: seededRandom(1),
      logger: this.#logger(),
    })
  }

  serve(address: string, answer: Answer): void {
    this.#answers.set(address, answer)
  }

  answer(address: string, invoked: Invoked): void {
    this.#invoked.set(address, invoked)
  }

  /** Defines the one pipe `p`, as it is from now on. */
  define(parts: Partial<PipeSpec> = {}): ResourceOf<'Pipe'> {
    const resource = pipeResource(parts)
    this.pipes.define(resource)
    return resource
  }

  /** Lets a batch of bodies go its way; ids are `m0`, `m1`, … */
  async run(bodies: readonly (string | object)[], groups: readonly string[] = []): Promise<void> {
    this.source.put(bodies.map((body, index) => recordOf(`m${index}`, body, groups[index])))
    await settle()
  }

  bodies(): readonly string[] {
    return this.arrivals.map(({ body }) => body)
  }

  steps(): readonly unknown[] {
    return this.lines.flatMap(({ messageType }) => (messageType === undefined ? [] : messageType))
  }

  #sinkAt(address: string): Sink | undefined {
    const answer = this.#answers.get(address)
    if (answer === undefined) return undefined
    return {
      batchMax: 10,
      concurrencyMax: 2,
      send: (batch) =>
        Promise.all(
          batch.map(async (message) => {
            const body = Buffer.from(message.body).toString()
            this.arrivals.push({ address, body })
            this.messages.push(message)
            return answer(body, message)
          }),
        ),
      close: async () => {},
    }
  }

  async #invoke(address: string, request: InvokeRequest): Promise<InvokeResult> {
    const invoked = this.#invoked.get(address)
    const body = Buffer.from(request.payload).toString()
    this.arrivals.push({ address, body })
    this.requests.push(request)
    try {
      if (invoked === undefined) throw new Error('nothing serves it')
      const value = await invoked(JSON.parse(body), request)
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return { kind: 'ok', payload: Buffer.from(text) }
    } catch (error) {
      const { name, message } = error as Error
      const failure = { code: 'FUNCTION_ERROR', message }
      return { kind: 'failed', failure, isFinal: false, functionError: { name, message } }
    }
  }

  #logger(): Logger {
    const write = (_message: string, fields: LogFields = {}): void => void this.lines.push(fields)
    const logger: Logger = {
      debug: write,
      info: write,
      warn: write,
      error: write,
      child: () => logger,
    }
    return logger
  }
}

export function pipeResource(parts: Partial<PipeSpec> = {}): ResourceOf<'Pipe'> {
  return {
    apiVersion: API_VERSION,
    kind: 'Pipe',
    metadata: {
      name: 'us-east-1.p',
      namespace: 'default',
      uid: 'uid-1',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      account: '000000000000',
      region: 'us-east-1',
      name: 'p',
      state: 'RUNNING',
      source: SOURCE,
      target: TARGET,
      roleArn: 'arn:aws:iam::000000000000:role/r',
      ...parts,
    },
  }
}

function recordOf(id: string, body: string | object, group: string | undefined): SourceRecord {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const received = Buffer.from(`{"messageId":"${id}","body":${JSON.stringify(text)}}`)
  return {
    id,
    received,
    decoded:
      typeof body === 'string' ? received : Buffer.from(`{"messageId":"${id}","body":${text}}`),
    ...(group === undefined ? {} : { group }),
  }
}

/** Lets everything happen that waits for nothing outside. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
}
