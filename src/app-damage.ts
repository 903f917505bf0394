// Damage of the log that keeps a server from being ready: what is lost and nobody has accepted as lost.

import type { QuarantinedRange } from './log/index.ts'

/**
 * Why the server is not ready: each damaged range that lies in none of `accepted`, which are such as `1200-1299`,
 * or `1200-` where no end is known.
 */
export function reasonsOfDamage(
  quarantined: readonly QuarantinedRange[],
  accepted: readonly string[],
): readonly string[] {
  const allowed = accepted.map(parseRange)
  return quarantined
    .filter((range) => !allowed.some((each) => each.from <= range.from && endOf(range) <= each.to))
    .map((range) => {
      const text = formatRange(range)
      return `records ${text} of the log are damaged; restore them, or accept the loss with \`--accept-data-loss ${text}\``
    })
}

interface OffsetRange {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

function parseRange(text: string): OffsetRange {
  const [from, last] = text.split('-') as [string, string]
  return { from: Number(from), to: last === '' ? Number.POSITIVE_INFINITY : Number(last) + 1 }
}

function endOf({ to }: QuarantinedRange): number {
  return to ?? Number.POSITIVE_INFINITY
}

function formatRange({ from, to }: QuarantinedRange): string {
  return `${from}-${to === undefined ? '' : to - 1}`
}
