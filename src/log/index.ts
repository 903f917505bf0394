export type {
  AppendRecord,
  Cursor,
  Log,
  LogRecord,
  LogStats,
  QuarantinedRange,
  AppendOptions,
  ReadOptions,
  ReadResult,
  RecordKind,
} from './log.ts'
export type { Position } from './position.ts'
export { openFileLog, type FileLogOptions } from './drivers/file/open-file-log.ts'
export type { FileLog, Retention } from './drivers/file/file-log.ts'
export { openMemoryLog, type MemoryLogOptions } from './drivers/memory/memory-log.ts'
export { isBehind, LogFollower } from './log-follower.ts'
export { readPastDamage } from './read-past-damage.ts'
export {
  removeSegments,
  Segments,
  type SegmentsOptions,
  type SegmentsRead,
} from './drivers/file/segments.ts'
export { nodeDisk } from './drivers/file/node-disk.ts'
export type { Disk } from './drivers/file/disk.ts'
