// Bounds of the archive room.

/** Events of one archive are compressed together from about this size on. */
export const BLOCK_SIZE_BYTES: number = 256 * 1024
/** A new block's buffer; it doubles as events come. */
export const BLOCK_SIZE_BYTES_MIN = 4096

/** Gathered for all archives and not yet on disk; beyond it the log is not read on. */
export const GATHERED_SIZE_BYTES_MAX: number = 8 * 1024 * 1024

/** How long an event may wait for company before it is written, milliseconds. */
export const GATHER_MS = 1000

/** Records that one read of the log asks for. */
export const READ_RECORDS_MAX = 500

/** How long a write that found no room on the disk waits for some, milliseconds. */
export const FULL_RETRY_MS = 1000

/** Archives whose newest segment is held open; more are closed, the least used first. */
export const OPEN_SERIES_MAX = 64

/** One segment file of an archive. */
export const SEGMENT_SIZE_BYTES_MAX: number = 64 * 1024 * 1024
/** Events leave an archive by whole segments, so none may span more than this, milliseconds. */
export const SEGMENT_AGE_MS_MAX: number = 24 * 3_600_000

/** Blocks that one read looks at before it answers, also when nothing of them was wanted. */
export const BLOCKS_PER_READ_MAX = 64

/** What a replay asks of the archive at a time, and of what size the memory for it begins; it doubles. */
export const REPLAY_READ_SIZE_BYTES: number = 4 * 1024 * 1024
export const PACKED_SIZE_BYTES_MIN: number = 64 * 1024

/** What one block may come to when it is decompressed: one event of the largest kind, and a block's worth beside it. */
export const RAW_SIZE_BYTES_MAX: number = 32 * 1024 * 1024

/** Replays under way at once, in one account and region; AWS's quota. */
export const REPLAYS_ACTIVE_MAX = 10

/** Events that a replay hands on in one append when nobody else sends any. */
export const REPLAY_BATCH_EVENTS = 4000

/**
 * Beside other traffic: a pause before each append, and from how many events to how many it has, more while the
 * pauses end in time, half as many when one ends late by more than this, milliseconds.
 */
export const BESIDE_TRAFFIC_PAUSE_MS = 20
export const BESIDE_TRAFFIC_BATCH_EVENTS_MIN = 1
export const BESIDE_TRAFFIC_BATCH_EVENTS_MAX = 5
export const BESIDE_TRAFFIC_BATCH_EVENTS_STEP = 1
export const BESIDE_TRAFFIC_LATE_MS_MAX = 2

/** How long such an append waits for one of others to share a flush with, milliseconds. */
export const BESIDE_TRAFFIC_WAIT_MS_MAX = 100

/** Records that a replay lets route be behind before it goes on: alone, and beside other traffic. */
export const AHEAD_RECORDS_MAX = 4000
export const AHEAD_RECORDS_BESIDE_TRAFFIC_MAX = 50

/** Deliveries that wait for their next attempt before a replay waits for them. */
export const PENDING_DELIVERIES_MAX = 10_000

/** How often a replay that waits looks again, milliseconds. */
export const PACE_POLL_MS = 1

/** How often a replay's progress is kept, milliseconds. */
export const PROGRESS_MS = 1000

/** How long a replay that was refused waits before it tries again, milliseconds. */
export const REFUSED_RETRY_MS = 200
