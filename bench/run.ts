// `npm run bench`: the server against its bars. Every scenario starts processes of its own (server, load generator,
// target) on loopback and on the machine's disk, and says what it found; a missed bar is measured once more under
// the profiler, to say where the time goes.
//
//   node bench/run.ts [scenario…] [--quick] [--full] [--profile] [--no-bars] [-o json]

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareWithBaseline } from './rig/baseline.ts'
import { Bench, type Scenario } from './rig/bench.ts'
import { isMissed, misses, type Outcome } from './rig/figure.ts'
import { describeProfiles } from './rig/profile.ts'
import { describeMachine, formatOutcome, RESULTS, saveReport, type Report } from './rig/report.ts'
import { deliverHttp } from './scenarios/deliver-http.ts'
import { ingestBatch, ingestSingle } from './scenarios/ingest.ts'
import { jetStream } from './scenarios/jetstream.ts'
import { kafka } from './scenarios/kafka.ts'
import { kubernetes } from './scenarios/kubernetes.ts'
import { latency } from './scenarios/latency.ts'
import { log } from './scenarios/log.ts'
import { memory } from './scenarios/memory.ts'
import { moto } from './scenarios/moto.ts'
import { raw } from './scenarios/raw.ts'
import { replay } from './scenarios/replay.ts'
import { workflows } from './scenarios/workflows.ts'

interface Entry {
  readonly run: Scenario
  /** Whether a profile of the server can explain its figures. */
  readonly hasServer: boolean
  readonly isQuick: boolean
}

const SCENARIOS: ReadonlyMap<string, Entry> = new Map([
  ['raw', { run: raw, hasServer: false, isQuick: true }],
  ['ingest-single', { run: ingestSingle, hasServer: true, isQuick: true }],
  ['ingest-batch', { run: ingestBatch, hasServer: true, isQuick: true }],
  ['latency', { run: latency, hasServer: true, isQuick: true }],
  ['deliver-http', { run: deliverHttp, hasServer: true, isQuick: true }],
  ['replay', { run: replay, hasServer: true, isQuick: false }],
  ['moto', { run: moto, hasServer: false, isQuick: true }],
  ['memory', { run: memory, hasServer: true, isQuick: true }],
  ['kafka', { run: kafka, hasServer: true, isQuick: false }],
  ['jetstream', { run: jetStream, hasServer: true, isQuick: false }],
  ['kubernetes', { run: kubernetes, hasServer: true, isQuick: false }],
  ['workflows', { run: workflows, hasServer: true, isQuick: false }],
  ['log', { run: log, hasServer: false, isQuick: false }],
])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    'no-bars': { type: 'boolean', default: false },
    output: { type: 'string', short: 'o', default: 'text' },
  },
})
const isJson = values.output === 'json'
const names = chosen(positionals)
const bench = new Bench({ isQuick: values.quick, isFull: values.full })
try {
  const report = await run()
  const path = saveReport(report)
  if (isJson) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  say(report.faults.map((fault) => `${fault}\n`).join(''))
  say(`results: ${path}\n`)
  if (report.faults.length > 0 && !values['no-bars']) process.exitCode = 1
} finally {
  bench.close()
}

async function run(): Promise<Report> {
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  say(`${Object.values(machine).join(' · ')}\n\n`)
  const outcomes: Outcome[] = []
  for (const name of names) {
    const outcome = await measure(name, values.profile)
    say(`${formatOutcome(outcome)}\n`)
    outcomes.push(outcome)
    // The profiler slows the server: its run explains the figures, but does not replace them.
    if (isMissed(outcome) && !values.profile && !values['no-bars']) await measure(name, true)
  }
  const faults = [...outcomes.flatMap(missedBars), ...compareWithBaseline(outcomes)]
  return { startedAt, machine, outcomes, faults }
}

async function measure(name: string, isProfiled: boolean): Promise<Outcome> {
  const { run: scenario, hasServer } = SCENARIOS.get(name)!
  if (!isProfiled || !hasServer) return scenario(bench)
  // Kept, for whoever wants to look at them in the browser's tools.
  const folder = join(RESULTS, `profile-${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  bench.profileFolder = folder
  try {
    const outcome = await scenario(bench)
    say(`${describeProfiles(folder).join('\n')}\n\n`)
    return outcome
  } finally {
    bench.profileFolder = undefined
  }
}

function missedBars({ scenario, figures }: Outcome): string[] {
  return figures.filter(misses).map(({ name, value, unit, bar }) => {
    const found = value < 10 ? value.toFixed(2) : Math.round(value)
    return `${scenario}: \`${name}\` is ${found} ${unit}, expected ${bar!.kind} ${bar!.value}`
  })
}

function chosen(given: readonly string[]): readonly string[] {
  for (const name of given) {
    if (SCENARIOS.has(name)) continue
    const known = [...SCENARIOS.keys()].join(', ')
    throw new Error(`no scenario is called \`${name}\`; there are ${known}`)
  }
  if (given.length > 0) return given
  return [...SCENARIOS].filter(([, { isQuick }]) => isQuick || !values.quick).map(([name]) => name)
}

/** For people: not in the way of what a program reads. */
function say(text: string): void {
  const stream = isJson ? process.stderr : process.stdout
  stream.write(text)
}
