// A queue as the source of a pipe: batches of messages in the form that AWS hands them to pipes. A message that is
// not acknowledged shows again when its visibility timeout is over, and in the end goes where the queue's redrive
// policy says. The shape is connect's Source, which this room does not import.

import { AppError, describeError, type Clock, type Logger } from '../base/index.ts'
import { checkJson, EVENT_DEPTH_MAX } from '../event/index.ts'
import { parseArn } from '../model/index.ts'
import {
  RECEIVE_MESSAGES_MAX,
  SOURCE_BATCH_SIZE_BYTES_MAX,
  SOURCE_MESSAGES_MAX,
  SOURCE_WINDOW_SECONDS_MAX,
  WAIT_SECONDS_MAX,
} from './limits.ts'
import type { QueueMessage } from './incoming.ts'
import type { MessageAttributes } from './message-attributes.ts'
import type { Queues } from './queues.ts'

export interface QueueSourceRecord {
  readonly id: string
  readonly received: Uint8Array
  readonly decoded: Uint8Array
  readonly group?: string
  readonly traceHeader?: string
}

export interface QueueSourceBatch {
  readonly records: readonly QueueSourceRecord[]
  acknowledge(records: readonly QueueSourceRecord[]): Promise<void>
}

export interface QueueSource {
  readonly eventSource: string
  problem(): string | undefined
  read(signal: AbortSignal): Promise<QueueSourceBatch>
  close(): Promise<void>
}

export interface QueueSourceKind {
  readonly name: string
  serves(address: string): boolean
  open(address: string, parameters: Readonly<Record<string, unknown>>): QueueSource
}

export interface QueueSourceOptions {
  readonly queues: Pick<Queues, 'registry' | 'messages'>
  readonly clock: Clock
  readonly logger: Logger
}

/** SQS's own default for pipes and event source mappings. */
const BATCH_DEFAULT = 10

export function createQueueSourceKind(options: QueueSourceOptions): QueueSourceKind {
  return {
    name: 'queue',
    serves: (address) => parseArn(address)?.service === 'sqs',
    open: (address, parameters) => new OpenQueueSource(options, address, parameters),
  }
}

interface Gathered {
  readonly messages: QueueMessage[]
  sizeBytes: number
}

class OpenQueueSource implements QueueSource {
  readonly eventSource: string = 'aws:sqs'
  readonly #options: QueueSourceOptions
  readonly #arn: string
  readonly #batchMax: number
  readonly #windowMs: number

  constructor(
    options: QueueSourceOptions,
    arn: string,
    parameters: Readonly<Record<string, unknown>>,
  ) {
    const { BatchSize, MaximumBatchingWindowInSeconds } = membersOf(
      parameters['SqsQueueParameters'],
    )
    this.#options = options
    this.#arn = arn
    this.#batchMax = numberIn(BatchSize, 1, SOURCE_MESSAGES_MAX) ?? BATCH_DEFAULT
    this.#windowMs =
      (numberIn(MaximumBatchingWindowInSeconds, 0, SOURCE_WINDOW_SECONDS_MAX) ?? 0) * 1000
  }

  problem(): string | undefined {
    const queue = this.#options.queues.registry.find(this.#arn)
    return queue === undefined ? `queue \`${this.#arn}\` does not exist` : undefined
  }

  async read(signal: AbortSignal): Promise<QueueSourceBatch> {
    const gathered: Gathered = { messages: [], sizeBytes: 0 }
    while (!signal.aborted && gathered.messages.length === 0) {
      const problem = this.problem()
      if (problem !== undefined) throw new AppError('QUEUE_NOT_FOUND', problem)
      await this.#receive(gathered, WAIT_SECONDS_MAX, signal)
    }
    if (gathered.messages.length > 0) await this.#fill(gathered, signal)
    const receipts = new Map(gathered.messages.map(({ id, receipt }) => [id, receipt]))
    return {
      records: gathered.messages.map((message) => toRecord(message, this.#arn)),
      acknowledge: (records) => this.#acknowledge(records.map(({ id }) => receipts.get(id)!)),
    }
  }

  async close(): Promise<void> {}

  /** Up to the batch size, its bytes, or the end of the window; without a window, with what is there. */
  async #fill(gathered: Gathered, signal: AbortSignal): Promise<void> {
    const { clock, queues } = this.#options
    const visibilityMs = queues.registry.find(this.#arn)?.settings.visibilityTimeoutMs ?? 0
    // Who waits longer for company than messages stay hidden would gather the same ones again.
    const windowMs = Math.min(this.#windowMs, visibilityMs / 2)
    const over = new AbortController()
    const timer = windowMs === 0 ? undefined : clock.setTimer(windowMs, () => over.abort())
    const both = AbortSignal.any([signal, over.signal])
    try {
      while (this.#hasRoom(gathered) && !both.aborted) {
        const before = gathered.messages.length
        await this.#receive(gathered, windowMs === 0 ? 0 : WAIT_SECONDS_MAX, both)
        if (windowMs === 0 && gathered.messages.length === before) return
      }
    } catch (error) {
      // What is in hand is worth more than what could not be had besides.
      const { logger } = this.#options
      logger.warn('a batch was not filled', { queue: this.#arn, error: describeError(error) })
    } finally {
      timer?.cancel()
    }
  }

  #hasRoom({ messages, sizeBytes }: Gathered): boolean {
    return messages.length < this.#batchMax && sizeBytes < SOURCE_BATCH_SIZE_BYTES_MAX
  }

  async #receive(gathered: Gathered, waitSeconds: number, signal: AbortSignal): Promise<void> {
    const room = this.#batchMax - gathered.messages.length
    const found = await this.#options.queues.messages.receive(
      this.#arn,
      {
        limit: Math.min(room, RECEIVE_MESSAGES_MAX),
        waitSeconds,
        select: { user: ['All'], system: ['All'] },
      },
      signal,
    )
    for (const message of found) {
      gathered.messages.push(message)
      gathered.sizeBytes += Buffer.byteLength(message.body)
    }
  }

  async #acknowledge(receipts: readonly string[]): Promise<void> {
    if (receipts.length === 0) return
    // A queue that is gone took its messages with it.
    if (this.problem() !== undefined) return
    await this.#options.queues.messages.remove(this.#arn, receipts)
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html shows the event. */
function toRecord(message: QueueMessage, arn: string): QueueSourceRecord {
  const { id, receipt, body, bodyDigest, attributesDigest, systemAttributes } = message
  const head = `{"messageId":${JSON.stringify(id)},"receiptHandle":${JSON.stringify(receipt)},"body":`
  const rest = {
    attributes: systemAttributes,
    messageAttributes: attributesOf(message.attributes),
    md5OfBody: bodyDigest,
    ...(attributesDigest === undefined ? {} : { md5OfMessageAttributes: attributesDigest }),
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: parseArn(arn)!.region,
  }
  const tail = `,${JSON.stringify(rest).slice(1)}`
  const received = Buffer.from(head + JSON.stringify(body) + tail)
  const { MessageGroupId: group, AWSTraceHeader: traceHeader } = systemAttributes
  return {
    id,
    received,
    decoded: isContainer(body) ? Buffer.from(head + body + tail) : received,
    ...(group === undefined || !arn.endsWith('.fifo') ? {} : { group }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  }
}

/** Whether a body is JSON that has something inside; a number or a word may as well be text. */
function isContainer(body: string): boolean {
  if (!/^\s*[[{]/.test(body)) return false
  return checkJson(Buffer.from(body), { depthMax: EVENT_DEPTH_MAX }).kind !== 'fault'
}

function attributesOf(attributes: MessageAttributes): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue === undefined ? {} : { stringValue: StringValue }),
        ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ]),
  )
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function numberIn(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && value >= min && value <= max ? value : undefined
}
