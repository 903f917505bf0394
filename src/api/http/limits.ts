// Every bound of the HTTP server, with its default.

export interface HttpLimits {
  /** Of one request's body. */
  readonly bodyBytesMax: number
  /** Of all request bodies being read or handled at once; past it requests are answered 503. */
  readonly bodyBytesInFlightMax: number
  /** What is set aside for a body before its bytes come: announcing much and sending nothing holds no more. */
  readonly bodyBytesAhead: number
  /** Of the request line and the headers together. */
  readonly headerBytesMax: number
  readonly headersMax: number
  readonly connectionsMax: number
  readonly headersTimeoutMs: number
  /** For the two sides to agree on TLS. */
  readonly handshakeTimeoutMs: number
  /** For the whole request to arrive. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** How often connections are looked at for the timeouts above. */
  readonly checkIntervalMs: number
  /** How long, and how many bytes, a refused body is still read and thrown away so that the client sees the answer. */
  readonly lingerMs: number
  readonly lingerBytesMax: number
}

export const HTTP_LIMITS: HttpLimits = {
  bodyBytesMax: 8 * 1024 * 1024,
  bodyBytesInFlightMax: 128 * 1024 * 1024,
  bodyBytesAhead: 64 * 1024,
  headerBytesMax: 16 * 1024,
  headersMax: 100,
  connectionsMax: 20_000,
  headersTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  checkIntervalMs: 1_000,
  lingerMs: 1_000,
  lingerBytesMax: 16 * 1024 * 1024,
}

/** What a client that met a full server is told to wait. */
export const RETRY_AFTER_SECONDS = 1

/** Files of the console kept in memory. */
export const CONSOLE_FILES_MAX = 500
export const CONSOLE_BYTES_MAX: number = 32 * 1024 * 1024

/** Host headers already judged good, remembered. */
export const HOSTS_REMEMBERED_MAX = 256
