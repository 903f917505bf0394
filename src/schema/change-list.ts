// The changes between two schemas, as they are found.
//
// Invariant: of each direction that is broken at least one change is listed, however many there are.

import type { ChangeLevel } from '../model/index.ts'
import { CHANGES_MAX } from './limits.ts'

export type Direction = 'backward' | 'forward'

export interface SchemaChange {
  /** As `$.detail.size`; list items are `[]`. */
  readonly path: string
  readonly message: string
  /** Empty for what breaks nobody. */
  readonly breaks: readonly Direction[]
}

export const BOTH: readonly Direction[] = ['backward', 'forward']

export class ChangeList {
  readonly changes: SchemaChange[] = []
  readonly broken: Set<Direction> = new Set()

  add(path: string, message: string, breaks: readonly Direction[] = []): void {
    const isNews = breaks.some((direction) => !this.broken.has(direction))
    for (const direction of breaks) this.broken.add(direction)
    if (isNews || this.changes.length < CHANGES_MAX) this.changes.push({ path, message, breaks })
  }

  level(): ChangeLevel {
    if (this.broken.size > 0) return 'major'
    return this.changes.length > 0 ? 'minor' : 'patch'
  }
}
