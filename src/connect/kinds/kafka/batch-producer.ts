// The client's producer, but for how its requests are written: it finds leaders, asks again and counts sequences, and
// what it sends are batches that we encode.

import {
  type API,
  type Callback,
  createAPI,
  compressionsAlgorithms,
  crc32c,
  kGetApi,
  Producer,
  type ProducerOptions,
  produceV10,
  produceV11,
  produceV9,
  UnsupportedApiError,
  Writer,
} from '@platformatic/kafka'
import { systemClock } from '../../../base/index.ts'
import { type BatchRecord, encodeBatch, recordsIn, sealBatch, withRecords } from './record-batch.ts'

/** What the client makes of a message that it was given: the value is our record as it is. */
interface Prepared {
  readonly topic: string
  readonly partition: number
  readonly value: BatchRecord
}

interface ProduceSettings {
  readonly compression?: keyof typeof compressionsAlgorithms
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly sequences?: ReadonlyMap<string, number>
}

const NO_ANSWER = 0
const NO_TRANSACTION = null
/** Requests of these versions are alike. Kafka has the first of them since 2.4. */
const VERSIONS = [produceV9, produceV10, produceV11] as const
const APIS = new Map(
  VERSIONS.map(({ api, parseResponse }) => [
    api.version,
    createAPI<Parameters<typeof createRequest>, unknown>(
      api.key,
      api.version,
      createRequest,
      parseResponse,
    ),
  ]),
)

/** The values of its messages are records. */
export type BatchProducer = Producer<Buffer, BatchRecord, string, string>
export type BatchProducerOptions = ProducerOptions<Buffer, BatchRecord, string, string>

export function createBatchProducer(options: BatchProducerOptions): BatchProducer {
  return new OwnBatches({
    ...options,
    // The client lets pass what stands for a value; `createRequest` makes the bytes.
    serializers: { value: (record) => record as unknown as Buffer },
  })
}

class OwnBatches extends Producer<Buffer, BatchRecord, string, string> {
  override [kGetApi]<Q extends unknown[], A>(name: string, answer: Callback<API<Q, A>>): void {
    if (name !== 'Produce') {
      super[kGetApi](name, answer)
      return
    }
    super[kGetApi]<Q, A>(name, (error, api) => {
      const ours = APIS.get(api?.version ?? 0)
      if (error !== null) answer(error)
      else if (ours === undefined) answer(new UnsupportedApiError('expected Kafka 2.4 or newer'))
      // The same request and answer: whoever asked for it by name knows of which types.
      else answer(null, ours as unknown as API<Q, A>)
    })
  }
}

async function createRequest(
  acks: number,
  timeoutMs: number,
  messages: readonly Prepared[],
  settings: ProduceSettings,
): Promise<Writer> {
  const topics = await Promise.all(
    Array.from(
      grouped(messages, ({ topic }) => topic),
      async ([topic, ofTopic]) => ({
        topic,
        partitions: await Promise.all(
          Array.from(
            grouped(ofTopic, ({ partition }) => partition),
            async ([partition, own]) => ({
              partition,
              batch: await batchOf(own, settings, `${topic}:${partition}`),
            }),
          ),
        ),
      }),
    ),
  )
  const writer = Writer.create()
    .appendString(NO_TRANSACTION)
    .appendInt16(acks)
    .appendInt32(timeoutMs)
    .appendArray(topics, (into, { topic, partitions }) => {
      into.appendString(topic).appendArray(partitions, (inner, { partition, batch }) => {
        inner.appendInt32(partition).appendBytes(batch)
      })
    })
    .appendTaggedFields()
  if (acks === NO_ANSWER) writer.context['noResponse'] = true
  return writer
}

function grouped<K>(
  messages: readonly Prepared[],
  keyOf: (message: Prepared) => K,
): ReadonlyMap<K, readonly Prepared[]> {
  return Map.groupBy(messages, keyOf)
}

async function batchOf(
  messages: readonly Prepared[],
  { compression = 'none', producerId, producerEpoch = 0, sequences }: ProduceSettings,
  place: string,
): Promise<Buffer> {
  const batch = encodeBatch(
    messages.map(({ value }) => value),
    {
      now: systemClock.now(),
      ...(producerId === undefined
        ? {}
        : {
            producer: {
              id: producerId,
              epoch: producerEpoch,
              sequence: sequences?.get(place) ?? 0,
            },
          }),
    },
  )
  if (compression === 'none') return sealBatch(batch, crc32c)
  const codec = compressionsAlgorithms[compression]
  const records = recordsIn(batch)
  const compressed =
    'compress' in codec ? await codec.compress(records) : codec.compressSync(records)
  return sealBatch(withRecords(batch, compressed, codec.bitmask), crc32c)
}
