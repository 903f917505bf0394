// A topic copied into another, of the same cluster or of another one: key, headers, time and partition stay, the value is
// what the transformation makes of it. The mirror is a member of a group of its own, so it goes on where it was.
//
// Invariant: an offset is committed only when the copy is written; after a crash some records are there twice.

import { AppError, type Clock } from '../../../base/index.ts'
import { describe } from './broker-fault.ts'
import { groupIsBehind, type MirrorPlace } from './kafka-rollback.ts'
import { type KafkaProducer, openKafkaProducer, type ProducerRecord } from './kafka-producer.ts'
import { type KafkaReader, type KafkaRecord, openKafkaReader } from './kafka-reader.ts'
import { LAG_POLL_MS, SOURCE_BYTES_MAX, SOURCE_RECORDS_MAX } from './limits.ts'

export interface MirrorOptions {
  readonly from: MirrorPlace
  readonly to: MirrorPlace
  readonly group: string
  /** The value of the copy; throws for one of which it makes none, which ends the mirror before it. */
  readonly transform: (value: Buffer) => Buffer
  /** Ends when all is copied that was there. */
  readonly isUntilEnd: boolean
  /** Copied at once; as many as are read at once when absent. */
  readonly recordsMax?: number
  readonly clock: Clock
}

export interface MirrorProgress {
  readonly copied: number
  /** Records that are not copied yet, as far as this member knows. */
  readonly behind: number
}

/** Copies until the signal aborts; tells after each batch. Rejects `BROKER_LOST`, `REQUEST_INVALID` for a bad record. */
export async function* mirrorTopic(
  options: MirrorOptions,
  signal: AbortSignal,
): AsyncGenerator<MirrorProgress> {
  const { from, to, group, clock } = options
  const reader = await openKafkaReader({
    ...from.access,
    topics: [from.topic],
    group,
    from: 'earliest',
  })
  const producer = openKafkaProducer({ ...to.access, clock })
  try {
    yield* copy({ ...options, reader, producer }, signal)
  } finally {
    await reader.close()
    await producer.close()
  }
}

interface Copying extends MirrorOptions {
  readonly reader: KafkaReader
  readonly producer: KafkaProducer
}

async function* copy(options: Copying, signal: AbortSignal): AsyncGenerator<MirrorProgress> {
  const { reader, producer, from, group, isUntilEnd } = options
  let copied = 0
  while (!signal.aborted) {
    const records = await readFor(options, signal)
    const { copies, fault } = copiesOf(records, options)
    for (const outcome of await producer.send(copies))
      if (outcome.kind !== 'written') throw outcome.error
    await reader.commit(records.slice(0, copies.length))
    copied += copies.length
    if (fault !== undefined) throw fault
    const lag = await reader.lag()
    const behind = [...lag.values()].reduce((sum, waiting) => sum + waiting, 0)
    yield { copied, behind }
    // Only the cluster knows what a member that has just joined was not given yet.
    const isQuiet = records.length === 0 && !signal.aborted
    if (isUntilEnd && isQuiet && (await groupIsBehind(from, group)) === 0) return
  }
}

/** What there is within a moment, so that who waits hears how it is. */
async function readFor(
  { reader, clock, recordsMax = SOURCE_RECORDS_MAX }: Copying,
  signal: AbortSignal,
): Promise<readonly KafkaRecord[]> {
  const over = new AbortController()
  const timer = clock.setTimer(LAG_POLL_MS, () => over.abort())
  const limits = { recordsMax, bytesMax: SOURCE_BYTES_MAX }
  try {
    return await reader.read(limits, AbortSignal.any([signal, over.signal]))
  } finally {
    timer.cancel()
  }
}

/** Up to the first that has no copy. */
function copiesOf(
  records: readonly KafkaRecord[],
  { to, transform }: MirrorOptions,
): { readonly copies: readonly ProducerRecord[]; readonly fault?: AppError } {
  const copies: ProducerRecord[] = []
  for (const record of records) {
    const { partition, offset } = record
    try {
      copies.push(copyOf(record, to.topic, transform))
    } catch (cause) {
      const where = `partition ${partition}, offset ${offset}`
      const message = `the record at ${where} has no copy: ${describe(cause)}`
      return { copies, fault: new AppError('REQUEST_INVALID', message, { cause }) }
    }
  }
  return { copies }
}

function copyOf(
  { partition, key, value, headers, timestamp, isDeletion }: KafkaRecord,
  topic: string,
  transform: (value: Buffer) => Buffer,
): ProducerRecord {
  return {
    topic,
    // What says that a key is gone is nothing to transform.
    value: isDeletion === true ? value : transform(value),
    ...(isDeletion === true ? { isDeletion } : {}),
    headers: Object.fromEntries(headers),
    // Of as many as the other topic has; what was in order stays so.
    partition,
    timestamp,
    ...(key === undefined ? {} : { key }),
  }
}
