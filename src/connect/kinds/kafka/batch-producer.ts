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
import { Slabs } from '../../slabs.ts'
import type { BatchWriter, WriteSettings, WrittenPlace } from './batch-writer.ts'
import { Partitioner, type PartitionRecords, topicsOf } from './partitioner.ts'
import {
  type BatchOptions,
  encodeBatch,
  recordsIn,
  sealBatch,
  withRecords,
} from './record-batch.ts'
import type { RecordRange } from './record-list.ts'
import { RecordSequences } from './record-sequences.ts'

/** What the client makes of a message that it was given: the value is ours as it is. */
interface Prepared {
  readonly topic: string
  readonly partition: number
  readonly value: PartMessage
}

interface PartMessage {
  readonly records: PartitionRecords
  readonly take: (sizeBytes: number) => ArrayBuffer
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

type BatchProducerOptions = ProducerOptions<Buffer, PartMessage, string, string>
export function createBatchProducer(options: BatchProducerOptions): BatchWriter {
  return new OwnBatches({
    ...options,
    // The client lets pass what stands for a value; `createRequest` makes the bytes.
    serializers: { value: (records) => records as unknown as Buffer },
  })
}

/** To the client all records for one partition are one message. */
class OwnBatches extends Producer<Buffer, PartMessage, string, string> implements BatchWriter {
  readonly #partitioner = new Partitioner()
  readonly #slabs = new Slabs()
  readonly #apis = apisOf(new RecordSequences())

  async write(
    ranges: readonly RecordRange[],
    settings: WriteSettings,
  ): Promise<readonly WrittenPlace[]> {
    const metadata = await this.metadata({ topics: topicsOf(ranges) })
    const parts = this.#partitioner.split(
      ranges,
      (topic) => metadata.topics.get(topic)!.partitionsCount,
    )
    const slabs: ArrayBuffer[] = []
    const take = (sizeBytes: number): ArrayBuffer => {
      const slab = this.#slabs.take(sizeBytes)
      slabs.push(slab)
      return slab
    }
    const messages = parts.map((records) => {
      const { topic, partition } = records
      return { topic, partition, value: { records, take } }
    })
    const { offsets = [] } = await this.send({ messages, ...settings })
    // Not where it failed: a part of it may be under way.
    for (const slab of slabs) this.#slabs.giveBack(slab)
    const counts = new Map<string, number>()
    for (const { topic, count } of parts) counts.set(topic, (counts.get(topic) ?? 0) + count)
    return offsets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
      count: counts.get(topic)!,
    }))
  }

  override [kGetApi]<Q extends unknown[], A>(name: string, answer: Callback<API<Q, A>>): void {
    if (name !== 'Produce') {
      super[kGetApi](name, answer)
      return
    }
    super[kGetApi]<Q, A>(name, (error, api) => {
      const ours = this.#apis.get(api?.version ?? 0)
      if (error !== null) answer(error)
      else if (ours === undefined) answer(new UnsupportedApiError('expected Kafka 2.4 or newer'))
      // The same request and answer: whoever asked for it by name knows of which types.
      else answer(null, ours as unknown as API<Q, A>)
    })
  }
}

/** By version. */
function apisOf(sequences: RecordSequences): ReadonlyMap<number, API<ProduceArguments, unknown>> {
  return new Map(
    VERSIONS.map(({ api, parseResponse }) => [
      api.version,
      createAPI<ProduceArguments, unknown>(
        api.key,
        api.version,
        (...given: ProduceArguments) => createRequest(sequences, given),
        parseResponse,
      ),
    ]),
  )
}

type ProduceArguments = [
  acks: number,
  timeoutMs: number,
  messages: readonly Prepared[],
  settings: ProduceSettings,
]

async function createRequest(
  sequences: RecordSequences,
  [acks, timeoutMs, messages, settings]: ProduceArguments,
): Promise<Writer> {
  const topics = await Promise.all(
    Array.from(
      Map.groupBy(messages, ({ topic }) => topic),
      async ([topic, ofTopic]) => ({
        topic,
        partitions: await Promise.all(
          Array.from(
            Map.groupBy(ofTopic, ({ partition }) => partition),
            async ([partition, own]) => ({
              partition,
              batch: await batchOf(own, settings, { place: `${topic}:${partition}`, sequences }),
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

async function batchOf(
  messages: readonly Prepared[],
  settings: ProduceSettings,
  numbering: { readonly place: string; readonly sequences: RecordSequences },
): Promise<Buffer> {
  const { compression = 'none' } = settings
  const producer = producerOf(messages, settings, numbering)
  const batch = encodeBatch(
    messages.flatMap(({ value }) => value.records.picked),
    {
      now: systemClock.now(),
      take: messages[0]!.value.take,
      ...(producer === undefined ? {} : { producer }),
    },
  )
  if (compression === 'none') return sealBatch(batch, crc32c)
  const codec = compressionsAlgorithms[compression]
  const records = recordsIn(batch)
  const compressed =
    'compress' in codec ? await codec.compress(records) : codec.compressSync(records)
  return sealBatch(withRecords(batch, compressed, codec.bitmask), crc32c)
}

function producerOf(
  messages: readonly Prepared[],
  { producerId, producerEpoch = 0, sequences: numbers }: ProduceSettings,
  { place, sequences }: { readonly place: string; readonly sequences: RecordSequences },
): BatchOptions['producer'] {
  if (producerId === undefined) return undefined
  const sequence = sequences.sequenceOf(place, {
    producerId,
    message: numbers?.get(place) ?? 0,
    records: messages.reduce((sum, { value }) => sum + value.records.count, 0),
  })
  return { id: producerId, epoch: producerEpoch, sequence }
}
