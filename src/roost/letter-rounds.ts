// Tries dead letters again, by itself every so often and when somebody says so, and lets the old ones go.

import { type Clock, describeError, type Logger, wait } from '../base/index.ts'
import type { DeadLetter, DeadLetters, LetterHead } from './dead-letters.ts'
import { LETTERS_PER_CALL_MAX } from './limits.ts'

export interface LetterRoundsOptions {
  readonly letters: DeadLetters
  readonly intervalMs: number
  /** Once; whether it went. */
  readonly deliver: (letter: DeadLetter) => Promise<boolean>
  /** Whether it is of use to try what is to be published. */
  readonly canPublish: () => boolean
  /** Lets go of what else is too old; answers how much. */
  readonly expireMore: () => Promise<number>
  readonly clock: Clock
  readonly logger: Logger
}

export interface LetterFilter {
  readonly ids?: readonly string[]
  /** With or without its prefix. */
  readonly type?: string
  readonly limit?: number
}

export interface RedriveResult {
  readonly seen: number
  readonly redriven: number
  readonly failed: number
}

export class LetterRounds {
  readonly #options: LetterRoundsOptions
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  /** One pass at a time, so that no letter is delivered by two. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: LetterRoundsOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Held ones too: whoever asks has mended something. */
  redrive(filter: LetterFilter = {}): Promise<RedriveResult> {
    return this.#inTurn(() => this.#pass(select(this.#options.letters.heads(), filter)))
  }

  purge(filter: LetterFilter = {}): Promise<number> {
    return this.#inTurn(async () => {
      const heads = select(this.#options.letters.heads(), filter)
      for (const { id } of heads) await this.#options.letters.remove(id)
      return heads.length
    })
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await this.#last.catch(() => {})
  }

  async #run(): Promise<void> {
    const { clock, intervalMs, letters, canPublish, expireMore, logger } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      await wait(clock, intervalMs, signal)
      if (signal.aborted) return
      try {
        await this.#inTurn(async () => {
          await letters.refresh()
          const expired = await letters.expire()
          if (expired > 0) logger.warn('dead letters were too old and are gone', { count: expired })
          await expireMore()
          const due = letters.heads().filter(({ isHeld }) => !isHeld)
          const tried = due.filter(({ way }) => way === 'in' || canPublish())
          if (tried.length > 0) await this.#pass(tried.slice(0, LETTERS_PER_CALL_MAX))
        })
      } catch (error) {
        logger.error('dead letters could not be looked at', { error: describeError(error) })
      }
    }
  }

  async #pass(heads: readonly LetterHead[]): Promise<RedriveResult> {
    const { letters, deliver, logger } = this.#options
    let redriven = 0
    let failed = 0
    for (const { id, type } of heads) {
      if (this.#stop.signal.aborted) break
      const letter = await letters.get(id)
      if (letter === undefined) continue
      const isDone = await deliver(letter)
      if (isDone) {
        await letters.remove(id)
        redriven += 1
        logger.info('dead letter redriven', {
          letter: id,
          event_id: letter.eventId,
          event_type: type,
        })
      } else failed += 1
    }
    return { seen: heads.length, redriven, failed }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run, run)
    this.#last = turn
    return turn
  }
}

function select(
  heads: readonly LetterHead[],
  { ids, type, limit = LETTERS_PER_CALL_MAX }: LetterFilter,
): readonly LetterHead[] {
  const wanted = type?.replace(/^io\.roost-keeper\./, '').replace(/^roost\./, '')
  return heads
    .filter((head) => ids === undefined || ids.includes(head.id))
    .filter((head) => wanted === undefined || head.type === wanted)
    .slice(0, Math.min(limit, LETTERS_PER_CALL_MAX))
}
