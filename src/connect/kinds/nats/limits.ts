// Bounds of the nats kind.

/** Messages of a source that are under way into the log at once: what may come twice after a crash. */
export const SOURCE_MESSAGES_MAX = 500
export const SOURCE_BYTES_MAX: number = 4 * 1024 * 1024

/** Bytes of a stream that are asked for before they are taken in; more where one message may be as large. */
export const STREAM_AHEAD_BYTES_MAX: number = 8 * 1024 * 1024

/** Messages of core NATS that wait to be taken in. It sends on whether we keep up or not; beyond this they are lost. */
export const CORE_WAITING_MAX = 10_000
export const CORE_WAITING_BYTES_MAX: number = 32 * 1024 * 1024

/** JetStream gives a message again that was not acknowledged for so long. */
export const ACK_WAIT_MS = 30_000

/** When a message that could not be taken in comes again. */
export const NAK_DELAY_MS = 1000

/** Heartbeats of a stream that may stay away in a row. */
export const HEARTBEATS_MISSED_MAX = 2

/** How long one request for messages stands, and how often JetStream says meanwhile that it is there. */
export const PULL_EXPIRES_MS = 10_000
export const HEARTBEAT_MS = 3000

/** How often a source asks how far it is behind. */
export const LAG_POLL_MS = 2000

/** How often a silent server is asked whether it is there, and how many times in vain. */
export const PING_INTERVAL_MS = 5000
export const PINGS_OUTSTANDING_MAX = 2

export const REQUEST_TIMEOUT_MS = 5000

/** Messages that deliver hands over in one send, and how many sends at once. */
export const SEND_MESSAGES_MAX = 500
export const SEND_CONCURRENCY = 4

/** How long it is believed that a subject is, or is not, one of a stream; and for how many subjects. */
export const STREAM_KNOWN_MS = 30_000
export const STREAMS_KNOWN_MAX = 10_000

/** Streams, and consumers of each, that are shown of a server. */
export const PLACES_SHOWN_MAX = 1000
export const READERS_SHOWN_MAX = 100

/** How long a subject that nothing keeps is listened to. */
export const PEEK_LISTEN_MS = 3000

/** Messages of one batch of a pipe where its address says nothing, and bytes; batches that a pipe has out at once. */
export const PIPE_MESSAGES_DEFAULT = 100
export const PIPE_BYTES_MAX: number = 6 * 1024 * 1024
export const PIPE_BATCHES_OUT = 6

/** After so long without a message a pipe looks whether its broker is another by now. */
export const PIPE_IDLE_MS = 5000
