// Every bound of this dialect.

/** Parameters of one query-protocol request. */
export const QUERY_PARAMETERS_MAX: number = 4096
/** Levels of a dotted query-protocol name. */
export const QUERY_DEPTH_MAX: number = 10
/** Characters of an offending value that a validation message repeats. */
export const PRINTED_VALUE_LENGTH_MAX: number = 16_384
/** A longer value breaks its length bound anyway; its pattern, which may take quadratic time, is not tried. */
export const PATTERN_INPUT_LENGTH_MAX: number = 4096
/** Validation errors that one message names. */
export const VALIDATION_ERRORS_MAX: number = 100
/** Credentials and signing keys remembered. */
export const CREDENTIAL_CACHE_MAX: number = 1024
/** How far a signature's date may be from our clock: AWS's own window for these services. */
export const SIGNATURE_AGE_MS_MAX: number = 5 * 60 * 1000
/** The longest life of a presigned request. */
export const PRESIGNED_EXPIRES_SECONDS_MAX: number = 604_800
/** Entries of one batch of SQS (AWS). */
export const SQS_BATCH_ENTRIES_MAX: number = 10
/** Characters of an `X-Amzn-Trace-Id` that is passed on. */
export const TRACE_HEADER_LENGTH_MAX: number = 500
/** Items of one page of EventBridge Schemas (AWS). */
export const SCHEMAS_PAGE_MAX: number = 100
/** Datapoints that one request may ask for (AWS). */
export const METRIC_DATAPOINTS_MAX: number = 100_800
/** Metrics of one page (AWS). */
export const METRICS_PER_PAGE: number = 500
/** Bytes of a body that came packed (AWS). */
export const UNPACKED_BODY_BYTES_MAX: number = 1024 * 1024
/** Characters of what a recorded call asked or answered. */
export const TRAIL_PARAMETERS_LENGTH_MAX: number = 100_000
/** Levels of it. */
export const TRAIL_DEPTH_MAX: number = 30
