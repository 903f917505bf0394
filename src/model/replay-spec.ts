// A replay: the events of an archive, from one time to another, on their way again.

import { FaultList, type Fields } from './fault-list.ts'
import type { Scope } from './kinds.ts'

export interface ReplaySpec extends Scope {
  readonly name: string
  readonly description?: string
  /** Name of the archive, and which of that name it was. */
  readonly archive: string
  readonly archiveUid: string
  /** Event times, whole seconds since the epoch, both included. */
  readonly earliest: number
  readonly latest: number
  /** Name of the bus that gets the events. */
  readonly bus: string
  /** ARNs of the only rules that get them; absent = all of the bus. */
  readonly ruleArns?: readonly string[]
  /** Events a second at most; absent = as fast as they are taken. */
  readonly ratePerSecond?: number
  /** Events archived before this, wall milliseconds, are past the archive's retention; absent = none is. */
  readonly archivedAfter?: number
  /** Who asked for it; absent in those of earlier versions. */
  readonly who?: string
}

const RULES_MAX = 100
const RATE_MAX = 1_000_000
const SECONDS_MAX = 253_402_300_799

export function checkReplay(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], { lengthMax: 64, pattern: /^[.\-_A-Za-z0-9]+$/ })
  faults.text('spec.description', spec['description'], {
    lengthMin: 0,
    lengthMax: 512,
    isOptional: true,
  })
  faults.text('spec.archive', spec['archive'], { lengthMax: 48 })
  faults.text('spec.archiveUid', spec['archiveUid'], { lengthMax: 64 })
  faults.text('spec.bus', spec['bus'], { lengthMax: 256 })
  const seconds = { min: -SECONDS_MAX, max: SECONDS_MAX }
  faults.integer('spec.earliest', spec['earliest'], seconds)
  faults.integer('spec.latest', spec['latest'], seconds)
  faults.integer('spec.ratePerSecond', spec['ratePerSecond'], {
    min: 1,
    max: RATE_MAX,
    isOptional: true,
  })
  faults.text('spec.who', spec['who'], { lengthMin: 0, lengthMax: 1024, isOptional: true })
  if (spec['ruleArns'] !== undefined) faults.items('spec.ruleArns', spec['ruleArns'], RULES_MAX)
}
