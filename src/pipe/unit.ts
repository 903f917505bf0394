// What travels through a pipe: units, each one event and the records that stand or fall with it; and what became of
// the records.
//
// Invariant: a record is taken only when nothing that was made of it failed.

import type { SinkFailure, SourceRecord } from '../connect/index.ts'
import type { PipeEvent } from '../transform/index.ts'

export interface Unit {
  readonly event: PipeEvent
  readonly records: readonly SourceRecord[]
}

/** Why records were not taken, by record. */
export type Failures = Map<SourceRecord, SinkFailure>

export function failUnit(failures: Failures, unit: Unit, failure: SinkFailure): void {
  for (const record of unit.records) failures.set(record, failure)
}

/** Units of which no record has failed. */
export function withoutFailed(units: readonly Unit[], failures: Failures): readonly Unit[] {
  return units.filter((unit) => !hasFailed(unit, failures))
}

export function hasFailed(unit: Unit, failures: Failures): boolean {
  return unit.records.some((record) => failures.has(record))
}

/** Where order is promised, what lies behind a failed record of its group has not been taken either. */
export function holdBack(records: readonly SourceRecord[], failures: Failures): void {
  const held = new Set<string>()
  for (const record of records) {
    if (record.group === undefined) continue
    if (failures.has(record)) held.add(record.group)
    else if (held.has(record.group)) failures.set(record, HELD_BACK)
  }
}

export const HELD_BACK: SinkFailure = {
  code: 'HELD_BACK',
  message: 'a record before it in its group was not taken',
}
