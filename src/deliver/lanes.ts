// The lanes of this process, one per target of a rule, and which of them a delivery takes.
//
// Invariant: a lane sends to its target as it is now, whatever form of it an event was matched with.

import type { Clock } from '../base/index.ts'
import type { Sink } from '../connect/index.ts'
import type { Delivery, RoutedRule, Target } from '../model/index.ts'
import { Breaker, BREAKER_DEFAULTS, type BreakerOptions, type BreakerSnapshot } from './breaker.ts'
import { Lane, laneKey } from './lane.ts'

export interface CurrentTarget {
  readonly rule: RoutedRule
  readonly target: Target
}

export interface LanesOptions {
  /** The rule and target as they are now; undefined when either is gone. */
  readonly findTarget: (ruleKey: string, targetId: string) => CurrentTarget | undefined
  /** The sink at an address, shared by all targets there; undefined when nothing serves it. */
  readonly openSink: (address: string) => Sink | undefined
  /** Breakers that were not closed when the process last ended, and where to keep them. */
  readonly breakers?: BreakerMemory
  readonly breakerOptions?: BreakerOptions
  readonly clock: Clock
}

export interface BreakerMemory {
  readonly snapshots: ReadonlyMap<string, BreakerSnapshot>
  save(laneKey: string, snapshot: BreakerSnapshot | undefined): void
}

export interface LaneStatus {
  readonly key: string
  readonly rule: string
  readonly targetId: string
  readonly address: string
  readonly breaker: 'closed' | 'open' | 'half-open'
  readonly waiting: number
  readonly sending: number
  readonly pendingRows: number
}

export class Lanes {
  readonly #options: LanesOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #laneOfTarget = new WeakMap<Target, Lane>()

  constructor(options: LanesOptions) {
    this.#options = options
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#lanes.values()
  }

  of(delivery: Delivery): Lane {
    const known = this.#laneOfTarget.get(delivery.target)
    if (known !== undefined && this.#lanes.get(known.key) === known) return known
    const { rule, target } =
      this.#options.findTarget(delivery.rule.key, delivery.target.id) ?? delivery
    const lane = this.open(rule, target)
    this.#laneOfTarget.set(delivery.target, lane)
    return lane
  }

  /** The lane of a target, which from now on sends to this form of it. */
  open(rule: RoutedRule, target: Target): Lane {
    const key = laneKey(rule.key, target.id)
    const known = this.#lanes.get(key)
    if (known !== undefined) {
      if (known.target !== target) {
        known.sink = this.#options.openSink(target.address)
        known.rule = rule
        known.target = target
      }
      return known
    }
    const { clock, breakerOptions = BREAKER_DEFAULTS, breakers } = this.#options
    const breaker = new Breaker(clock, breakerOptions, breakers?.snapshots.get(key))
    const lane = new Lane(rule, target, this.#options.openSink(target.address), breaker)
    this.#lanes.set(key, lane)
    return lane
  }

  /** The lane of a target that was already gone when the process began: only its rows are left. */
  openGone({ ruleKey, targetId }: { readonly ruleKey: string; readonly targetId: string }): Lane {
    const rule = { key: ruleKey, name: '', arn: '', busKey: '', pattern: '', targets: [] }
    return this.open(rule, { id: targetId, address: '' })
  }

  /** Nothing is left of the target; its breaker is forgotten with it. */
  delete(lane: Lane): void {
    this.#lanes.delete(lane.key)
    if (lane.breaker.state !== 'closed') this.#options.breakers?.save(lane.key, undefined)
  }

  statuses(): readonly LaneStatus[] {
    return Array.from(this.#lanes.values(), (lane) => ({
      key: lane.key,
      rule: lane.rule.name,
      targetId: lane.target.id,
      address: lane.target.address,
      breaker: lane.breaker.state,
      waiting: lane.waiting.length,
      sending: lane.sending,
      pendingRows: lane.pendingRows,
    }))
  }
}
