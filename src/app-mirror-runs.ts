// Mirrors as operations: they run in the server, whoever listens, and go on after a restart where their group was.

import { prepareMirror } from './app-mirror.ts'
import type { MirrorWish } from './api/index.ts'
import { AppError, type Clock } from './base/index.ts'
import {
  type FindBroker,
  groupIsBehind,
  type MirrorProgress,
  mirrorTopic,
} from './connect/index.ts'
import type { OperationPlan, OperationWish, OperationWork, Step } from './operation/index.ts'

/** Copied at once at most. */
const BATCH_MAX = 1000
const THE_REST = 'the rest'

interface Run {
  readonly name: string
  readonly stop: AbortController
  readonly progress: AsyncGenerator<MirrorProgress>
  copied: number
}

export function mirrorFilter(wish: MirrorWish): OperationWish['filter'] {
  const { isUntilEnd, ...texts } = wish
  const given = Object.entries(texts).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return { ...Object.fromEntries(given), ...(isUntilEnd ? { untilEnd: '1' } : {}) }
}

export class MirrorRuns implements OperationWork {
  readonly stepMax: number = BATCH_MAX
  readonly isPatient = true as const
  readonly #find: FindBroker
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()

  constructor(find: FindBroker, clock: Clock) {
    this.#find = find
    this.#clock = clock
  }

  /** What is not copied yet. */
  async count(wish: OperationWish): Promise<number> {
    const { from, group } = prepareMirror(wishOf(wish), this.#find, this.#clock)
    return groupIsBehind(from, group)
  }

  async step(plan: OperationPlan, limit: number, signal: AbortSignal): Promise<Step> {
    const run = this.#runs.get(plan.id) ?? this.#open(plan, limit)
    const stop = (): void => run.stop.abort()
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    try {
      const next = await run.progress.next()
      if (next.done === true) {
        await this.leave(plan.id)
        const isOver = !signal.aborted
        return { seen: 0, changed: 0, ...(isOver ? {} : { after: THE_REST }) }
      }
      const { copied, behind } = next.value
      const count = copied - run.copied
      run.copied = copied
      return { seen: count, changed: count, left: behind, after: THE_REST }
    } catch (error) {
      await this.leave(plan.id)
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async leave(id: string): Promise<void> {
    const run = this.#runs.get(id)
    if (run === undefined) return
    this.#runs.delete(id)
    run.stop.abort()
    await run.progress.return(undefined)
  }

  #open(plan: OperationPlan, recordsMax: number): Run {
    const wish = wishOf(plan)
    for (const { name } of this.#runs.values()) if (name === wish.name) throw runsAlready(name)
    const stop = new AbortController()
    const options = { ...prepareMirror(wish, this.#find, this.#clock), recordsMax }
    const run = { name: wish.name, stop, progress: mirrorTopic(options, stop.signal), copied: 0 }
    this.#runs.set(plan.id, run)
    return run
  }
}

export function runsAlready(name: string): AppError {
  return new AppError('RESOURCE_CONFLICT', `a mirror \`${name}\` runs already; cancel it first`)
}

function wishOf({ filter }: OperationWish): MirrorWish {
  const { name = '', from = '', to = '', path, template, paths, untilEnd } = filter
  return { name, from, to, path, template, paths, isUntilEnd: untilEnd === '1' }
}
