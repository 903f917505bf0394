// `npm run bench:match`: our matcher against event-ruler in the same run, one thread each, after warm-up, by the median
// of the passes. What counts is the ratio of CPU times, since the machine may be shared.
//
//   node bench/match.ts [category…] [--passes 5] [--kinds exact,mixed] [--no-scaling] [--no-categories] [--no-bars]

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkJson } from '../src/event/index.ts'
import { CATEGORIES, type Category } from './match/categories.ts'
import { measureChange, type ChangeResult } from './match/change.ts'
import { writeCityLots } from './match/citylots.ts'
import { load, readEvents, run, trusted } from './match/ours.ts'
import { Ruler, type Load, type Pass } from './match/ruler.ts'
import { RULE_COUNTS, RULE_KINDS, rulesOf, writeOrders, type RuleKind } from './match/scaling.ts'
import { measureWorst, type WorstResult } from './match/worst.ts'
import { describeMachine, RESULTS } from './rig/report.ts'

const CITYLOTS = join(tmpdir(), 'signalbox-bench-citylots2-1.jsonl')
/** event-ruler alone comes near them, with wildcards. */
const LOAD_LIMIT_MS = 120_000
const PASS_LIMIT_MS = 20_000
/** Passes of the first category before anything is measured: both compilers have to have seen the code. */
const WARM_UP_PASSES = 3
const DEPTH_MAX = 128
const BARS = {
  category: 5,
  mean: 8,
  largeSpeed: 20,
  largeMemory: 10,
  largeLoad: 10,
  worstMs: 10,
  changeMs: 5,
}

interface CategoryResult {
  readonly name: string
  readonly theirs: Pass
  readonly ours: Pass
  readonly checked: Pass
  readonly ratio: number
  readonly isRight: boolean
}

interface ScalingResult {
  readonly kind: RuleKind
  readonly rules: number
  readonly theirs: { readonly load: Load; readonly pass: Pass }
  readonly ours: { readonly load: Load; readonly pass: Pass }
  readonly isRight: boolean
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    passes: { type: 'string', default: '5' },
    kinds: { type: 'string', default: RULE_KINDS.join() },
    'no-scaling': { type: 'boolean', default: false },
    'no-categories': { type: 'boolean', default: false },
    'no-bars': { type: 'boolean', default: false },
  },
})
const passes = Number(values.passes)
const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-match-'))
const ruler = new Ruler(folder)
try {
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  say(Object.values(machine).join(' · '))
  const categories = values['no-categories'] ? [] : await measureCategories()
  const scaling = values['no-scaling'] ? [] : await measureScaling()
  const worst = measureWorst()
  say('\nhard events: milliseconds')
  for (const { name, ms } of worst) say(`${name.padEnd(42)}${ms.toFixed(2).padStart(8)}`)
  const change = measureChange()
  say(`\n${formatChange(change)}`)
  const faults = [
    ...faultsOf(categories),
    ...scalingFaultsOf(scaling),
    ...worstFaultsOf(worst),
    ...changeFaultsOf(change),
  ]
  mkdirSync(RESULTS, { recursive: true })
  const path = join(RESULTS, `match-${startedAt.replaceAll(':', '-')}.json`)
  const report = { startedAt, machine, categories, scaling, worst, change, faults }
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
  for (const fault of faults) say(fault)
  say(`results: ${path}`)
  if (faults.length > 0 && !values['no-bars']) process.exitCode = 1
} finally {
  ruler.close()
  rmSync(folder, { recursive: true, force: true })
}

async function measureCategories(): Promise<CategoryResult[]> {
  writeCityLots(CITYLOTS)
  await ruler.events(CITYLOTS)
  const events = readEvents(CITYLOTS)
  const chosen = CATEGORIES.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  )
  await ruler.load(CATEGORIES[0]!.patterns, LOAD_LIMIT_MS)
  for (let pass = 0; pass < WARM_UP_PASSES; pass += 1) await ruler.run(PASS_LIMIT_MS)
  say(`\n${'thousand events per second of CPU'.padEnd(34)}event-ruler    trusted  checked   ratio`)
  const results: CategoryResult[] = []
  for (const category of chosen) {
    const result = await measureCategory(category, events)
    results.push(result)
    say(formatCategory(result))
  }
  say(`geometric mean ${meanOf(results).toFixed(2)}`)
  return results
}

async function measureCategory(
  category: Category,
  events: readonly Buffer[],
): Promise<CategoryResult> {
  const { name, patterns, counts } = category
  await ruler.load(patterns, LOAD_LIMIT_MS)
  const theirs = await median(() => ruler.run(PASS_LIMIT_MS * 10))
  const { matcher } = load(patterns)
  const match = trusted(matcher)
  const check = (event: Buffer): readonly number[] => {
    const checked = checkJson(event, { depthMax: DEPTH_MAX })
    if (checked.kind !== 'object') return []
    return checked.hasPlainNames === true ? match(event) : matcher.match(event)
  }
  const ours = await median(() => run({ events, match, rules: patterns.length }))
  const checked = await median(() => run({ events, match: check, rules: patterns.length }))
  const isRight = [theirs, ours, checked].every(({ matches }) => matches.join() === counts.join())
  return { name, theirs, ours, checked, ratio: theirs.cpuMs / ours.cpuMs, isRight }
}

async function measureScaling(): Promise<ScalingResult[]> {
  const path = join(folder, 'orders.jsonl')
  writeOrders(path)
  await ruler.events(path)
  const events = readEvents(path)
  say(
    `\n${'rules'.padEnd(18)}${'event-ruler: k/s, MB, load s'.padStart(32)}${'ours'.padStart(28)}   speed  memory    load`,
  )
  const results: ScalingResult[] = []
  const chosen = values.kinds.split(',')
  for (const kind of RULE_KINDS.filter((each) => chosen.includes(each))) {
    for (const count of RULE_COUNTS) {
      const result = await measureRules(kind, count, events)
      results.push(result)
      say(formatScaling(result))
    }
  }
  return results
}

async function measureRules(
  kind: RuleKind,
  count: number,
  events: readonly Buffer[],
): Promise<ScalingResult> {
  const patterns = rulesOf(kind, count)
  const theirLoad = await ruler.load(patterns, LOAD_LIMIT_MS)
  const theirs = { load: theirLoad, pass: await median(() => ruler.run(PASS_LIMIT_MS)) }
  const { matcher, ...ourLoad } = load(patterns)
  const match = trusted(matcher)
  const ours = { load: ourLoad, pass: await median(() => run({ events, match, rules: count })) }
  // Where event-ruler had no time for all of it, the counts cannot be compared.
  const isWhole = theirLoad.isWhole && theirs.pass.events === events.length
  const isRight = !isWhole || theirs.pass.matches.join() === ours.pass.matches.join()
  return { kind, rules: count, theirs, ours, isRight }
}

/** Of the passes after one that warms up, the one in the middle. */
async function median(pass: () => Pass | Promise<Pass>): Promise<Pass> {
  await pass()
  const all: Pass[] = []
  for (let index = 0; index < passes; index += 1) all.push(await pass())
  return all.toSorted((left, right) => speedOf(left) - speedOf(right))[all.length >> 1]!
}

function speedOf({ events, cpuMs }: Pass): number {
  return events / cpuMs
}

function meanOf(results: readonly CategoryResult[]): number {
  return Math.exp(results.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / results.length)
}

function formatCategory({ name, theirs, ours, checked, ratio, isRight }: CategoryResult): string {
  const speeds = [theirs, ours, checked].map((each) => speedOf(each).toFixed(0).padStart(9))
  return `${name.padEnd(34)}${speeds.join('  ')}${ratio.toFixed(2).padStart(8)}${isRight ? '' : '  WRONG COUNTS'}`
}

function formatScaling(result: ScalingResult): string {
  const { kind, rules, theirs, ours, isRight } = result
  const { speed, memory, loadTime } = ratiosOf(result)
  const sides = [theirs, ours].map(({ load: { bytes, loadMs, isWhole }, pass }) => {
    const loaded = `${(loadMs / 1000).toFixed(2)}${isWhole ? ' ' : '+'}`
    return `${speedOf(pass).toFixed(1).padStart(10)}${(bytes / 1e6).toFixed(1).padStart(9)}${loaded.padStart(9)}`
  })
  const ratios = [speed, memory, loadTime].map((each) => each.toFixed(1).padStart(8))
  return `${kind.padEnd(9)}${String(rules).padStart(9)}${sides.join('')}${ratios.join('')}${isRight ? '' : '  WRONG COUNTS'}`
}

function ratiosOf({
  theirs,
  ours,
}: ScalingResult): Readonly<Record<'speed' | 'memory' | 'loadTime', number>> {
  return {
    speed: speedOf(ours.pass) / speedOf(theirs.pass),
    memory: theirs.load.bytes / Math.max(1, ours.load.bytes),
    loadTime: theirs.load.loadMs / ours.load.loadMs,
  }
}

function faultsOf(results: readonly CategoryResult[]): string[] {
  const faults = results.flatMap(({ name, ratio, isRight }) => [
    ...(isRight ? [] : [`${name}: the match counts differ`]),
    ...below(`${name}: speed`, ratio, BARS.category),
  ])
  const isWhole = results.length === CATEGORIES.length
  return isWhole ? [...faults, ...below('geometric mean', meanOf(results), BARS.mean)] : faults
}

function scalingFaultsOf(results: readonly ScalingResult[]): string[] {
  return results.flatMap((result) => {
    const name = `${result.kind} ${result.rules}`
    const faults = result.isRight ? [] : [`${name}: the match counts differ`]
    if (result.kind !== 'mixed' || result.rules !== RULE_COUNTS.at(-1)) return faults
    const { speed, memory, loadTime } = ratiosOf(result)
    return [
      ...faults,
      ...below(`${name}: speed`, speed, BARS.largeSpeed),
      ...below(`${name}: memory`, memory, BARS.largeMemory),
      ...below(`${name}: load time`, loadTime, BARS.largeLoad),
    ]
  })
}

function worstFaultsOf(results: readonly WorstResult[]): string[] {
  return results
    .filter(({ ms }) => ms > BARS.worstMs)
    .map(({ name, ms }) => `${name}: ${ms.toFixed(2)} ms, expected at most ${BARS.worstMs}`)
}

function formatChange({ rules, medianMs, highMs }: ChangeResult): string {
  const figures = `${medianMs.toFixed(3)} ms, one in a hundred ${highMs.toFixed(2)} ms`
  return `one of ${rules} mixed rules replaced, until the next event is matched: ${figures}`
}

function changeFaultsOf({ rules, highMs }: ChangeResult): string[] {
  if (highMs <= BARS.changeMs) return []
  return [
    `a change of one of ${rules} rules: ${highMs.toFixed(2)} ms, expected at most ${BARS.changeMs}`,
  ]
}

function below(name: string, ratio: number, bar: number): string[] {
  return ratio >= bar ? [] : [`${name} is ${ratio.toFixed(2)} times event-ruler's, expected ${bar}`]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
