// What writes the requests of a producer, as the producer knows it: without the client's types, which nobody who uses the
// roost keeper as a library has to have.

import type { BrokerProducer } from '../../../model/index.ts'
import type { RecordRange } from './record-list.ts'

export interface WriteSettings {
  /** As the protocol has it: of all replicas, of the leader, of nobody. */
  readonly acks: -1 | 1 | 0
  readonly compression?: NonNullable<BrokerProducer['compression']>
}

/** Where the first record of those for one partition is. */
export interface WrittenPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Records of the request that went to the topic. */
  readonly count: number
}

export interface BatchWriter {
  /** As one request per leader; places are none where nobody acknowledges. */
  write(ranges: readonly RecordRange[], settings: WriteSettings): Promise<readonly WrittenPlace[]>
  close(force: boolean): Promise<void>
}
