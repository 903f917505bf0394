// The log's appends against the raw loop beside them: 64 producers, each waiting for its append, records of
// 1 KiB, one or ten an append. The raw loop does what the disk allows, one buffer of the same size and one
// fdatasync after the other, with nobody waiting.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock, createLogger } from '../src/base/index.ts'
import { openFileLog, type AppendRecord, type FileLog } from '../src/log/index.ts'

const PAYLOAD_BYTES = 1024
const DURATION_MS = 3000

export interface LogFigure {
  readonly name: string
  readonly recordsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export async function benchLog(): Promise<LogFigure[]> {
  const figures: LogFigure[] = []
  for (const [producers, count] of [
    [1, 1],
    [64, 1],
    [64, 10],
  ] as const) {
    figures.push(rawLoop(`raw loop, ${producers} × ${count}`, producers * count))
    figures.push(await appends(`log, ${producers} × ${count}`, producers, count))
  }
  return figures
}

/** Appends in place, synced after each: what the disk gives a writer that does nothing else. */
function rawLoop(name: string, recordsPerSync: number): LogFigure {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'signalbox-bench-'))
  const file = fs.openSync(path.join(directory, 'raw'), 'w')
  const batch = Buffer.alloc(recordsPerSync * (PAYLOAD_BYTES + 40), 7)
  const latencies: number[] = []
  const start = systemClock.monotonic()
  for (let at = 0; systemClock.monotonic() - start < DURATION_MS; at += batch.length) {
    const begin = systemClock.monotonic()
    fs.writeSync(file, batch, 0, batch.length, at)
    fs.fdatasyncSync(file)
    latencies.push(systemClock.monotonic() - begin)
  }
  const durationMs = systemClock.monotonic() - start
  fs.closeSync(file)
  fs.rmSync(directory, { recursive: true })
  return figure(name, latencies, { count: latencies.length * recordsPerSync, durationMs })
}

async function appends(name: string, producers: number, count: number): Promise<LogFigure> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'signalbox-bench-'))
  const log = await openFileLog({
    directory,
    logger: createLogger({ level: 'warn' }),
    onFatal(error) {
      throw error
    },
  })
  const latencies: number[] = []
  const start = systemClock.monotonic()
  const running = Array.from({ length: producers }, () => produce(log, { count, latencies, start }))
  await Promise.all(running)
  const durationMs = systemClock.monotonic() - start
  await log.close()
  fs.rmSync(directory, { recursive: true })
  return figure(name, latencies, { count: latencies.length * count, durationMs })
}

async function produce(
  log: FileLog,
  run: { readonly count: number; readonly latencies: number[]; readonly start: number },
): Promise<void> {
  const record: AppendRecord = { kind: 'event', payload: new Uint8Array(PAYLOAD_BYTES).fill(7) }
  const records = Array.from({ length: run.count }, () => record)
  for (let now = run.start; now - run.start < DURATION_MS;) {
    await log.append(records)
    const done = systemClock.monotonic()
    run.latencies.push(done - now)
    now = done
  }
}

function figure(
  name: string,
  latencies: number[],
  total: { readonly count: number; readonly durationMs: number },
): LogFigure {
  const sorted = latencies.sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0
  const recordsPerSecond = (total.count / total.durationMs) * 1000
  return { name, recordsPerSecond, p50Ms: at(0.5), p99Ms: at(0.99) }
}

if (import.meta.main) {
  for (const { name, recordsPerSecond, p50Ms, p99Ms } of await benchLog()) {
    const rate = `${Math.round(recordsPerSecond)} records/s`
    process.stdout.write(
      `${name.padEnd(20)} ${rate.padEnd(20)} p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms\n`,
    )
  }
}
