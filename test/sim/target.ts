// A simulated target and a simulated dead-letter queue: what the outside world saw, which no crash of ours
// can undo.

import type { Sink, SinkMessage, SinkResult } from '../../src/connect/index.ts'
import type { Mood, TargetPlan } from './scenario.ts'
import type { World } from './world.ts'

/** A sink gives up on a target that hangs after this long, simulated milliseconds. */
const TIMEOUT_MS = 5000

export interface Arrival {
  readonly eventId: string
  readonly at: number
  readonly attempt: number
  readonly result: SinkResult['kind']
  /** The process that made the attempt. */
  readonly epoch: number
  /** Taken in, whatever was answered. */
  readonly isProcessed: boolean
}

export class SimulatedTarget {
  readonly plan: TargetPlan
  mood: Mood = 'ok'
  /** In the order in which the target was done with them. */
  readonly arrivals: Arrival[] = []
  /** What the process was told, in that order. */
  readonly ends: { readonly at: number; readonly epoch: number; readonly isFailure: boolean }[] = []
  readonly starts: { readonly at: number; readonly epoch: number }[] = []
  readonly #world: World

  constructor(world: World, plan: TargetPlan) {
    this.#world = world
    this.plan = plan
  }

  /** What one process holds of this target; answers reach it only while its clock lives. */
  open(epoch: number, isAlive: () => boolean): Sink {
    const { plan } = this
    return {
      batchMax: plan.batchMax,
      concurrencyMax: plan.concurrencyMax,
      send: (batch) => this.#receive(batch, epoch, isAlive),
      close: async () => {},
    }
  }

  #receive(
    batch: readonly SinkMessage[],
    epoch: number,
    isAlive: () => boolean,
  ): Promise<readonly SinkResult[]> {
    const mood = this.mood === 'flap' ? this.#world.pick(['ok', 'error'] as const) : this.mood
    const { delayMs, isProcessed, result } = this.#react(mood)
    for (const _ of batch) this.starts.push({ at: this.#world.now, epoch })
    return new Promise((resolve) => {
      this.#world.at(isProcessed ? delayMs / 2 : delayMs, () => {
        for (const message of batch)
          this.#note(message, { epoch, isProcessed, result: result.kind })
        this.#world.at(isProcessed ? delayMs / 2 : 0, () => {
          if (!isAlive()) return
          const end = { at: this.#world.now, epoch, isFailure: result.kind === 'retry' }
          for (const _ of batch) this.ends.push(end)
          resolve(batch.map(() => result))
        })
      })
    })
  }

  #note(message: SinkMessage, arrival: Pick<Arrival, 'epoch' | 'isProcessed' | 'result'>): void {
    const { eventId, attempt } = message
    this.#world.trace(attempt + eventId.length)
    this.arrivals.push({ eventId, attempt, at: this.#world.now, ...arrival })
  }

  #react(mood: Mood): { delayMs: number; isProcessed: boolean; result: SinkResult } {
    const quickMs = this.#world.integer(1, 30)
    switch (mood) {
      case 'ok':
      case 'flap':
        return { delayMs: quickMs, isProcessed: true, result: { kind: 'delivered' } }
      case 'slow':
        return {
          delayMs: this.#world.integer(200, 4000),
          isProcessed: true,
          result: { kind: 'delivered' },
        }
      case 'hang':
        return { delayMs: TIMEOUT_MS, isProcessed: false, result: retry('TIMEOUT') }
      case 'answer-lost':
        return { delayMs: TIMEOUT_MS, isProcessed: true, result: retry('TIMEOUT') }
      case 'error':
        return { delayMs: quickMs, isProcessed: false, result: retry('SDK_CLIENT_ERROR') }
      case 'throttle':
        return {
          delayMs: quickMs,
          isProcessed: false,
          result: { ...retry('THROTTLING'), afterMs: 3000 },
        }
      case 'refuse':
        return {
          delayMs: quickMs,
          isProcessed: false,
          result: { kind: 'dead', failure: { code: 'NO_PERMISSIONS', message: 'refused' } },
        }
    }
  }
}

function retry(code: string): Extract<SinkResult, { kind: 'retry' }> {
  return { kind: 'retry', failure: { code, message: 'simulated' } }
}

/** A dead-letter queue whose sends take time and may fail; what it answered for, it has. */
export class SimulatedDeadLetters {
  readonly letters: string[] = []
  readonly #world: World
  readonly #failure: number

  constructor(world: World, failure: number) {
    this.#world = world
    this.#failure = failure
  }

  send(letter: string, isAlive: () => boolean): Promise<boolean> {
    const isFailing = this.#world.chance(this.#failure)
    return new Promise((resolve, reject) => {
      this.#world.at(this.#world.integer(1, 50), () => {
        if (!isFailing) this.letters.push(letter)
        if (!isAlive()) return
        if (isFailing) reject(new Error('simulated dead-letter queue failure'))
        else resolve(true)
      })
    })
  }
}
