// A position is (partition, offset); offsets count records from 0 and never repeat.

export interface Position {
  readonly partition: number
  readonly offset: number
}
