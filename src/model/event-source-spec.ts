// Partner event sources: what a partner offers to one account, which takes it up by making a bus of its name.

import type { FaultList, Fields } from './fault-list.ts'
import type { Scope } from './kinds.ts'

export interface EventSourceSpec extends Scope {
  /** `aws.partner/PARTNER/…`; the bus that takes it up has the same name. */
  readonly name: string
  /** Who puts its events. */
  readonly partnerAccount: string
  /** `PENDING` until there is a bus, and while it is deactivated. */
  readonly state: 'PENDING' | 'ACTIVE' | 'DELETED'
  /** Whole seconds since the epoch. */
  readonly stateSince: number
}

export function checkEventSource(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], {
    lengthMax: 256,
    pattern: /^aws\.partner(\/[.\-_A-Za-z0-9]+){2,}$/,
  })
  faults.text('spec.partnerAccount', spec['partnerAccount'], { lengthMax: 12, pattern: /^\d{12}$/ })
  faults.oneOf('spec.state', spec['state'], ['PENDING', 'ACTIVE', 'DELETED'])
  faults.integer('spec.stateSince', spec['stateSince'], { min: 0, max: Number.MAX_SAFE_INTEGER })
}
