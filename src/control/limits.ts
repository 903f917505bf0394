// Every bound of the use cases.

import type { Backoff } from '../base/index.ts'

/** Targets that one call may put (AWS). */
export const TARGETS_PER_CALL_MAX: number = 10
/** Targets of one rule (AWS). */
export const TARGETS_PER_RULE_MAX: number = 5
/** Tags of one resource (AWS). */
export const TAGS_MAX: number = 50
/** Characters of a bus's policy (AWS). */
export const POLICY_LENGTH_MAX: number = 10_240
/** Items of one page, and what a page has when its size is not asked for (AWS). */
export const PAGE_SIZE_MAX: number = 100
/** Characters of a page token. */
export const PAGE_TOKEN_LENGTH_MAX: number = 2048
/** How often a change is tried again when another writer was faster. */
export const CONFLICT_RETRIES_MAX: number = 20
/** Rows that one read of the objects brings. */
export const LIST_CHUNK_SIZE: number = 500
/** Topics or subscriptions of one page (AWS). */
export const TOPICS_PER_PAGE: number = 100
/** Bytes of a message and its attributes (AWS). */
export const PUBLICATION_SIZE_BYTES_MAX: number = 262_144
/** Entries of one PublishBatch (AWS). */
export const PUBLICATION_BATCH_MAX: number = 10
/** Characters of a subject (AWS). */
export const SUBJECT_LENGTH_MAX: number = 100
/** Queues of one page (AWS). */
export const QUEUES_PER_PAGE_MAX: number = 1000
/** Connections of one account in one region (AWS), and API destinations likewise. */
export const CONNECTIONS_MAX: number = 3000
export const API_DESTINATIONS_MAX: number = 3000
/** Calls a second of an API destination that names no rate (AWS). */
export const INVOCATIONS_PER_SECOND_DEFAULT: number = 300
/** How often, and how far apart, a new connection asks a token endpoint that cannot be reached. */
export const AUTHORIZE_TRIES_MAX: number = 6
export const AUTHORIZE_BACKOFF: Backoff = { delayMsMin: 500, delayMsMax: 10_000, jitter: 0.2 }
/** Functions of one page (AWS). */
export const FUNCTIONS_PER_PAGE_MAX: number = 50
/** Characters of a function's policy (AWS). */
export const FUNCTION_POLICY_LENGTH_MAX: number = 20_480

/** How long a replay that has ended is kept, and its name is taken, milliseconds; as long as AWS keeps it. */
export const REPLAYS_KEPT_MS: number = 90 * 86_400_000
/** Client tokens of deletions that are remembered. */
export const RECENT_TOKENS_MAX: number = 10_000
/** Global endpoints of one account (AWS). */
export const ENDPOINTS_MAX: number = 100
/** How long a partner's event source waits to be taken up (AWS: two weeks). */
export const EVENT_SOURCE_PENDING_SECONDS_MAX: number = 14 * 86_400
