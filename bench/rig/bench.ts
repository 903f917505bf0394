// What scenarios share: how long to measure, where to put data, and the yardsticks, measured once a run.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome } from './figure.ts'

export interface BenchOptions {
  readonly isQuick: boolean
  readonly isFull: boolean
}

export type Scenario = (bench: Bench) => Promise<Outcome>

export class Bench {
  readonly isFull: boolean
  readonly warmMs: number
  readonly measureMs: number
  readonly isQuick: boolean
  /** Where the server's CPU profiles go; undefined when none are taken. */
  profileFolder: string | undefined
  readonly #once = new Map<string, Promise<unknown>>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))

  constructor({ isQuick, isFull }: BenchOptions) {
    this.isQuick = isQuick
    this.isFull = isFull
    this.warmMs = isQuick ? 1500 : 3000
    this.measureMs = isQuick ? 2000 : 5000
  }

  /** A new folder on the machine's disk; it goes with the run. */
  folder(): string {
    return mkdtempSync(join(this.#folder, 'run-'))
  }

  /** What several scenarios compare with is measured by the first that asks. */
  once<T>(name: string, measure: () => Promise<T>): Promise<T> {
    const known = this.#once.get(name) as Promise<T> | undefined
    if (known !== undefined) return known
    const measured = measure()
    this.#once.set(name, measured)
    return measured
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
