// The use cases of validation: how a bus holds events against schemas, and which versions a rule asks for. Neither is
// part of AWS's API.

import { type BusValidation, parseVersionRange, type Scope } from '../model/index.ts'
import { changeBus, serialKey } from './buses.ts'
import { fault } from './faults.ts'
import { resolveBusName } from './names.ts'
import { changeRule } from './rule-store.ts'
import { type RuleName, resolveRule } from './rules.ts'
import type { SchemaParts } from './schema-parts.ts'
import { findRegistry } from './schema-registries.ts'

export interface SchemaValidation {
  /** Holds the events of a bus against schemas from the next one on; undefined ends it. */
  setBus(
    scope: Scope,
    bus: string | undefined,
    validation: BusValidation | undefined,
  ): Promise<void>
  /** A rule gets only events of versions in this range, such as `^1`; undefined ends it. */
  setRule(scope: Scope, rule: RuleName, range: string | undefined): Promise<void>
}

export function createSchemaValidation(parts: SchemaParts): SchemaValidation {
  return {
    async setBus(scope, nameOrArn, validation) {
      if (validation !== undefined) await findRegistry(parts, scope, validation.registry)
      await changeBus(parts, scope, resolveBusName(scope, nameOrArn), (spec) => {
        const { validation: _, ...rest } = spec
        return validation === undefined ? rest : { ...rest, validation }
      })
      await parts.schemasSettled()
    },
    async setRule(scope, name, range) {
      if (range !== undefined && parseVersionRange(range) === undefined) {
        throw fault('version-range-invalid', { range })
      }
      const ref = await resolveRule(parts, scope, name)
      await parts.serial.run(serialKey(scope, ref.bus), () =>
        changeRule(parts, scope, ref, (spec) => {
          const { schemaVersions: _, ...rest } = spec
          return range === undefined ? rest : { ...rest, schemaVersions: range }
        }),
      )
      await parts.publisher.publish()
    },
  }
}
