// An hour of steady load with a target that fails on and off, watched for what grows: memory, open files,
// latency, and events that never arrive. Prints a line a minute and a report; exits 1 when a bound is broken.
//
//   SIGNALBOX_SOAK_MINUTES=60 npm run test:soak

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { checkLog } from '../test/fault/harness/crash-loop.ts'
import { History } from '../test/fault/harness/history.ts'
import { startProducers } from '../test/fault/harness/producers.ts'
import { startServer, type ServerProcess } from '../test/fault/harness/server-process.ts'
import { until } from '../test/fault/harness/until.ts'
import { routeAllTo, Webhook } from '../test/fault/harness/webhook.ts'

const MINUTES = Number(process.env['SIGNALBOX_SOAK_MINUTES'] ?? '60')
const SAMPLE_MS = 60_000
const PRODUCERS = 4
const PAUSE_MS = 10
const RSS_MIB_PER_HOUR_MAX = 16
const FILES_GROWTH_MAX = 10
/** Fewer minutes are warm-up and tell nothing of growth. */
const SAMPLES_JUDGED_MIN = 15
const DELIVERY_DEADLINE_MS = 15 * 60_000

interface Sample {
  readonly minute: number
  readonly rssMib: number
  readonly openFiles: number
  readonly acknowledged: number
  readonly delivered: number
}

const folder = mkdtempSync(join(tmpdir(), 'signalbox-soak-'))
const history = new History(join(folder, 'history'))
const webhook = await Webhook.open()
const dataDir = mkdtempSync(join(folder, 'data-'))
const server = await startServer({ dataDir })
const faults: string[] = []
try {
  await routeAllTo(server.url, webhook.url)
  const samples = await load()
  faults.push(...judge(samples))
  await until('all is delivered', DELIVERY_DEADLINE_MS, () => webhook.missing(history).length === 0)
  await server.end('SIGTERM')
  faults.push(...(await checkLog({ dataDir, history })))
  if (webhook.duplicates > 0) faults.push(`${webhook.duplicates} delivered twice without a crash`)
} finally {
  await server.end('SIGKILL')
  webhook.close()
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(faults.length === 0 ? 'soak: all bounds held\n' : `${faults.join('\n')}\n`)
process.exitCode = faults.length === 0 ? 0 : 1

async function load(): Promise<Sample[]> {
  const options = { url: server.url, history, run: 0, count: PRODUCERS, pauseMs: PAUSE_MS }
  const producers = startProducers(options)
  const samples: Sample[] = []
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    // Every third minute the target is down.
    webhook.status = minute % 3 === 0 ? 503 : 200
    await delay(SAMPLE_MS)
    const sample = takeSample(server, minute)
    samples.push(sample)
    process.stdout.write(`${JSON.stringify(sample)}\n`)
  }
  webhook.status = 200
  await producers.stop()
  return samples
}

function takeSample({ pid }: ServerProcess, minute: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    minute,
    rssMib: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024),
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
    acknowledged: history.acknowledged,
    delivered: webhook.count,
  }
}

/** The first third is warm-up; what follows must stay level. */
function judge(samples: readonly Sample[]): string[] {
  const settled = samples.slice(Math.floor(samples.length / 3))
  const first = settled[0]
  const last = settled.at(-1)
  if (first === undefined || last === undefined) return []
  if (settled.length < SAMPLES_JUDGED_MIN) return []
  const slope = slopePerMinute(settled) * 60
  return [
    slope > RSS_MIB_PER_HOUR_MAX ? `memory grows by ${slope.toFixed(1)} MiB an hour` : '',
    last.openFiles - first.openFiles > FILES_GROWTH_MAX
      ? `open files grew from ${first.openFiles} to ${last.openFiles}`
      : '',
  ].filter((fault) => fault !== '')
}

/** Least squares of memory over time. */
function slopePerMinute(samples: readonly Sample[]): number {
  const meanMinute = mean(samples.map((sample) => sample.minute))
  const meanRss = mean(samples.map((sample) => sample.rssMib))
  let above = 0
  let below = 0
  for (const { minute, rssMib } of samples) {
    above += (minute - meanMinute) * (rssMib - meanRss)
    below += (minute - meanMinute) ** 2
  }
  return below === 0 ? 0 : above / below
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
