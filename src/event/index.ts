export { formatBusKey, parseBusKey, type BusRef, type Event, type ExtensionValue } from './event.ts'
export {
  cloudEventKey,
  formatEnvelopeTime,
  isJsonMediaType,
  storeEvent,
  storePutEvent,
  type PutEvent,
} from './eventbridge.ts'
export {
  createEventKey,
  EVENT_KEY_CONTENT_AT,
  EVENT_KEY_WORDS,
  type EventKey,
  writeEventKey,
} from './event-key.ts'
export {
  encodeReplayedEvent,
  readEventTime,
  ReplayEncoder,
  type ReplayTarget,
} from './replayed-event.ts'
export { EVENT_DEPTH_MAX } from './limits.ts'
export { type LikeEvent, type LikeEvents, LikeRecords } from './like-records.ts'
export { type HeadSpans, type RecordPlace, RepeatedHead } from './repeated-head.ts'
export { executionId } from './execution-id.ts'
export {
  decodeStoredEvent,
  encodeStoredEvent,
  forwardStoredEvent,
  type Directed,
  type EventMeta,
  type ReplayMark,
  type StoredEvent,
  type SchemaRef,
  type StoredEventParts,
  withSchema,
} from './stored-event.ts'
export {
  checkJson,
  type JsonCheck,
  type JsonCheckOptions,
  type JsonFault,
  type JsonKind,
} from './json-check.ts'
export { arrayItems, objectMembers, skipSpace, type Member, type Span } from './json-members.ts'
export { attributesOf, type CloudEventContext } from './cloudevents-attributes.ts'
export {
  decodeAttributes,
  decodeBinary,
  decodePercent,
  encodeBinary,
  type BinaryMessage,
} from './cloudevents-binary.ts'
export { decodeBatch, decodeStructured, encodeBatch, encodeStructured } from './cloudevents-json.ts'
export {
  cloudEventsMode,
  decodeCloudEvents,
  type CloudEventsMessage,
  type CloudEventsMode,
} from './cloudevents.ts'
export { traceHeaderOf, traceOf, type Trace } from './trace.ts'
