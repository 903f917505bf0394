export { formatBusKey, parseBusKey, type BusRef, type Event, type ExtensionValue } from './event.ts'
export {
  decodeStoredEvent,
  encodeStoredEvent,
  type EventMeta,
  type StoredEvent,
  type StoredEventParts,
} from './stored-event.ts'
export {
  checkJson,
  type JsonCheck,
  type JsonCheckOptions,
  type JsonFault,
  type JsonKind,
} from './json-check.ts'
