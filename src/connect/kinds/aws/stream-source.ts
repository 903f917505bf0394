// A stream of Kinesis or of a table of DynamoDB as the source of a pipe. A batch is of one shard, and one batch is out
// at a time, so that a shard stays in order; what of it was not taken is handed out again before anything new of that
// shard. How far each shard was taken is kept outside, by the pipe.
//
//   shard: waits for its parents ──▶ read ⇄ handed out ──▶ over (closed, and all of it taken)

import { type Clock, describeError, unlessAborted } from '../../../base/index.ts'
import { type Arn, parseArn } from '../../../model/index.ts'
import type { Source, SourceBatch, SourceKind } from '../../source.ts'
import { STREAM_BATCH_BYTES_MAX, STREAM_POLL_MS, STREAM_SHARDS_MS } from './limits.ts'
import {
  createStreamApi,
  isIteratorOver,
  isStream,
  type StreamApi,
  type StreamApiOptions,
  type StreamPosition,
} from './stream-api.ts'
import { readStreamParameters, type StreamReading } from './stream-parameters.ts'
import { type StreamRecord, toStreamRecord } from './stream-record.ts'

/** Where the readers of streams have come to; durable when it resolves. */
export interface StreamPlaces {
  load(reader: string): Promise<ReadonlyMap<string, StreamPlace>>
  save(reader: string, shardId: string, place: StreamPlace): Promise<void>
  forget(reader: string, shardId: string): Promise<void>
}

export interface StreamPlace {
  readonly position: StreamPosition
  /** All of it was taken, and there will be no more. */
  readonly isOver?: boolean
}

/** What is given up. */
export interface StreamLetter {
  readonly queueArn: string
  readonly body: string
}

export interface StreamSourceOptions extends StreamApiOptions {
  readonly clock: Clock
  readonly places: StreamPlaces
  readonly bury: (letter: StreamLetter) => Promise<void>
}

export function createStreamSourceKind(options: StreamSourceOptions): SourceKind {
  return {
    name: 'stream',
    serves(address) {
      const arn = parseArn(address)
      return arn !== undefined && isStream(arn)
    },
    open: (address, parameters, reader) =>
      new StreamSource(options, { address, reader, reading: readStreamParameters(parameters) }),
  }
}

interface ShardState {
  readonly id: string
  readonly parents: readonly string[]
  /** Behind what was taken. */
  position: StreamPosition
  iterator: string | undefined
  /** Read and not yet handed out, or handed out and not taken. */
  waiting: readonly StreamRecord[]
  /** How often the first of those was handed out. */
  attempts: number
  isClosed: boolean
  isOver: boolean
}

interface Opening {
  readonly address: string
  readonly reader: string
  readonly reading: StreamReading
}

class StreamSource implements Source {
  readonly eventSource: string
  readonly #options: StreamSourceOptions
  readonly #opening: Opening
  readonly #arn: Arn
  readonly #api: StreamApi
  readonly #shards = new Map<string, ShardState>()
  #listedAt = Number.NEGATIVE_INFINITY
  #problem: string | undefined
  /** Resolves when the batch that is out is settled. */
  #out: Promise<void> = Promise.resolve()
  /** Whose turn it is. */
  #turn = 0

  constructor(options: StreamSourceOptions, opening: Opening) {
    this.#options = options
    this.#opening = opening
    this.#arn = parseArn(opening.address)!
    this.#api = createStreamApi(options, this.#arn, opening.address)
    this.eventSource = `aws:${this.#arn.service}`
  }

  problem(): string | undefined {
    return this.#problem
  }

  async read(signal: AbortSignal): Promise<SourceBatch> {
    await unlessAborted(this.#out, signal)
    try {
      while (!signal.aborted) {
        const shard = await this.#nextShard(signal)
        this.#problem = undefined
        if (shard !== undefined) return this.#handOut(shard)
        await this.#wait(STREAM_POLL_MS, signal)
      }
    } catch (error) {
      if (signal.aborted) return EMPTY
      this.#problem = describeError(error)
      this.#forgetIterators()
      throw error
    }
    return EMPTY
  }

  async close(): Promise<void> {}

  /** One that has records, each in turn. */
  async #nextShard(signal: AbortSignal): Promise<ShardState | undefined> {
    await this.#listShards(signal)
    const shards = Array.from(this.#shards.values())
    for (let step = 0; step < shards.length; step += 1) {
      const shard = shards[(this.#turn + step) % shards.length]!
      if (shard.isOver || !this.#isNext(shard)) continue
      if (shard.waiting.length === 0) await this.#fill(shard, signal)
      if (shard.waiting.length === 0) continue
      this.#turn = (this.#turn + step + 1) % shards.length
      return shard
    }
    return undefined
  }

  /** Its parents were read to their end, or are gone. */
  #isNext({ parents }: ShardState): boolean {
    return parents.every((id) => this.#shards.get(id)?.isOver !== false)
  }

  async #listShards(signal: AbortSignal): Promise<void> {
    const { clock, places } = this.#options
    const isFirst = this.#shards.size === 0
    if (!isFirst && clock.monotonic() - this.#listedAt < STREAM_SHARDS_MS) return
    const { reader, reading } = this.#opening
    const listed = await this.#api.listShards(signal)
    const known = isFirst ? await places.load(reader) : new Map<string, StreamPlace>()
    const hasBegun = known.size > 0
    for (const { id, parents } of listed) {
      if (this.#shards.has(id)) continue
      const place = known.get(id)
      const start = isFirst && !hasBegun ? this.#start(reading) : OLDEST
      const position = place?.position ?? start
      const isOver = place?.isOver === true
      const fresh = { id, parents, position, iterator: undefined, waiting: [], attempts: 0 }
      this.#shards.set(id, { ...fresh, isClosed: false, isOver })
      // Where a pipe begins that begins now is not where it would begin later.
      if (position.kind === 'time') await places.save(reader, id, { position })
    }
    const ids = new Set(listed.map(({ id }) => id))
    for (const id of this.#shards.keys()) if (!ids.has(id)) this.#shards.delete(id)
    for (const id of known.keys()) if (!ids.has(id)) await places.forget(reader, id)
    this.#listedAt = clock.monotonic()
  }

  #start({ from }: StreamReading): StreamPosition {
    const isKinesis = this.#arn.service === 'kinesis'
    if (from.kind !== 'newest' || !isKinesis) return from
    return { kind: 'time', atMs: this.#options.clock.now() }
  }

  /** Up to a batch, or what comes within its window. */
  async #fill(shard: ShardState, signal: AbortSignal): Promise<void> {
    const { recordsMax, windowMs } = this.#opening.reading
    const { clock } = this.#options
    const end = clock.monotonic() + windowMs
    let sizeBytes = await this.#readMore(shard, recordsMax, signal)
    while (
      shard.waiting.length > 0 &&
      shard.waiting.length < recordsMax &&
      sizeBytes < STREAM_BATCH_BYTES_MAX &&
      !shard.isClosed &&
      !signal.aborted &&
      clock.monotonic() < end
    ) {
      await this.#wait(Math.min(STREAM_POLL_MS, end - clock.monotonic()), signal)
      if (signal.aborted) return
      sizeBytes += await this.#readMore(shard, recordsMax - shard.waiting.length, signal)
    }
  }

  /** Answers how many bytes came. */
  async #readMore(shard: ShardState, limit: number, signal: AbortSignal): Promise<number> {
    if (shard.isClosed) return 0
    const last = shard.waiting.at(-1)
    const behind: StreamPosition =
      last === undefined ? shard.position : { kind: 'after', sequence: last.sequence }
    shard.iterator ??= await this.#api.iterator(shard.id, behind, signal)
    try {
      const { records, next } = await this.#api.records(shard.iterator, limit, signal)
      const { address } = this.#opening
      const place = { arn: this.#arn, address, shardId: shard.id }
      const read = records.map((record) => toStreamRecord(place, record))
      shard.waiting = [...shard.waiting, ...read]
      shard.iterator = next
      if (next === undefined) await this.#closeShard(shard)
      return read.reduce((sum, { received }) => sum + received.length, 0)
    } catch (error) {
      shard.iterator = undefined
      if (isIteratorOver(error)) return 0
      throw error
    }
  }

  async #closeShard(shard: ShardState): Promise<void> {
    shard.isClosed = true
    if (shard.waiting.length > 0) return
    shard.isOver = true
    const { position } = shard
    await this.#options.places.save(this.#opening.reader, shard.id, { position, isOver: true })
    // Those that came of it are there now.
    this.#listedAt = Number.NEGATIVE_INFINITY
  }

  #handOut(shard: ShardState): SourceBatch {
    const settled = Promise.withResolvers<void>()
    this.#out = settled.promise
    const records = shard.waiting
    shard.attempts += 1
    return {
      records,
      acknowledge: async (taken) => {
        try {
          await this.#settle(shard, records, new Set(taken.map(({ id }) => id)))
        } finally {
          settled.resolve()
        }
      },
    }
  }

  /** Nothing behind the first record that was not taken counts as taken. */
  async #settle(
    shard: ShardState,
    records: readonly StreamRecord[],
    taken: ReadonlySet<string>,
  ): Promise<void> {
    const first = records.findIndex(({ id }) => !taken.has(id))
    let done = first === -1 ? records : records.slice(0, first)
    shard.waiting = first === -1 ? [] : records.slice(first).filter(({ id }) => !taken.has(id))
    if (done.length > 0) shard.attempts = shard.waiting.length > 0 ? 1 : 0
    const given = this.#givenUp(shard)
    if (given !== undefined) {
      const { condition, count } = given
      const lost = shard.waiting.slice(0, count)
      await this.#bury(shard, lost, condition)
      shard.waiting = shard.waiting.slice(count)
      shard.attempts = 0
      done = [...done, ...lost]
    }
    const last = done.at(-1)
    if (last === undefined) return
    shard.position = { kind: 'after', sequence: last.sequence }
    shard.isOver = shard.isClosed && shard.waiting.length === 0
    const { position, isOver } = shard
    const place = { position, ...(isOver ? { isOver } : {}) }
    await this.#options.places.save(this.#opening.reader, shard.id, place)
    if (isOver) this.#listedAt = Number.NEGATIVE_INFINITY
  }

  /** How many of those that were not taken are tried no more. */
  #givenUp({ waiting, attempts }: ShardState): GivenUp | undefined {
    const { retriesMax, ageMsMax } = this.#opening.reading
    if (waiting.length === 0) return undefined
    if (attempts > retriesMax) return { condition: 'RetryAttemptsExhausted', count: waiting.length }
    const oldest = this.#options.clock.now() - ageMsMax
    const count = waiting.filter(({ arrivedAt }) => arrivedAt < oldest).length
    return count === 0 ? undefined : { condition: 'RecordAgeExceeded', count }
  }

  /** What AWS writes of a batch of a stream that it gives up. */
  async #bury(
    shard: ShardState,
    lost: readonly StreamRecord[],
    condition: GivenUp['condition'],
  ): Promise<void> {
    const { address, reader, reading } = this.#opening
    if (reading.deadLetterArn === undefined) return
    const [first, last] = [lost[0]!, lost.at(-1)!]
    const isKinesis = this.#arn.service === 'kinesis'
    const letter = {
      context: { partnerResourceArn: reader, condition },
      version: '1.0',
      timestamp: isoOf(this.#options.clock.now()),
      [isKinesis ? 'KinesisBatchInfo' : 'DDBStreamBatchInfo']: {
        shardId: shard.id,
        startSequenceNumber: first.sequence,
        endSequenceNumber: last.sequence,
        [`approximate${isKinesis ? 'Arrival' : 'Creation'}OfFirstRecord`]: isoOf(first.arrivedAt),
        [`approximate${isKinesis ? 'Arrival' : 'Creation'}OfLastRecord`]: isoOf(last.arrivedAt),
        batchSize: lost.length,
        streamArn: address,
      },
    }
    await this.#options.bury({ queueArn: reading.deadLetterArn, body: JSON.stringify(letter) })
  }

  #forgetIterators(): void {
    for (const shard of this.#shards.values()) shard.iterator = undefined
  }

  #wait(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.#options.clock.setTimer(durationMs, end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}

interface GivenUp {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded'
  readonly count: number
}

const EMPTY: SourceBatch = { records: [], acknowledge: async () => {} }
const OLDEST: StreamPosition = { kind: 'oldest' }

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
