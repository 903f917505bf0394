// What one seed draws: its own subset of faults and its own rates. Many seeds have few faults or none, because
// a fault-free run catches other mistakes.

import type { World } from './world.ts'

export type Mood = 'ok' | 'slow' | 'hang' | 'answer-lost' | 'error' | 'throttle' | 'refuse' | 'flap'

export const MOODS: readonly Mood[] = [
  'ok',
  'slow',
  'hang',
  'answer-lost',
  'error',
  'throttle',
  'refuse',
  'flap',
]

export interface TargetPlan {
  readonly id: string
  readonly address: string
  readonly attemptsMax?: number
  readonly ageSecondsMax?: number
  readonly hasDeadLetterQueue: boolean
  readonly batchMax: number
  readonly concurrencyMax: number
}

export interface Scenario {
  /** How long events are put and faults happen, simulated milliseconds. */
  readonly durationMs: number
  readonly events: number
  readonly batchMax: number
  readonly isKeyed: boolean
  readonly targets: readonly TargetPlan[]
  /** Moments at which everything comes together: events, changes of the rules, sometimes a crash. */
  readonly bursts: readonly number[]
  /** Mean time between changes of a target's mood, milliseconds; undefined for always ok. */
  readonly moodMs?: number
  /** Mean time between crashes of the process, milliseconds; undefined for none. */
  readonly crashMs?: number
  /** Mean time between changes of the rules, milliseconds; undefined for none. */
  readonly ruleChangeMs?: number
  readonly deadLetterFailure: number
  readonly fsyncFailure: number
  readonly logLatencyMs: number
  readonly storeLatencyMs: number
  readonly windowMax: number
}

export function drawScenario(world: World): Scenario {
  const durationMs = world.pick([20_000, 60_000, 300_000])
  const isFaulty = world.chance(0.85)
  const draw = (probability: number, meanMs: number): { readonly ms?: number } =>
    isFaulty && world.chance(probability) ? { ms: meanMs } : {}
  const mood = draw(0.8, world.pick([2000, 10_000, 60_000]))
  const crash = draw(0.6, durationMs / world.integer(1, 6))
  const ruleChange = draw(0.4, durationMs / world.integer(2, 10))
  return {
    durationMs,
    events: world.integer(5, 80),
    batchMax: world.pick([1, 3, 10]),
    isKeyed: world.chance(0.3),
    bursts: world.chance(0.4)
      ? Array.from({ length: world.integer(1, 3) }, () => world.random.next() * durationMs * 0.8)
      : [],
    targets: Array.from({ length: world.integer(1, 3) }, (_, index) => drawTarget(world, index)),
    ...(mood.ms === undefined ? {} : { moodMs: mood.ms }),
    ...(crash.ms === undefined ? {} : { crashMs: crash.ms }),
    ...(ruleChange.ms === undefined ? {} : { ruleChangeMs: ruleChange.ms }),
    deadLetterFailure: isFaulty && world.chance(0.3) ? 0.3 : 0,
    fsyncFailure: isFaulty && world.chance(0.15) ? 0.02 : 0,
    logLatencyMs: world.pick([1, 5, 40]),
    storeLatencyMs: world.pick([1, 5, 40]),
    windowMax: world.pick([4, 16, 1000]),
  }
}

function drawTarget(world: World, index: number): TargetPlan {
  return {
    id: `t${index}`,
    address: `sim:${index}`,
    ...(world.chance(0.5) ? { attemptsMax: world.integer(0, 6) } : {}),
    ...(world.chance(0.3) ? { ageSecondsMax: world.pick([60, 600, 3600]) } : {}),
    hasDeadLetterQueue: world.chance(0.5),
    batchMax: world.pick([1, 1, 10]),
    concurrencyMax: world.pick([1, 2, 8]),
  }
}
