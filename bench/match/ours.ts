// Our matcher as the bench drives it: the same commands as event-ruler's driver, in this process.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  createMatcher,
  parsePattern,
  type Matcher,
  type MatchOptions,
} from '../../src/match/index.ts'
import type { Load, Pass } from './ruler.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const FEW_RULES = 64

/** The lines of a file, each a view of one buffer. */
export function readEvents(path: string): Buffer[] {
  const file = openSync(path, 'r')
  const bytes = Buffer.allocUnsafeSlow(fstatSync(file).size)
  for (let at = 0; at < bytes.length;) at += readSync(file, bytes, { offset: at })
  closeSync(file)
  const events: Buffer[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start)
    events.push(bytes.subarray(start, end))
    start = end + 1
  }
  return events
}

export interface Loaded extends Load {
  readonly matcher: Matcher<number>
}

export function load(patterns: readonly string[]): Loaded {
  const before = usedBytes()
  const cpu = process.cpuUsage()
  let matcher = createMatcher<number>()
  for (const [index, pattern] of patterns.entries()) {
    matcher = matcher.with(index, parsePattern(pattern))
  }
  const loadMs = cpuMsSince(cpu)
  return { matcher, rules: patterns.length, isWhole: true, loadMs, bytes: usedBytes() - before }
}

export interface PassOptions {
  readonly events: readonly Buffer[]
  readonly match: (event: Buffer) => readonly number[]
  readonly rules: number
}

export function run({ events, match, rules }: PassOptions): Pass {
  const matches = new Uint32Array(rules)
  const cpu = process.cpuUsage()
  const start = performance.now()
  // Not by an iterator, whose calls cost as much as a tenth of a match.
  for (let at = 0; at < events.length; at += 1) {
    const keys = match(events[at]!)
    for (let index = 0; index < keys.length; index += 1) matches[keys[index]!]! += 1
  }
  const wallMs = performance.now() - start
  const counts = rules <= FEW_RULES ? [...matches] : [matches.reduce((sum, each) => sum + each, 0)]
  return { events: events.length, wallMs, cpuMs: cpuMsSince(cpu), matches: counts }
}

export function trusted(matcher: Matcher<number>): (event: Buffer) => readonly number[] {
  const options: MatchOptions = { names: 'plain' }
  return (event) => matcher.match(event, options)
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function usedBytes(): number {
  for (let round = 0; round < 3; round += 1) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
