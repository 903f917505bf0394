export type {
  AppendRecord,
  Cursor,
  Log,
  LogRecord,
  LogStats,
  QuarantinedRange,
  ReadOptions,
  ReadResult,
  RecordKind,
} from './log.ts'
export { comparePositions, formatPosition, parsePosition, type Position } from './position.ts'
