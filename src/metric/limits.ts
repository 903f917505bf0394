// Bounds of the metric room.

/** Series there may be; what comes beyond them is not kept. */
export const METRIC_SERIES_MAX = 1000
/** Minutes that a series keeps one by one, and the hours that it keeps behind them. */
export const MINUTES_KEPT = 180
export const HOURS_KEPT = 360
/** Buckets of one histogram; where more would be needed, they get wider. */
export const HISTOGRAM_BUCKETS_MAX = 160
/** Buckets of all histograms together; beyond them a histogram gets coarser rather than larger. */
export const HISTOGRAM_BUCKETS_TOTAL_MAX = 1_000_000
/** Dimensions of one metric (AWS). */
export const DIMENSIONS_MAX = 30
/** Metrics that one line of a function may put, and the characters such a line may have. */
export const EMF_METRICS_MAX = 100
export const EMF_LINE_LENGTH_MAX = 16_384
