// A flag that says when: a time, or how long ago.

import { UsageError } from './usage-error.ts'

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** RFC 3339 of `2026-01-01T10:00:00Z`, `2h` (ago) and the like. */
export function parseTimeFlag(
  flag: string,
  text: string | undefined,
  nowMs: number,
): string | undefined {
  if (text === undefined) return undefined
  const ago = /^(\d{1,9})([smhd])$/.exec(text)
  const timeMs = ago === null ? Date.parse(text) : nowMs - Number(ago[1]) * UNITS_MS[ago[2]!]!
  if (!Number.isNaN(timeMs)) return new Date(timeMs).toISOString()
  throw new UsageError(
    `expected \`${flag}\` to be a time such as \`2026-01-01T10:00:00Z\`, or \`2h\` for two hours ago, got \`${text}\``,
  )
}
