// The client's consumer, but for how its answers are read: it joins the group, fetches and counts offsets, and what its
// stream hands out are batches, whose records are decoded as they are taken.
//
// The client looks at each record of a batch. It is given one that stands for all from there on: as soon as one is not
// before the offset that it asked for, it is handed out, and no more are asked for.
// https://kafka.apache.org/protocol.html#The_Messages_Fetch

import {
  type API,
  type Callback,
  compressionsAlgorithmsByBitmask,
  Consumer,
  type ConsumerOptions,
  createAPI,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  kGetApi,
  type Message,
  type Reader,
  readKnownTaggedFields,
  ResponseError,
} from '@platformatic/kafka'
import { type BatchFacts, RecordCursor } from './record-cursor.ts'

/** Answers of these versions are alike; of older ones the client makes messages, one for each record. */
const VERSIONS = [fetchV13, fetchV14, fetchV15, fetchV16, fetchV17] as const
const APIS = new Map(
  VERSIONS.map(({ api, createRequest }) => [
    api.version,
    createAPI<Parameters<typeof createRequest>, unknown>(
      api.key,
      api.version,
      createRequest as (...args: unknown[]) => ReturnType<typeof createRequest>,
      parseResponse,
    ),
  ]),
)

/** The key of a message is undefined where its value stands for a batch. */
export type BatchMessage = Message<Buffer | undefined, Buffer | RecordCursor>
export type BatchConsumer = Consumer
export type BatchConsumerOptions = ConsumerOptions<Buffer, Buffer, Buffer, Buffer>

/** `came` hears of each batch, key and value that comes, before anybody can take it. */
export function createBatchConsumer(
  options: BatchConsumerOptions,
  came: (sizeBytes: number) => void,
): BatchConsumer {
  const take = (part?: Buffer | RecordCursor): Buffer => {
    if (part instanceof RecordCursor) {
      part.isTaken = true
      came(part.leftBytes)
    } else came(part?.length ?? 0)
    // Whoever takes messages from the stream looks at what they hold.
    return part as Buffer
  }
  return new OwnRecords({ ...options, deserializers: { key: take, value: take } })
}

class OwnRecords extends Consumer {
  override [kGetApi]<Q extends unknown[], A>(name: string, answer: Callback<API<Q, A>>): void {
    if (name !== 'Fetch') {
      super[kGetApi](name, answer)
      return
    }
    super[kGetApi]<Q, A>(name, (error, api) => {
      const ours = APIS.get(api?.version ?? 0)
      if (error !== null || ours === undefined) answer(error, api)
      // The same request and answer: whoever asked for it by name knows of which types.
      else answer(null, ours as unknown as API<Q, A>)
    })
  }
}

type Faults = [path: string, errors: [code: number, message: string | null]][]

function parseResponse(_id: number, key: number, version: number, reader: Reader): unknown {
  const faults: Faults = []
  const throttleTimeMs = reader.readInt32()
  const errorCode = reader.readInt16()
  if (errorCode !== 0) faults.push(['', [errorCode, null]])
  const response = {
    throttleTimeMs,
    errorCode,
    sessionId: reader.readInt32(),
    nodeEndpoints: [] as object[],
    responses: reader.readArray((topic, topicIndex) => ({
      topicId: topic.readUUID(),
      partitions: topic.readArray(
        (partition, index) =>
          readPartition(partition, (code) =>
            faults.push([`/responses/${topicIndex}/partitions/${index}`, [code, null]]),
          ),
        true,
        false,
      ),
    })),
  }
  readKnownTaggedFields(reader, {
    0: (field) => {
      response.nodeEndpoints = field.readArray((node) => ({
        nodeId: node.readInt32(),
        host: node.readString(),
        port: node.readInt32(),
        rack: node.readNullableString(),
      }))
    },
  })
  if (faults.length > 0) throw new ResponseError(key, version, Object.fromEntries(faults), response)
  return response
}

function readPartition(reader: Reader, fault: (code: number) => void): object {
  const partition = {
    partitionIndex: reader.readInt32(),
    errorCode: reader.readInt16(),
    highWatermark: reader.readInt64(),
    lastStableOffset: reader.readInt64(),
    logStartOffset: reader.readInt64(),
    divergingEpoch: { epoch: -1, endOffset: -1n },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1n, epoch: -1 },
    abortedTransactions: reader.readNullableArray((transaction) => ({
      producerId: transaction.readInt64(),
      firstOffset: transaction.readInt64(),
    })),
    preferredReadReplica: reader.readInt32(),
    records: readBatches(reader),
  }
  if (partition.errorCode !== 0) fault(partition.errorCode)
  readKnownTaggedFields(reader, {
    0: (field) => {
      partition.divergingEpoch = { epoch: field.readInt32(), endOffset: field.readInt64() }
    },
    1: (field) => {
      partition.currentLeader = { leaderId: field.readInt32(), leaderEpoch: field.readInt32() }
    },
    2: (field) => {
      partition.snapshotId = { endOffset: field.readInt64(), epoch: field.readInt32() }
    },
  })
  return partition
}

/** The size says one more than there is; 0 that there are none. The last batch may be cut off. */
function readBatches(reader: Reader): object[] | null {
  const size = reader.readUnsignedVarInt()
  if (size === 0) return null
  const start = reader.position
  const end = start + size - 1
  const batches: object[] = []
  let at = start
  while (at + RECORDS_AT <= end) {
    const next = at + BATCH_LENGTH_END + reader.peekInt32(at + BATCH_LENGTH_AT)
    if (next > end) break
    batches.push(readBatch(reader.buffer.slice(at, next)))
    at = next
  }
  reader.skip(size - 1)
  return batches
}

const BATCH_LENGTH_AT = 8
const BATCH_LENGTH_END = 12
const MAGIC_AT = 16
const MAGIC = 2
const RECORDS_AT = 61
const CODEC_BITS = 0b111
const APPEND_TIME_BIT = 0b1000
const CONTROL_BIT = 0b10_0000

function readBatch(bytes: Buffer): object {
  if (bytes[MAGIC_AT] !== MAGIC)
    throw new RangeError(`expected batches of format ${MAGIC}, got \`${bytes[MAGIC_AT]}\``)
  const attributes = bytes.readInt16BE(21)
  const firstTimestamp = bytes.readBigInt64BE(27)
  const maxTimestamp = bytes.readBigInt64BE(35)
  const batch = {
    firstOffset: bytes.readBigInt64BE(0),
    length: bytes.readInt32BE(BATCH_LENGTH_AT),
    partitionLeaderEpoch: bytes.readInt32BE(12),
    magic: MAGIC,
    crc: bytes.readUInt32BE(17),
    attributes,
    lastOffsetDelta: bytes.readInt32BE(23),
    firstTimestamp,
    maxTimestamp,
    producerId: bytes.readBigInt64BE(43),
    producerEpoch: bytes.readInt16BE(51),
    firstSequence: bytes.readInt32BE(53),
  }
  const isAppendTime = (attributes & APPEND_TIME_BIT) !== 0
  const facts: BatchFacts = {
    firstOffset: batch.firstOffset,
    firstTimestamp: Number(firstTimestamp),
    ...(isAppendTime ? { appendTime: Number(maxTimestamp) } : {}),
    leaderEpoch: batch.partitionLeaderEpoch,
    count: bytes.readInt32BE(57),
  }
  const cursor = new RecordCursor(decompressed(bytes.subarray(RECORDS_AT), attributes), facts)
  // The client itself looks at the first record of these, and hands none of them out.
  const isControl = (attributes & CONTROL_BIT) !== 0
  return { ...batch, records: isControl ? [cursor.read('', 0)] : standIns(cursor) }
}

function decompressed(bytes: Buffer, attributes: number): Buffer {
  const codec = attributes & CODEC_BITS
  if (codec === 0) return bytes
  const algorithm = compressionsAlgorithmsByBitmask[codec]
  if (algorithm === undefined)
    throw new RangeError(`expected a compression of Kafka, got number \`${codec}\``)
  return algorithm.decompressSync(bytes)
}

/** One for each record until one is taken. */
function* standIns(cursor: RecordCursor): Generator<object> {
  while (cursor.left > 0 && !cursor.isTaken) {
    yield {
      length: 0,
      attributes: 0,
      timestampDelta: 0n,
      offsetDelta: cursor.peekOffsetDelta(),
      key: null,
      value: cursor,
      headers: [],
    }
    if (!cursor.isTaken) cursor.skip()
  }
}
