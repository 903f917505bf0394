// What the use cases of schemas are made of: those of every other, and the compiled validators that ingress shares.

import type { Random } from '../base/index.ts'
import type { ValidatorCache } from '../schema/index.ts'
import type { ControlParts } from './resources.ts'

export interface SchemaParts extends ControlParts {
  readonly validators: ValidatorCache
  readonly random: Random
  /** Resolves once ingress and discovery go by what was written. */
  readonly schemasSettled: () => Promise<void>
}
