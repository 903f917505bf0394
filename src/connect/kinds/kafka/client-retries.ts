// What a caller says of the client's own patience, in words that need none of the client's.

/** How often the client itself asks again, before whoever called hears of it. */
export interface ClientRetries {
  readonly retries?: number
  readonly retryDelayMs?: number
}
