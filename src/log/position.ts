// A position is (partition, offset); offsets count records from 0 and never repeat.

export interface Position {
  readonly partition: number
  readonly offset: number
}

/** Negative when a is before b; positions of different partitions have no order. */
export function comparePositions(a: Position, b: Position): number {
  if (a.partition !== b.partition) {
    throw new RangeError(`partitions ${a.partition} and ${b.partition} have no common order`)
  }
  return a.offset - b.offset
}

export function formatPosition(position: Position): string {
  return `${position.partition}:${position.offset}`
}

export function parsePosition(text: string): Position | undefined {
  const match = /^(\d{1,6}):(\d{1,16})$/.exec(text)
  if (match === null) return undefined
  return { partition: Number(match[1]), offset: Number(match[2]) }
}
