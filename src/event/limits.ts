// Bounds of the event room.

/** Levels of nesting in an event's data; what is deeper could be stored but crash every later JSON writer. */
export const EVENT_DEPTH_MAX = 64

/** Attributes of one CloudEvent, those of the specification among them. */
export const ATTRIBUTES_MAX = 100

/** Events of one CloudEvents batch. */
export const BATCH_EVENTS_MAX = 1000
