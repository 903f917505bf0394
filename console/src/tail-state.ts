// The state of the live tail as a pure function of what happens. While paused, what comes is held back and
// counted; resuming puts it on top.
//
// Invariant: rows are newest first, each position once, and never more than ROWS_MAX of them.

import { ROWS_MAX } from './limits.ts'
import type { TailEvent } from './views.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'refused'

export interface TailState {
  readonly rows: readonly TailEvent[]
  readonly held: readonly TailEvent[]
  /** How many came while paused, also those that no longer fit. */
  readonly heldCount: number
  readonly isPaused: boolean
  readonly connection: Connection
  /** Why the server refused the tail, for `refused`. */
  readonly refusal: string | undefined
}

export type TailAction =
  | { readonly kind: 'events'; readonly events: readonly TailEvent[] }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'connection'; readonly connection: Connection; readonly refusal?: string }

export const INITIAL_TAIL: TailState = {
  rows: [],
  held: [],
  heldCount: 0,
  isPaused: false,
  connection: 'connecting',
  refusal: undefined,
}

export function reduceTail(state: TailState, action: TailAction): TailState {
  switch (action.kind) {
    case 'events':
      return takeEvents(state, action.events)
    case 'pause':
      return { ...state, isPaused: true }
    case 'resume':
      return {
        ...state,
        rows: onTop(state.rows, state.held),
        held: [],
        heldCount: 0,
        isPaused: false,
      }
    case 'clear':
      return { ...state, rows: [], held: [], heldCount: 0 }
    case 'connection':
      return { ...state, connection: action.connection, refusal: action.refusal }
  }
}

/** `events` in the order in which they came. */
function takeEvents(state: TailState, events: readonly TailEvent[]): TailState {
  const newestFirst = events.toReversed()
  if (!state.isPaused) return { ...state, rows: onTop(state.rows, newestFirst) }
  const held = onTop(state.held, newestFirst)
  return { ...state, held, heldCount: state.heldCount + events.length }
}

// A stream that resumes may repeat what it had sent just before it broke.
function onTop(rows: readonly TailEvent[], newer: readonly TailEvent[]): readonly TailEvent[] {
  const known = new Set(rows.map((row) => row.position))
  return [...newer.filter((row) => !known.has(row.position)), ...rows].slice(0, ROWS_MAX)
}
