// Whether an event's data is as its schema says. Schemas come from a registry and are kept for a while; what has none is
// fine. In `warn` what differs is logged and goes on, in `strict` it is refused.

import { AppError, type Clock, describeError, isAppError, type Logger } from '../base/index.ts'
import type { Event } from '../event/index.ts'
import type { Validator, ValidatorCache } from '../schema/index.ts'
import { dataOf } from './record-event.ts'
import type { SchemaSettings } from './settings.ts'

/** The schema of a type of event as JSON text; undefined when there is none. Rejects when nobody can say. */
export type FindSchema = (type: string) => Promise<string | undefined>

export interface EventCheckOptions {
  readonly settings: SchemaSettings
  readonly find: FindSchema
  readonly validators: ValidatorCache
  readonly clock: Clock
  readonly logger: Logger
}

interface Kept {
  readonly validator: Promise<Validator | undefined>
  /** Monotonic. */
  readonly until: number
}

export class EventCheck {
  readonly #options: EventCheckOptions
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(options: EventCheckOptions) {
    this.#options = options
  }

  /** Why the event must not pass; undefined when it may. Rejects `SERVER_UNREACHABLE` when strict and nobody answers. */
  async faultOf(event: Event): Promise<string | undefined> {
    const { mode } = this.#options.settings
    if (mode === 'disabled') return undefined
    try {
      const validator = await this.#validatorOf(event.type)
      const faults = validator === undefined ? [] : this.#faultsOf(validator, event)
      if (faults.length === 0) return undefined
      const said = `event \`${event.id}\` is not as the schema of \`${event.type}\` says: ${faults.join('; ')}`
      if (mode === 'strict') return said
      this.#warn(event, said)
      return undefined
    } catch (error) {
      if (mode === 'strict' && !isAppError(error, 'SCHEMA_INVALID')) throw error
      this.#warn(event, `its schema could not be asked for: ${describeError(error)}`)
      return undefined
    }
  }

  #faultsOf(validator: Validator, event: Event): readonly string[] {
    const data = dataOf(event)
    return validator({ detail: data }).map(({ message }) =>
      message.replaceAll('$.detail', '$.data'),
    )
  }

  #validatorOf(type: string): Promise<Validator | undefined> {
    const { clock, settings } = this.#options
    const { enabled, ttl, maxSize } = settings.cache
    const known = this.#kept.get(type)
    if (known !== undefined && known.until > clock.monotonic()) return known.validator
    const validator = this.#load(type)
    if (!enabled) return validator
    this.#kept.delete(type)
    this.#kept.set(type, { validator, until: clock.monotonic() + ttl })
    // Who could not answer is asked again.
    validator.catch(() => this.#kept.delete(type))
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxSize) break
      this.#kept.delete(oldest)
    }
    return validator
  }

  async #load(type: string): Promise<Validator | undefined> {
    const content = await this.#options.find(type)
    if (content === undefined) return undefined
    return this.#options.validators.get({
      name: type,
      type: 'JSONSchemaDraft4',
      content: asDraft4(content),
    })
  }

  #warn(event: Event, text: string): void {
    this.#options.logger.warn('Event schema check', {
      event_id: event.id,
      event_type: event.type,
      fault: text,
    })
  }
}

/** Registries hold later drafts too; what of them draft 4 does not know is not checked. */
function asDraft4(content: string): string {
  let schema: unknown
  try {
    schema = JSON.parse(content)
  } catch (error) {
    throw new AppError('SCHEMA_INVALID', 'expected the schema to be JSON', { cause: error })
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return content
  const { $schema: _, $id: __, ...rest } = schema as Record<string, unknown>
  return JSON.stringify(rest)
}
