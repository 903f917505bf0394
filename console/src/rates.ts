// Events a second out of totals that only grow, for the sparkline.

import { RATE_SECONDS_MAX } from './limits.ts'

export interface RateState {
  readonly last: { readonly at: number; readonly total: number } | undefined
  /** Oldest first. */
  readonly perSecond: readonly number[]
}

export const INITIAL_RATES: RateState = { last: undefined, perSecond: [] }

export function addTotal(state: RateState, at: number, total: number): RateState {
  const { last } = state
  // A total that fell is a server that started anew.
  if (last === undefined || total < last.total) return { ...state, last: { at, total } }
  const seconds = (at - last.at) / 1000
  if (seconds <= 0) return state
  const rate = (total - last.total) / seconds
  const perSecond = [...state.perSecond, rate].slice(-RATE_SECONDS_MAX)
  return { last: { at, total }, perSecond }
}

/** Points of a polyline over a box, the newest at its right edge. */
export function sparkline(
  values: readonly number[],
  box: { readonly width: number; readonly height: number },
): string {
  const top = Math.max(1, ...values)
  const step = box.width / (RATE_SECONDS_MAX - 1)
  const start = box.width - step * (values.length - 1)
  return values
    .map((value, index) => {
      const x = start + index * step
      const y = box.height - (value / top) * box.height
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
}
