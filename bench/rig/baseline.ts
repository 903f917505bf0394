// What the ratios were when somebody last looked closely, and how far below that a run may stay. Ratios only: they
// hold on any machine, where rates do not. Both are set by hand.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../tools/tree.ts'
import type { Outcome } from './figure.ts'

const PATH = join(ROOT, 'bench/baseline.json')

interface Remembered {
  readonly scenario: string
  readonly figure: string
  readonly value: number
  /** The share of `value` below which something is wrong rather than busy. */
  readonly toleratedShare: number
}

/** What stands too far below the baseline, as sentences. */
export function compareWithBaseline(outcomes: readonly Outcome[]): string[] {
  const { ratios } = JSON.parse(readFileSync(PATH, 'utf8')) as { ratios: readonly Remembered[] }
  return ratios.flatMap(({ scenario, figure, value, toleratedShare }) => {
    const outcome = outcomes.find((candidate) => candidate.scenario === scenario)
    const found = outcome?.figures.find(({ name }) => name === figure)
    const least = value * toleratedShare
    if (found === undefined || found.value >= least) return []
    return [
      `${scenario}: \`${figure}\` is ${found.value.toPrecision(3)}; the baseline is ${value}, ` +
        `and less than ${least.toPrecision(3)} is more than a busy machine explains`,
    ]
  })
}
