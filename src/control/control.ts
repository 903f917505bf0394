// The use cases, one file per resource. Nothing else writes resources, and whatever changes routing is live
// before its call resolves.

import { type Clock, type Logger, type Random, silentLogger } from '../base/index.ts'
import { ValidatorCache } from '../schema/index.ts'
import { type ApiDestinations, createApiDestinations } from './api-destinations.ts'
import type { BusAccess } from './bus-access.ts'
import { type Buses, createBuses } from './buses.ts'
import { type ConnectionParts, type Connections, createConnections } from './connections.ts'
import { createDeclared, type Declared } from './declared.ts'
import { createEndpoints, type Endpoints } from './endpoints.ts'
import { createEventSources, type EventSources } from './event-sources.ts'
import { testPattern } from './patterns.ts'
import { createPermissions, type Permissions } from './permissions.ts'
import type { ControlParts, Publisher, ResourceClient } from './resources.ts'
import { createRules, type Rules } from './rules.ts'
import { createScheduleGroups, type ScheduleGroups } from './schedule-groups.ts'
import { createSchedules, type Schedules } from './schedules.ts'
import { createSchemaUses, type SchemaUses } from './schema-uses.ts'
import { Serial } from './serial.ts'
import { shareRules, shareTargets } from './shared-buses.ts'
import { createTagUses, type TagUses } from './tags.ts'
import { createTargets, type Targets } from './targets.ts'

export interface ControlOptions {
  readonly resources: ResourceClient
  readonly publisher: Publisher
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** Of schemas; shared with whoever holds events against them. */
  readonly validators?: ValidatorCache
  /** Resolves once ingress and discovery go by what was written. */
  readonly schemasSettled?: () => Promise<void>
  /** Refuse what AWS refuses, also where we can do more. */
  readonly strict: boolean
  readonly connections: ConnectionParts
  readonly logger?: Logger
  /** Who may use whose bus. */
  readonly access: BusAccess
}

export interface Control {
  readonly buses: Buses
  readonly rules: Rules
  readonly targets: Targets
  readonly tags: TagUses
  readonly permissions: Permissions
  readonly schemas: SchemaUses
  readonly connections: Connections
  readonly apiDestinations: ApiDestinations
  readonly schedules: Schedules
  readonly scheduleGroups: ScheduleGroups
  readonly endpoints: Endpoints
  readonly eventSources: EventSources
  readonly declared: Declared
  /** Whether a pattern matches an event, both JSON text. */
  testPattern(pattern: string, event: string): boolean
}

export function createControl(options: ControlOptions): Control {
  const { access } = options
  const parts: ControlParts = { ...options, serial: new Serial() }
  return {
    buses: createBuses(parts),
    rules: shareRules(createRules(parts), access),
    targets: shareTargets(createTargets(parts), access),
    tags: createTagUses(parts),
    permissions: createPermissions(parts),
    schemas: createSchemaUses({
      ...parts,
      random: options.random,
      validators: options.validators ?? new ValidatorCache(),
      schemasSettled: options.schemasSettled ?? (() => Promise.resolve()),
    }),
    connections: createConnections(parts, options.connections),
    eventSources: createEventSources(parts),
    declared: createDeclared(parts),
    endpoints: createEndpoints(parts, options.connections.random),
    apiDestinations: createApiDestinations(parts, options.connections),
    schedules: createSchedules(parts),
    scheduleGroups: createScheduleGroups(parts, options.logger ?? silentLogger),
    testPattern,
  }
}
