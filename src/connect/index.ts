export {
  findSinkKind,
  type Sink,
  type SinkFailure,
  type SinkKind,
  type SinkMessage,
  type SinkResult,
} from './sink.ts'
