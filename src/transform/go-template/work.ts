// What one rendering may do: every node walked, value touched and character made is paid for, and so whatever a
// template says ends. Running out is an error like any other, but no function can catch it.

import { AppError } from '../../base/index.ts'
import { COST_MAX, TEXT_LENGTH_MAX } from './limits.ts'

export class Work {
  #left = COST_MAX

  spend(cost: number): void {
    this.#left -= cost
    if (this.#left < 0) throw tooMuch(`it does more than \`${COST_MAX}\` steps`)
  }

  /** Before a text is made that is longer than what it is made of. */
  spendText(length: number): void {
    if (length > TEXT_LENGTH_MAX)
      throw tooMuch(`it makes a text of over \`${TEXT_LENGTH_MAX}\` characters`)
    this.spend(length / 16)
  }
}

/** A text that grows, and stops at the bound. */
export class GrowingText {
  readonly #work: Work
  readonly #parts: string[] = []
  #length = 0

  constructor(work: Work) {
    this.#work = work
  }

  write(text: string): void {
    this.#length += text.length
    if (this.#length > TEXT_LENGTH_MAX) this.#work.spendText(this.#length)
    this.#work.spend(1 + text.length / 16)
    this.#parts.push(text)
  }

  toString(): string {
    return this.#parts.join('')
  }
}

function tooMuch(why: string): AppError {
  return new AppError('LIMIT_EXCEEDED', `the template is stopped: ${why}`)
}
