// The run as people and machines read it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../tools/tree.ts'
import { misses, type Figure, type Outcome } from './figure.ts'

export const RESULTS: string = join(ROOT, 'bench/results')

const NAME_WIDTH = 38
const VALUE_WIDTH = 22

export interface Report {
  readonly startedAt: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly outcomes: readonly Outcome[]
  readonly faults: readonly string[]
}

export function describeMachine(): Report['machine'] {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryMib: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    node: process.version,
  }
}

export function formatOutcome({ scenario, figures, notes }: Outcome): string {
  const lines = figures.map((figure) => `  ${formatFigure(figure)}`)
  return [scenario, ...lines, ...notes.map((note) => `  note: ${note}`), ''].join('\n')
}

/** Into a file of its own, named by when the run began. */
export function saveReport(report: Report): string {
  mkdirSync(RESULTS, { recursive: true })
  const path = join(RESULTS, `${report.startedAt.replaceAll(':', '-')}.json`)
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
  return path
}

function formatFigure(figure: Figure): string {
  const value = `${formatValue(figure)} ${figure.unit}`
  const columns = `${figure.name.padEnd(NAME_WIDTH)}${value.padStart(VALUE_WIDTH)}`
  if (figure.bar === undefined) return columns
  const { kind, value: limit } = figure.bar
  const verdict = misses(figure) ? 'MISSED' : 'ok'
  return `${columns}   ${kind} ${limit.toLocaleString('en-US')}  ${verdict}`
}

function formatValue({ value, unit }: Figure): string {
  if (unit === 'us' || unit === 'ms' || unit === 'cores') return value.toFixed(2)
  if (unit === 'ratio' && value < 100) return value.toFixed(2)
  return Math.round(value).toLocaleString('en-US')
}
