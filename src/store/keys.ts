// Row keys: what a valid one is, their order (namespace, then name, by UTF-8 bytes, as SQL collates them), and
// the continue token that pins a page's place and revision.

import { AppError } from '../base/index.ts'
import { ROW_KEY_LENGTH_MAX } from './limits.ts'
import type { RowKey } from './rows.ts'

export interface RowPlace {
  readonly namespace: string
  readonly name: string
}

export interface ContinuePoint extends RowPlace {
  readonly revision: number
}

/** Refuses a key that no driver could keep apart from another. */
export function checkKey(key: RowKey): void {
  for (const part of ['kind', 'namespace', 'name'] as const) {
    const text = key[part]
    if (text.length > 0 && text.length <= ROW_KEY_LENGTH_MAX && isPlain(text)) continue
    throw new AppError(
      'RESOURCE_INVALID',
      `expected ${part} to be 1 to ${ROW_KEY_LENGTH_MAX} characters of well-formed text without NUL, got \`${text.slice(0, 100)}\``,
      { details: { part } },
    )
  }
}

function isPlain(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** One string for a key, for maps. */
export function keyText(key: RowKey): string {
  return `${key.kind}\0${key.namespace}\0${key.name}`
}

export function comparePlaces(left: RowPlace, right: RowPlace): number {
  return compareText(left.namespace, right.namespace) || compareText(left.name, right.name)
}

/** Orders well-formed strings as their UTF-8 bytes; `<` orders UTF-16 units, which differs past U+FFFF. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a !== b) return byteRank(a) - byteRank(b)
  }
  return left.length - right.length
}

// Surrogates stand for what sorts after U+FFFF.
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x10000 : unit
}

export function formatContinueToken(point: ContinuePoint): string {
  const text = JSON.stringify([point.revision, point.namespace, point.name])
  return Buffer.from(text).toString('base64url')
}

export function parseContinueToken(token: string): ContinuePoint {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch (error) {
    throw invalidToken(token, error)
  }
  if (!Array.isArray(parsed) || parsed.length !== 3) throw invalidToken(token)
  const [revision, namespace, name] = parsed as unknown[]
  if (!Number.isSafeInteger(revision) || typeof namespace !== 'string' || typeof name !== 'string')
    throw invalidToken(token)
  return { revision: Number(revision), namespace, name }
}

function invalidToken(token: string, cause?: unknown): AppError {
  return new AppError(
    'REQUEST_INVALID',
    `expected a continue token that a list answered, got \`${token.slice(0, 100)}\``,
    cause === undefined ? {} : { cause },
  )
}
