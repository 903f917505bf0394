// Runs seeds and says what they found: `node test/sim/run.ts [--seeds N] [--from N] [--seed N] [--bug NAME] [--bugs]`.
// Exit codes: 127 the simulation itself broke, 128 it did not come to rest, 129 a promise was broken.

import { parseArgs } from 'node:util'
import { type Bug, BUGS } from './bugs.ts'
import { check, type Finding } from './checkers.ts'
import { describeError } from '../../src/base/index.ts'
import { type Outcome, simulate } from './simulation.ts'

const SEEDS_DEFAULT = 20_000
const BUG_SEEDS_MAX = 400

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

interface Tally {
  seeds: number
  events: number
  acknowledged: number
  arrivals: number
  failures: number
  crashes: number
  deadLetters: number
  happened: number
}

await main()

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write('usage: run.ts [--seeds N] [--from N] [--seed N] [--bug NAME] [--bugs]\n')
    return
  }
  if (values.seed !== undefined) await runOne(Number(values.seed))
  else if (values.bugs) await findBugs()
  else {
    if (values.bug === undefined) await findBugs()
    await runMany(Number(values.from), Number(values.seeds ?? SEEDS_DEFAULT))
  }
}

async function runOne(seed: number): Promise<void> {
  const { outcome, findings } = await judge(seed, values.bug as Bug | undefined)
  process.stdout.write(`${JSON.stringify(outcome.scenario, undefined, 2)}\n`)
  process.stdout.write(`crashes ${outcome.crashes}, happened ${outcome.happened}\n`)
  for (const finding of findings) process.stdout.write(`${finding.promise}: ${finding.text}\n`)
  process.exitCode = findings.length === 0 ? 0 : 129
}

async function runMany(from: number, seeds: number): Promise<void> {
  const startedAt = performance.now()
  const tally: Tally = {
    seeds: 0,
    events: 0,
    acknowledged: 0,
    arrivals: 0,
    failures: 0,
    crashes: 0,
    deadLetters: 0,
    happened: 0,
  }
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { outcome, findings } = await judge(seed, values.bug as Bug | undefined)
    count(tally, outcome)
    if (findings.length > 0) {
      fail(seed, outcome, findings[0]!.promise, findings[0]!.text)
      return
    }
    // One seed in a hundred runs twice: the same seed must be the same history.
    if (seed % 100 === 0) {
      const again = await simulate(seed, values.bug as Bug | undefined)
      if (again.traceHash !== outcome.traceHash) {
        fail(seed, outcome, 'determinism', 'two runs of one seed differ')
        return
      }
    }
    if (seed % 1000 === 0) progress(tally, startedAt)
  }
  progress(tally, startedAt)
  requireSubstance(tally)
  process.stdout.write(`${tally.seeds} passed, 0 failed\n`)
}

/** Each planted bug must be found, or the simulator has gone blind. */
async function findBugs(): Promise<void> {
  for (const bug of BUGS) {
    const seed = await findBug(bug)
    if (seed === undefined) {
      process.stdout.write(`FAIL planted bug ${bug} was not found in ${BUG_SEEDS_MAX} seeds\n`)
      process.exit(129)
    }
    process.stdout.write(`planted bug ${bug}: ${seed}\n`)
  }
}

async function findBug(bug: Bug): Promise<string | undefined> {
  for (let seed = 1; seed <= BUG_SEEDS_MAX; seed += 1) {
    const { findings } = await judge(seed, bug)
    if (findings.length > 0) return `found by seed ${seed} (${findings[0]!.promise})`
  }
  return undefined
}

async function judge(
  seed: number,
  bug: Bug | undefined,
): Promise<{ outcome: Outcome; findings: readonly Finding[] }> {
  const outcome = await simulate(seed, bug)
  try {
    return { outcome, findings: await check(outcome) }
  } catch (error) {
    return { outcome, findings: [{ promise: 'P3', text: describeError(error) }] }
  }
}

function count(tally: Tally, outcome: Outcome): void {
  tally.seeds += 1
  tally.happened += outcome.happened
  tally.crashes += outcome.crashes
  tally.deadLetters += outcome.deadLetters.letters.length
  for (const event of outcome.sent.values()) {
    tally.events += 1
    if (event.isAcknowledged) tally.acknowledged += 1
  }
  for (const target of outcome.targets) {
    tally.arrivals += target.arrivals.length
    tally.failures += target.arrivals.filter((arrival) => arrival.result !== 'delivered').length
  }
}

/** A run in which nothing happened proves nothing. */
function requireSubstance(tally: Tally): void {
  if (tally.seeds < 100) return
  const { seeds } = tally
  const isVoid =
    tally.acknowledged < seeds * 5 || tally.crashes < seeds / 10 || tally.failures < seeds
  if (!isVoid && tally.deadLetters >= seeds / 20) return
  process.stdout.write(`FAIL the run is void: ${JSON.stringify(tally)}\n`)
  process.exit(128)
}

function fail(seed: number, outcome: Outcome, promise: string, text: string): void {
  process.stdout.write(
    `FAIL ${promise} seed=${seed}: ${text}\n  options=${JSON.stringify(outcome.scenario)}\n` +
      `  repro: npm run test:sim -- --seed ${seed}\n`,
  )
  process.exitCode = promise === 'liveness' ? 128 : 129
}

function progress(tally: Tally, startedAt: number): void {
  const seconds = (performance.now() - startedAt) / 1000
  process.stdout.write(
    `${tally.seeds} seeds in ${seconds.toFixed(1)} s: ${tally.acknowledged} events acknowledged, ` +
      `${tally.arrivals} attempts (${tally.failures} failed), ${tally.crashes} crashes, ` +
      `${tally.deadLetters} dead letters\n`,
  )
}
