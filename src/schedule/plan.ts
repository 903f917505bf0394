// What the clock has to know of a schedule, whichever resource it stands for, and when its occurrences fire.
//
// Invariant: of two occurrences of one plan the earlier fires before the later, also within flexible windows.

import { createHash } from 'node:crypto'
import type { Timeline } from '../expression/index.ts'

export interface Firing {
  readonly plan: Plan
  /** The occurrence, named by the expression; whole seconds in milliseconds. */
  readonly nominalMs: number
  readonly eventId: string
}

export interface Plan {
  /** Key of the routed rule whose targets get the firings. */
  readonly key: string
  readonly kind: 'rule' | 'schedule'
  readonly arn: string
  /** The bus on which that rule is routed. */
  readonly busKey: string
  readonly account: string
  readonly region: string
  readonly timeline: Timeline
  /** Nothing that occurs before this fires: it is when the schedule came to be, or was changed or resumed. */
  readonly sinceMs: number
  /** A firing may come this much later than its occurrence; 0 for at once. */
  readonly windowMs: number
  /** What a firing says; its detail is JSON text. */
  readonly event: (firing: Firing) => FiringContent
}

export interface FiringContent {
  readonly source: string
  readonly detailType: string
  readonly detail: string
}

/** When an occurrence fires: somewhere in its window, always at the same place of it, and before the next one. */
export function fireTime({ key, timeline, windowMs }: Plan, nominalMs: number): number {
  if (windowMs === 0) return nominalMs
  const next = timeline.next(nominalMs) ?? Number.POSITIVE_INFINITY
  const roomMs = Math.min(windowMs, next - nominalMs)
  const share = hashOf(key, nominalMs).readUInt32BE(0) / 2 ** 32
  return nominalMs + Math.floor((share * roomMs) / 1000) * 1000
}

/** The id of an occurrence's event: the same one however often it is worked out. */
export function firingId(key: string, nominalMs: number): string {
  const bytes = hashOf(key, nominalMs).subarray(0, 16)
  // RFC 9562, version 8: made of whatever its maker chose.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return `${parts.join('-')}-${hex.slice(20)}`
}

function hashOf(key: string, nominalMs: number): Buffer {
  return createHash('sha256').update(`${key}/${nominalMs}`).digest()
}
