// Targets that said they are gone for good. Nothing is sent to one until it is changed or put anew; what was meant for
// it is dead at once, with its dead letter, so that it can be sent again later.
//
// Invariant: a disablement holds for the form of a target that was refused, and for no other.

import { createHash } from 'node:crypto'
import type { Clock, Logger } from '../base/index.ts'
import type { SinkFailure } from '../connect/index.ts'
import type { Target } from '../model/index.ts'
import type { Lane } from './lane.ts'
import type { CurrentTarget } from './lanes.ts'

/** What outlives a restart. */
export interface Disablement {
  readonly ruleKey: string
  readonly targetId: string
  /** Of the target as it was: a hash, because a target may hold what should lie in one place only. */
  readonly fingerprint: string
  /** Wall milliseconds. */
  readonly since: number
  readonly reason: string
}

export interface DisablementMemory {
  readonly snapshots: ReadonlyMap<string, Disablement>
  save(laneKey: string, disablement: Disablement | undefined): void
}

export interface DisabledTargetsOptions {
  /** Where disablements are kept; only in this process when absent. */
  readonly disablements?: DisablementMemory
  readonly findTarget: (ruleKey: string, targetId: string) => CurrentTarget | undefined
  readonly clock: Clock
  readonly logger: Logger
}

export class DisabledTargets {
  readonly #options: DisabledTargetsOptions
  readonly #memory: DisablementMemory

  constructor(options: DisabledTargetsOptions) {
    this.#options = options
    this.#memory = options.disablements ?? createMemory()
  }

  /** Why nothing may be sent to the lane's target; undefined when something may. */
  failureOf(lane: Lane): SinkFailure | undefined {
    if (this.#memory.snapshots.size === 0) return undefined
    const disablement = this.#memory.snapshots.get(lane.key)
    if (disablement === undefined) return undefined
    const message = `the target is disabled until it is changed: ${disablement.reason}`
    return { code: 'NO_RESOURCE', message }
  }

  /** `target` is the form that was asked; when the lane has another by now, nothing is known against that. */
  disable(lane: Lane, target: Target, { message }: SinkFailure): void {
    if (lane.target !== target || this.#memory.snapshots.has(lane.key)) return
    const { clock, logger } = this.#options
    const place = { ruleKey: lane.rule.key, targetId: target.id }
    const since = clock.now()
    const fingerprint = fingerprintOf(target)
    this.#memory.save(lane.key, { ...place, fingerprint, since, reason: message })
    const fields = { rule: lane.rule.name, ...place, address: target.address, reason: message }
    logger.warn('a target was disabled', fields)
  }

  /** Targets that were changed since, put anew or removed are disabled no longer. */
  review(): void {
    for (const [key, { ruleKey, targetId, fingerprint }] of this.#memory.snapshots) {
      const current = this.#options.findTarget(ruleKey, targetId)
      if (current !== undefined && fingerprintOf(current.target) === fingerprint) continue
      this.#memory.save(key, undefined)
      const why = current === undefined ? 'it was removed' : 'it was changed'
      this.#options.logger.warn('a target is no longer disabled', { ruleKey, targetId, why })
    }
  }
}

function fingerprintOf(target: Target): string {
  return createHash('sha256').update(JSON.stringify(target)).digest('hex')
}

function createMemory(): DisablementMemory {
  const snapshots = new Map<string, Disablement>()
  return {
    snapshots,
    save(key, disablement) {
      if (disablement === undefined) snapshots.delete(key)
      else snapshots.set(key, disablement)
    },
  }
}
