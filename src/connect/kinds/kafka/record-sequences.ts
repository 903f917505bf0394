// The sequence numbers of an idempotent producer. To the client all records for a partition are one message, and so its
// numbers count messages; the cluster's count records.
//
// Invariant: the same message of the same producer has the same number however often it is sent.

/** Of messages that go into one batch. */
export interface NumberedMessages {
  readonly producerId: bigint
  /** The client's number of the first of them; it begins with 0 for each producer id. */
  readonly message: number
  readonly records: number
}

interface Numbered extends NumberedMessages {
  /** Of the first record. */
  readonly sequence: number
}

/** Behind the highest the numbers begin again, as the cluster has it. */
const SEQUENCES = 2 ** 31

export class RecordSequences {
  /** By partition. */
  readonly #last = new Map<string, Numbered>()

  /** Of the first record. */
  sequenceOf(place: string, batch: NumberedMessages): number {
    const last = this.#last.get(place)
    const sequence = sequenceBehind(last, batch)
    this.#last.set(place, { ...batch, sequence })
    return sequence
  }
}

function sequenceBehind(last: Numbered | undefined, batch: NumberedMessages): number {
  if (last === undefined || batch.message === 0) return 0
  const isSame = last.producerId === batch.producerId && last.message === batch.message
  return isSame ? last.sequence : (last.sequence + last.records) % SEQUENCES
}
