// Targets `kafka://BROKER/TOPIC`. All targets of one broker share one producer, so that what goes to several topics
// at about the same time is one request.

import { type Clock, unlessAborted } from '../../../base/index.ts'
import { parseBrokerAddress } from '../../../model/index.ts'
import type { FindBroker } from '../../broker-access.ts'
import type { SelectText } from '../../sent-event.ts'
import type { Sink, SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import { hasCode } from './broker-fault.ts'
import { type ListProducer, openKafkaProducer, type RecordOutcome } from './kafka-producer.ts'
import { RecordEncoder } from './kafka-record.ts'
import type { RecordList } from './record-list.ts'
import { SEND_CONCURRENCY, SEND_RECORDS_MAX } from './limits.ts'

export interface KafkaSinkOptions {
  /** Undefined when there is none of that name; the same object as long as it is not changed. */
  readonly findBroker: FindBroker
  readonly select: SelectText
  readonly clock: Clock
}

export function createKafkaKind(options: KafkaSinkOptions): SinkKind {
  const producers = new Producers(options)
  return {
    name: 'kafka',
    serves: (address) => parseBrokerAddress(address)?.type === 'kafka',
    open(text) {
      const address = parseBrokerAddress(text)!
      producers.hold(address.broker)
      const place = { broker: address.broker, encoder: new RecordEncoder(address, options.select) }
      return {
        batchMax: SEND_RECORDS_MAX,
        concurrencyMax: SEND_CONCURRENCY,
        send: (batch, signal) => send(producers, place, batch, signal),
        close: () => producers.release(address.broker),
      } satisfies Sink
    },
  }
}

interface Place {
  readonly broker: string
  readonly encoder: RecordEncoder
}

async function send(
  producers: Producers,
  { broker, encoder }: Place,
  batch: readonly SinkMessage[],
  signal: AbortSignal,
): Promise<readonly SinkResult[]> {
  const producer = producers.find(broker)
  if (producer === undefined) {
    const message = `broker \`${broker}\` does not exist, or is none of Kafka`
    return batch.map(() => ({ kind: 'retry', failure: { code: 'NO_RESOURCE', message } }))
  }
  return resultsOf(producer, encoder.encode(batch), signal)
}

/** Apart from the messages, which nobody needs any more. */
async function resultsOf(
  producer: ListProducer,
  lists: readonly RecordList[],
  signal: AbortSignal,
): Promise<readonly SinkResult[]> {
  const sending = Promise.all(lists.map((records) => producer.sendList(records)))
  const outcomes = await unlessAborted(sending, signal)
  const all = lists.map(({ length }, index) => {
    if (outcomes === undefined) return repeated(GIVEN_UP, length)
    return outcomes[index]?.map(toResult) ?? repeated(DELIVERED, length)
  })
  return all.length === 1 ? all[0]! : all.flat()
}

const DELIVERED: SinkResult = { kind: 'delivered' }
/** It may still be written; then it comes twice. */
const GIVEN_UP: SinkResult = {
  kind: 'retry',
  failure: { code: 'TIMEOUT', message: 'the broker did not answer in time' },
}

function repeated(result: SinkResult, count: number): readonly SinkResult[] {
  return Array<SinkResult>(count).fill(result)
}

function toResult(outcome: RecordOutcome): SinkResult {
  if (outcome.kind === 'written') return DELIVERED
  const { error } = outcome
  const failure = { code: codeOf(error), message: error.message }
  return { kind: outcome.kind === 'refused' ? 'dead' : 'retry', failure }
}

/** One of AWS's codes where one fits. */
function codeOf(error: unknown): string {
  if (hasCode(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID')) return 'NO_RESOURCE'
  if (hasCode(error, 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'))
    return 'NO_PERMISSIONS'
  if (hasCode(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) return 'EVENT_TOO_LARGE'
  return 'SDK_CLIENT_ERROR'
}

interface Held {
  holders: number
  /** Of the broker as it was when the producer was made. */
  made?: { readonly of: object; readonly producer: ListProducer }
}

/** One producer per broker, as long as a sink holds it, made anew when the broker is another. */
class Producers {
  readonly #options: KafkaSinkOptions
  readonly #held = new Map<string, Held>()

  constructor(options: KafkaSinkOptions) {
    this.#options = options
  }

  hold(name: string): void {
    const held = this.#held.get(name)
    if (held === undefined) this.#held.set(name, { holders: 1 })
    else held.holders += 1
  }

  find(name: string): ListProducer | undefined {
    const access = this.#options.findBroker(name)
    const held = this.#held.get(name)
    if (access?.broker.type !== 'kafka' || held === undefined) return undefined
    if (held.made?.of !== access) {
      void held.made?.producer.close()
      const { clock } = this.#options
      held.made = { of: access, producer: openKafkaProducer({ ...access, clock }) }
    }
    return held.made.producer
  }

  async release(name: string): Promise<void> {
    const held = this.#held.get(name)
    if (held === undefined) return
    held.holders -= 1
    if (held.holders > 0) return
    this.#held.delete(name)
    await held.made?.producer.close()
  }
}
