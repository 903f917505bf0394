// Reads every event of a data directory's log, from a copy, so that what the next start finds is untouched.

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../../src/base/index.ts'
import { decodeStoredEvent } from '../../../src/event/index.ts'
import { openFileLog, type FileLog } from '../../../src/log/index.ts'
import type { Observed } from './checker.ts'
import { SOURCE } from './producers.ts'

const READ_RECORDS_MAX = 1000

export interface ReadBack {
  readonly observed: readonly Observed[]
  /** What replays brought back. */
  readonly replayed: readonly Observed[]
  /** What recovery set aside, one sentence each. */
  readonly damages: readonly string[]
}

export async function readLog(dataDir: string): Promise<ReadBack> {
  const source = join(dataDir, 'log')
  if (!existsSync(source)) return { observed: [], replayed: [], damages: [] }
  const copy = mkdtempSync(join(tmpdir(), 'signalbox-log-'))
  try {
    cpSync(source, copy, { recursive: true })
    return await readAll(copy)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function readAll(directory: string): Promise<ReadBack> {
  const failures: Error[] = []
  const log = await openFileLog({
    directory,
    logger: silentLogger,
    onFatal: (error) => void failures.push(error),
    freeBytesMin: 0,
    verify: true,
  })
  try {
    const { quarantined } = log.stats()
    const damages = quarantined.map(({ from, to, reason }) => `${from} to ${to}: ${reason}`)
    const found = damages.length === 0 ? await collect(log) : { observed: [], replayed: [] }
    if (failures.length > 0) throw failures[0]!
    return { ...found, damages }
  } finally {
    await log.close()
  }
}

async function collect(log: FileLog): Promise<Omit<ReadBack, 'damages'>> {
  const observed: Observed[] = []
  const replayed: Observed[] = []
  const end = log.end()[0]!.offset
  const { signal } = new AbortController()
  let cursor = log.start()
  while (cursor[0]!.offset < end) {
    const result = await log.read(cursor, { recordsMax: READ_RECORDS_MAX, signal })
    for (const { kind, payload } of result.records) {
      if (kind !== 'event') continue
      const { envelope, detailStart, detailEnd, isReplayed } = decodeStoredEvent(payload)
      const text = Buffer.from(envelope)
      const { source, 'detail-type': id } = JSON.parse(text.toString()) as {
        source: string
        'detail-type': string
      }
      if (source !== SOURCE) continue
      const found = { id, detail: text.toString('utf8', detailStart, detailEnd) }
      if (isReplayed) replayed.push(found)
      else observed.push(found)
    }
    cursor = result.cursor
  }
  return { observed, replayed }
}
