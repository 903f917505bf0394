// The file log on the real disk through its threads: its lock, its retention, its lagging readers, its end.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import {
  channels,
  isAppError,
  silentLogger,
  type AppError,
  type LogSynced,
} from '../../../base/index.ts'
import { FakeClock } from '../../../base/testing.ts'
import { PENDING_SIZE_BYTES_MAX, RECORD_SIZE_BYTES_MAX } from '../../limits.ts'
import type { AppendRecord } from '../../log.ts'
import type { FileLog } from './file-log.ts'
import { openFileLog, type FileLogOptions } from './open-file-log.ts'
import { readOut } from './testing.ts'

describe('the file log', () => {
  let directory = ''
  const opened: FileLog[] = []

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'signalbox-log-'))
  })
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close().catch(() => {})
    fs.rmSync(directory, { recursive: true, force: true })
  })

  async function open(options: Partial<FileLogOptions> = {}): Promise<FileLog> {
    const log = await openFileLog({
      directory,
      logger: silentLogger,
      onFatal: (error) => assert.fail(error),
      freeBytesMin: 0,
      ...options,
    })
    opened.push(log)
    return log
  }

  test('lets go of the directory when it is never told what is durable', async () => {
    const never = Promise.reject(new Error('no store'))
    await assert.rejects(open({ knownDurable: never }), /no store/)
    await open()
  })

  test('lets one owner at a time into a directory', async () => {
    const log = await open()
    await assert.rejects(open(), (error) => isAppError(error, 'DATA_DIR_LOCKED'))
    await log.close()
    await (await open()).append([record(1)])
  })

  test('takes the lock of an owner that died, also when its number is in use again', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    for (const owner of [String(child.pid), `${process.pid} another-boot:1`, 'nonsense', '']) {
      fs.writeFileSync(path.join(directory, 'LOCK'), owner)
      await (await open()).close()
      assert.deepEqual(fs.readdirSync(directory), [])
    }
  })

  test('refuses the lock of another process that lives', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    try {
      await once(child, 'spawn')
      const stat = fs.readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      fs.writeFileSync(path.join(directory, 'LOCK'), `${child.pid} ${boot}:${started}`)
      await assert.rejects(open(), (error) => isAppError(error, 'DATA_DIR_LOCKED'))
    } finally {
      child.kill()
    }
  })

  test('puts appends that come together into one sync, and says so', async () => {
    const log = await open()
    const synced: LogSynced[] = []
    const collect = (message: unknown): void => void synced.push(message as LogSynced)
    channels.logSynced.subscribe(collect)
    await Promise.all(Array.from({ length: 50 }, (_, nth) => log.append([record(nth)])))
    channels.logSynced.unsubscribe(collect)
    assert.deepEqual(
      synced.map(({ records }) => records),
      [50],
    )
    assert.ok(synced[0]!.sizeBytes > 50 * 100 && synced[0]!.durationMs > 0)
  })

  test('serves a reader that lags from the disk while it appends', async () => {
    const log = await open({ tailCacheSizeBytesMax: 2048, segmentSizeBytesMax: 8192 })
    const appending = Promise.all(
      Array.from({ length: 300 }, async (_, nth) => {
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
        await log.append([record(nth)])
      }),
    )
    const { signal } = new AbortController()
    let cursor = log.start()
    const seen: number[] = []
    while (seen.length < 300) {
      const read = await log.read(cursor, { recordsMax: 11, signal })
      for (const { payload } of read.records) seen.push(payload[0]! + payload[1]! * 256)
      cursor = read.cursor
    }
    await appending
    assert.deepEqual(
      seen,
      Array.from({ length: 300 }, (_, nth) => nth),
    )
  })

  test('lets the oldest segments go by size and by age, never past the slowest reader', async () => {
    const clock = new FakeClock()
    const log = await open({ clock, segmentSizeBytesMax: 2048 })
    for (let nth = 0; nth < 100; nth += 1) {
      await log.append([record(nth)])
      clock.advance(1000)
    }
    const size = log.stats().sizeBytes
    const start = (): number => log.start()[0]!.offset
    await log.retain({ sizeBytesMax: size }, log.end())
    assert.equal(start(), 0)
    await log.retain({ sizeBytesMax: size / 2 }, [{ partition: 0, offset: 30 }])
    assert.ok(start() > 0 && start() <= 30)
    await log.retain({ sizeBytesMax: size / 2 }, log.end())
    assert.ok(log.stats().sizeBytes <= size / 2)
    await log.retain({ ageMsMax: 20_000 }, log.end())
    assert.ok(start() > 65 && start() <= 80)
    const { records } = await readOut(log)
    assert.equal(records.length, 100 - start())
    const files = fs.readdirSync(directory).filter((name) => name.endsWith('.log'))
    assert.equal(files.length, log.stats().segments)
    const before = start()
    await log.close()
    assert.equal((await open()).start()[0]!.offset, before)
  })

  test('ends for good, and says so once, when the disk takes no more segments', async () => {
    const fatal: AppError[] = []
    const log = await open({ segmentSizeBytesMax: 1024, onFatal: (error) => fatal.push(error) })
    await log.append([record(1)])
    fs.rmSync(directory, { recursive: true })
    const appends = Array.from({ length: 20 }, async (_, nth) =>
      log.append([record(nth), record(nth)]),
    )
    const results = await Promise.allSettled([...appends, log.append([large(4096)])])
    assert.ok(results.some((one) => one.status === 'rejected'))
    await assert.rejects(log.append([record(1)]), isStorageFailed)
    assert.equal(fatal.length, 1)
  })

  test('bounds what waits for the disk, and what a record may be', async () => {
    const log = await open()
    const size = 8 * 1024 * 1024
    const appends = Array.from({ length: PENDING_SIZE_BYTES_MAX / size + 1 }, () =>
      log.append([large(size)]),
    )
    const results = await Promise.allSettled(appends)
    const refused = results.filter((one) => one.status === 'rejected')
    assert.ok(refused.length > 0 && refused.length < results.length)
    assert.ok(refused.every((one) => isAppError(one.reason, 'LOG_FULL')))
    assert.equal(log.end()[0]!.offset, results.length - refused.length)
    await assert.rejects(log.append([large(RECORD_SIZE_BYTES_MAX + 1)]), (error) =>
      isAppError(error, 'REQUEST_TOO_LARGE'),
    )
  })

  test('refuses a segment size that it could not recover', async () => {
    await assert.rejects(open({ segmentSizeBytesMax: 2 ** 40 }), (error) =>
      isAppError(error, 'CONFIG_INVALID'),
    )
  })

  test('finds a moment in any segment', async () => {
    const clock = new FakeClock()
    const log = await open({ clock, segmentSizeBytesMax: 2048, tailCacheSizeBytesMax: 0 })
    const moments: number[] = []
    for (let nth = 0; nth < 60; nth += 1) {
      moments.push(clock.now())
      await log.append([record(nth)])
      clock.advance(1000)
    }
    for (const [nth, moment] of moments.entries()) {
      assert.deepEqual(await log.cursorAt(moment), [{ partition: 0, offset: nth }])
      assert.deepEqual(await log.cursorAt(moment - 1), [{ partition: 0, offset: nth }])
    }
  })
})

/** A record whose first two bytes are its number. */
function record(number: number): AppendRecord {
  const payload = new Uint8Array(100)
  payload[0] = number % 256
  payload[1] = Math.floor(number / 256)
  return { kind: 'event', payload }
}

function large(sizeBytes: number): AppendRecord {
  return { kind: 'event', payload: new Uint8Array(sizeBytes).fill(1) }
}

function isStorageFailed(error: unknown): boolean {
  return isAppError(error, 'STORAGE_FAILED')
}
