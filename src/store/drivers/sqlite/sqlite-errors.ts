// What SQLite's result codes mean for the store. https://www.sqlite.org/rescode.html

/**
 * `full`: no room; nothing was committed, trying again later may work.
 * `request`: this request is at fault (or a bug is); its savepoint is rolled back and the others go on.
 * `fatal`: what is on disk is no longer known; the process must end and recover.
 */
export type SqliteFailure = 'full' | 'request' | 'fatal'

const ERROR = 1
const BUSY = 5
const LOCKED = 6
const FULL = 13
const TOOBIG = 18
const CONSTRAINT = 19
const MISMATCH = 20
const MISUSE = 21
const RANGE = 25

const REQUEST_CODES = new Set([ERROR, BUSY, LOCKED, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE])

export function classifyFailure(error: unknown): SqliteFailure {
  const code = primaryCode(error)
  if (code === undefined) return 'request'
  if (code === FULL) return 'full'
  return REQUEST_CODES.has(code) ? 'request' : 'fatal'
}

/** The low byte of an extended code says which family it is of. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return Number(error.errcode) & 0xff
}
