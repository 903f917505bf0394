// Everything that is wrong with a configuration, gathered so that one run names it all.

import { AppError } from '../base/index.ts'
import { CONFIG_FAULTS_MAX } from './limits.ts'

export class Faults {
  readonly #messages: string[] = []

  add(message: string): void {
    if (this.#messages.length < CONFIG_FAULTS_MAX) this.#messages.push(message)
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  /** Throws `CONFIG_INVALID` with every fault, one a line, unless there is none. */
  throwIfAny(): void {
    if (this.isEmpty) return
    const faults = [...this.#messages]
    const text =
      faults.length === 1
        ? `the configuration has a fault: ${faults[0]!}`
        : `the configuration has ${faults.length} faults:${faults.map((fault) => `\n  - ${fault}`).join('')}`
    throw new AppError('CONFIG_INVALID', text, { details: { faults } })
  }
}
