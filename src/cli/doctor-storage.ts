// What doctor finds where the data lives: whether it can be written, how fast it becomes durable, and how
// much room there is. A directory that is not there yet is judged by the nearest one that is.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Clock, describeError } from '../base/index.ts'
import type { Finding } from './doctor.ts'
import { FREE_BYTES_MIN, FSYNC_SLOW_MS, FSYNC_TRIES } from './limits.ts'

const BLOCK = new Uint8Array(4096)

export function checkDirectory(dataDir: string): Finding {
  const check = 'data'
  const directory = nearest(dataDir)
  const hint = 'choose another directory with `--data-dir`, or change its owner'
  try {
    if (!statSync(directory).isDirectory()) {
      return { check, status: 'failed', message: `${directory} is not a directory`, hint }
    }
    accessSync(directory, constants.W_OK | constants.X_OK)
  } catch (error) {
    const message = `${directory} cannot be written: ${describeError(error)}`
    return { check, status: 'failed', message, hint }
  }
  const message = directory === dataDir ? `${dataDir} can be written` : `${dataDir} can be made`
  return { check, status: 'ok', message }
}

export function checkSync(dataDir: string, clock: Clock): Finding {
  const check = 'sync'
  const path = join(nearest(dataDir), `.signalbox-doctor-${process.pid}`)
  try {
    const times = measureSync(path, clock).sort((a, b) => a - b)
    const median = times[Math.floor(times.length / 2)]!
    const message = `a write is durable in ${median.toFixed(1)} ms (slowest ${times.at(-1)!.toFixed(1)} ms)`
    if (median <= FSYNC_SLOW_MS) return { check, status: 'ok', message }
    const hint =
      'events wait for this: a local disk is faster than a network or overlay file system'
    return { check, status: 'warning', message, hint }
  } catch (error) {
    return { check, status: 'failed', message: `cannot write: ${describeError(error)}` }
  }
}

function measureSync(path: string, clock: Clock): number[] {
  const file = openSync(path, 'wx', 0o600)
  try {
    return Array.from({ length: FSYNC_TRIES }, () => {
      const start = clock.monotonic()
      writeSync(file, BLOCK)
      fdatasyncSync(file)
      return clock.monotonic() - start
    })
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

export function checkDisk(dataDir: string): Finding {
  const check = 'disk'
  try {
    const { bavail, bsize } = statfsSync(nearest(dataDir))
    const freeBytes = bavail * bsize
    const message = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`
    if (freeBytes >= FREE_BYTES_MIN) return { check, status: 'ok', message }
    const hint = 'make room: events are refused when the disk is nearly full'
    return { check, status: 'failed', message: `only ${message}`, hint }
  } catch (error) {
    return { check, status: 'failed', message: describeError(error) }
  }
}

function nearest(path: string): string {
  let directory = path
  while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory)
  return directory
}
