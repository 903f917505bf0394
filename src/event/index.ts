export { formatBusKey, parseBusKey, type BusRef, type Event, type ExtensionValue } from './event.ts'
export {
  decodeStoredEvent,
  encodeStoredEvent,
  type EventMeta,
  type StoredEvent,
  type StoredEventParts,
} from './stored-event.ts'
