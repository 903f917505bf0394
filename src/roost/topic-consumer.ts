// The members of the keeper's group that read one topic, for ever: a lost cluster is waited for.
//
// Invariant: an offset is committed when everything before it was handled or is a dead letter, unless the configuration
// asks for automatic commits, which are before.

import {
  backoffDelayMs,
  type Clock,
  describeError,
  type Logger,
  type Random,
  wait,
  unlessAborted,
} from '../base/index.ts'
import type { KafkaReader, KafkaRecord } from '../connect/index.ts'
import { CONSUME_BYTES_MAX, CONSUME_RECORDS_MAX, LAG_POLL_MS, RECONNECT } from './limits.ts'

export interface TopicConsumerOptions {
  readonly topic: string
  readonly instances: number
  readonly isAutoCommit: boolean
  readonly openReader: () => Promise<KafkaReader>
  readonly take: (record: KafkaRecord, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

interface Member {
  isReading: boolean
  lag: ReadonlyMap<string, number>
}

const LIMITS = { recordsMax: CONSUME_RECORDS_MAX, bytesMax: CONSUME_BYTES_MAX }

export class TopicConsumer {
  readonly #options: TopicConsumerOptions
  readonly #stop = new AbortController()
  readonly #members: Member[] = []
  #loops: Promise<void>[] = []

  constructor(options: TopicConsumerOptions) {
    this.#options = options
  }

  start(): void {
    for (let instance = 0; instance < this.#options.instances; instance += 1) {
      const member: Member = { isReading: false, lag: new Map() }
      this.#members.push(member)
      this.#loops.push(this.#run(member))
    }
  }

  /** Every member is in its group. */
  get isWell(): boolean {
    return this.#members.length > 0 && this.#members.every(({ isReading }) => isReading)
  }

  /** Records not read yet, as last asked. */
  get lag(): number {
    return this.#members.reduce(
      (sum, { lag }) => sum + [...lag.values()].reduce((own, records) => own + records, 0),
      0,
    )
  }

  /** What is in hand ends; what is not done comes again. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #run(member: Member): Promise<void> {
    const { topic, clock, random, logger, openReader } = this.#options
    const { signal } = this.#stop
    let failures = 0
    while (!signal.aborted) {
      try {
        const opening = openReader()
        const reader = await unlessAborted(opening, signal)
        if (reader === undefined) {
          opening.then((late) => late.close()).catch(() => {})
          return
        }
        const stop = new AbortController()
        const watching = this.#watchLag(member, reader, AbortSignal.any([signal, stop.signal]))
        try {
          member.isReading = true
          failures = 0
          if (!signal.aborted) logger.info('Topic is read', { topic })
          await this.#read(reader, signal)
        } finally {
          member.isReading = false
          stop.abort()
          await watching
          await reader.close()
        }
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        const delayMs = backoffDelayMs(RECONNECT, failures, random)
        logger.warn('Topic could not be read', {
          topic,
          error: describeError(error),
          againMs: Math.round(delayMs),
        })
        await wait(clock, delayMs, signal)
      }
    }
  }

  async #read(reader: KafkaReader, signal: AbortSignal): Promise<void> {
    const { isAutoCommit, take } = this.#options
    while (!signal.aborted) {
      const records = await reader.read(LIMITS, signal)
      if (isAutoCommit) await reader.commit(records)
      const done: KafkaRecord[] = []
      try {
        for (const record of records) {
          if (signal.aborted) break
          await take(record, signal)
          if (!signal.aborted) done.push(record)
        }
      } finally {
        if (!isAutoCommit) await reader.commit(done)
      }
    }
  }

  async #watchLag(member: Member, reader: KafkaReader, signal: AbortSignal): Promise<void> {
    const { clock, logger, topic } = this.#options
    while (!signal.aborted) {
      try {
        member.lag = await reader.lag()
      } catch (error) {
        // Reading says what is wrong with the cluster.
        logger.debug('the lag of a topic could not be read', { topic, error: describeError(error) })
      }
      await wait(clock, LAG_POLL_MS, signal)
    }
  }
}
