// To which partition of its topic a record goes: the one that is said, the one of its key, or each in turn. Keys go where
// Kafka's own producer has them go, so that what we write lies beside what others write of the same key.

import type { PickedRecords, RecordRange } from './record-list.ts'

/** What of a request goes to one partition. */
export interface PartitionRecords {
  readonly topic: string
  readonly partition: number
  readonly picked: readonly PickedRecords[]
  readonly count: number
}

interface Part extends PartitionRecords {
  readonly picked: { readonly records: PickedRecords['records']; readonly indexes: number[] }[]
  count: number
}

export class Partitioner {
  readonly #turns = new Map<string, number>()

  /** In order within each partition. */
  split(
    ranges: readonly RecordRange[],
    partitionsIn: (topic: string) => number,
  ): readonly PartitionRecords[] {
    const parts: Part[] = []
    const byTopic = new Map<string, Part[]>()
    let topic: string | undefined
    let partitions = 0
    let ofTopic: Part[] = []
    let turn = 0
    const endTopic = (): void => {
      if (topic !== undefined) this.#turns.set(topic, turn)
    }
    for (const { records, from, to } of ranges) {
      for (let index = from; index < to; index += 1) {
        const next = records.topicOf(index)
        if (next !== topic) {
          endTopic()
          topic = next
          partitions = partitionsIn(topic)
          ofTopic = byTopic.get(topic) ?? []
          byTopic.set(topic, ofTopic)
          turn = this.#turns.get(topic) ?? 0
        }
        const said = records.partitionOf(index)
        const key = said === undefined ? records.keyOf(index) : undefined
        const wanted = said ?? (key === undefined ? turn++ : hashOf(key))
        const partition = wanted % partitions
        let part = ofTopic[partition]
        if (part === undefined) {
          part = { topic, partition, picked: [], count: 0 }
          ofTopic[partition] = part
          parts.push(part)
        }
        let picked = part.picked.at(-1)
        if (picked?.records !== records) {
          picked = { records, indexes: [] }
          part.picked.push(picked)
        }
        picked.indexes.push(index)
        part.count += 1
      }
    }
    endTopic()
    return parts
  }
}

/** Each topic once. */
export function topicsOf(ranges: readonly RecordRange[]): string[] {
  const topics = new Set<string>()
  let last: string | undefined
  for (const { records, from, to } of ranges) {
    for (let index = from; index < to; index += 1) {
      const topic = records.topicOf(index)
      if (topic !== last) topics.add(topic)
      last = topic
    }
  }
  return [...topics]
}

const SEED = 0x97_47_b2_8c
const FACTOR = 0x5b_d1_e9_95

/** Murmur2 without its sign, as Kafka has it in `Utils.toPositive(Utils.murmur2(key))`. The client's computes with large integers, for longer than all else takes that a record needs. */
function hashOf(key: Buffer): number {
  const { length } = key
  const whole = length & ~3
  let hash = SEED ^ length
  for (let at = 0; at < whole; at += 4) {
    const four = Math.imul(key.readInt32LE(at), FACTOR)
    hash = Math.imul(hash, FACTOR) ^ Math.imul(four ^ (four >>> 24), FACTOR)
  }
  if (whole < length) {
    for (let at = length - 1; at >= whole; at -= 1) hash ^= key[at]! << ((at - whole) * 8)
    hash = Math.imul(hash, FACTOR)
  }
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR)
  return (hash ^ (hash >>> 15)) & 0x7f_ff_ff_ff
}
