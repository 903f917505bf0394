// The use cases, one file per resource. Nothing else writes resources, and whatever changes routing is live
// before its call resolves.

import type { Clock } from '../base/index.ts'
import { type Buses, createBuses } from './buses.ts'
import { testPattern } from './patterns.ts'
import { createPermissions, type Permissions } from './permissions.ts'
import type { ControlParts, Publisher, ResourceClient } from './resources.ts'
import { createRules, type Rules } from './rules.ts'
import { Serial } from './serial.ts'
import { createTagUses, type TagUses } from './tags.ts'
import { createTargets, type Targets } from './targets.ts'

export interface ControlOptions {
  readonly resources: ResourceClient
  readonly publisher: Publisher
  readonly clock: Pick<Clock, 'now'>
  /** Refuse what AWS refuses, also where we can do more. */
  readonly strict: boolean
}

export interface Control {
  readonly buses: Buses
  readonly rules: Rules
  readonly targets: Targets
  readonly tags: TagUses
  readonly permissions: Permissions
  /** Whether a pattern matches an event, both JSON text. */
  testPattern(pattern: string, event: string): boolean
}

export function createControl(options: ControlOptions): Control {
  const parts: ControlParts = { ...options, serial: new Serial() }
  return {
    buses: createBuses(parts),
    rules: createRules(parts),
    targets: createTargets(parts),
    tags: createTagUses(parts),
    permissions: createPermissions(parts),
    testPattern,
  }
}
