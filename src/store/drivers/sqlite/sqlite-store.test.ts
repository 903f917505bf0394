import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isAppError, type AppError } from '../../../base/index.ts'
import { storeConformance } from '../../store.conformance.ts'
import type { StoreUnderTest } from '../../store-under-test.ts'
import { WAL_SIZE_BYTES_TARGET } from './database.ts'
import { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'

async function open(
  directory: string = mkdtempSync(join(tmpdir(), 'signalbox-store-')),
  options: Partial<SqliteStoreOptions> = {},
): Promise<StoreUnderTest & { readonly path: string }> {
  const path = join(directory, 'store.db')
  const store = await openSqliteStore({ path, ...options })
  return {
    path,
    store,
    async reopen() {
      await store.close()
      return open(directory)
    },
    async dispose() {
      await store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

storeConformance('sqlite', () => open())

const write = { kind: 'K', namespace: 'n', name: 'a', value: 1 }

test('requests after closing are refused', async () => {
  const { store, dispose } = await open()
  await dispose()
  await assert.rejects(store.rows.write([write]), (error) => isAppError(error, 'STORE_CLOSED'))
  await assert.rejects(store.rows.get(write), (error) => isAppError(error, 'STORE_CLOSED'))
})

test('what was asked before closing is done', async () => {
  const { store, reopen } = await open()
  const writing = store.rows.write([write])
  const reopened = await reopen()
  assert.equal(await writing, 1)
  assert.equal((await reopened.store.rows.get(write))?.revision, 1)
  await reopened.dispose()
})

test('without room a commit is refused whole, and taken again when there is room', async () => {
  const fatal: AppError[] = []
  const { store, dispose } = await open(undefined, {
    sizeBytesMax: 1024 * 1024,
    onFatal: (error) => void fatal.push(error),
  })
  const body = new Uint8Array(100_000)
  const message = {
    queue: 'q',
    id: 'm',
    body,
    sentAt: 1,
    visibleAt: 1,
    expiresAt: 1000,
    sender: '000000000000',
  }
  let sent = 0
  await assert.rejects(
    async () => {
      for (; sent < 100; sent += 1) await store.messages.send([message])
    },
    (error) => isAppError(error, 'STORE_FULL') && error.retry,
  )
  assert.ok(sent > 0 && sent < 100)
  assert.equal((await store.messages.counts('q', 1)).visible, sent)
  await store.messages.purge('q')
  await store.messages.send([message])
  assert.equal((await store.messages.counts('q', 1)).visible, 1)
  assert.deepEqual(fatal, [])
  await dispose()
})

test('a damaged database is fatal: every request is refused and the owner is told once', async () => {
  const { store, path, dispose } = await open()
  await store.rows.write([write])
  await store.close()
  damageTable(path, 'rows')
  const fatal: AppError[] = []
  const damaged = await openSqliteStore({ path, onFatal: (error) => void fatal.push(error) })
  try {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => damaged.rows.write([write])),
    )
    assert.deepEqual(
      new Set(results.map((result) => result.status === 'rejected' && codeOf(result.reason))),
      new Set(['STORAGE_FAILED']),
    )
    assert.deepEqual(
      fatal.map(({ code }) => code),
      ['STORAGE_FAILED'],
    )
    await assert.rejects(damaged.rows.write([write]), (error) =>
      isAppError(error, 'STORAGE_FAILED'),
    )
  } finally {
    await damaged.close()
    await dispose()
  }
})

function damageTable(path: string, table: string): void {
  const db = new DatabaseSync(path)
  const root = Number(
    db.prepare('SELECT rootpage AS page FROM sqlite_schema WHERE name = ?').get(table)?.['page'],
  )
  const pageSize = Number(db.prepare('PRAGMA page_size').get()?.['page_size'])
  db.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, (root - 1) * pageSize, root * pageSize)
  writeFileSync(path, bytes)
}

function codeOf(error: unknown): string {
  return isAppError(error) ? error.code : String(error)
}

test('a file that is no database is refused at opening', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-store-'))
  const path = join(directory, 'store.db')
  writeFileSync(path, 'this is no database, though it is long enough to be looked at'.repeat(50))
  await assert.rejects(openSqliteStore({ path }), (error) => isAppError(error, 'STORAGE_FAILED'))
  rmSync(directory, { recursive: true })
})

test('a database of a newer program is refused at opening', async () => {
  const { path, store, dispose } = await open()
  await store.close()
  const db = new DatabaseSync(path)
  db.exec('UPDATE schema_version SET version = 99')
  db.close()
  await assert.rejects(openSqliteStore({ path }), /schema version `99`/)
  await dispose()
})

test('commits are durable by the settings of the file, not by luck', async () => {
  const { path, store, dispose } = await open()
  await store.rows.write([write])
  const db = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual({ ...db.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
  db.close()
  await dispose()
})

test('the write-ahead log stays near its target and is gone after closing', async () => {
  const { path, store, dispose } = await open()
  const sizeBytes = 1024 * 1024
  let largest = 0
  for (let index = 0; index < 60; index += 1) {
    await store.messages.sendPacked({
      queue: 'q',
      idPrefix: `m${index}-`,
      bodies: new Uint8Array(sizeBytes),
      ends: Uint32Array.from({ length: 1024 }, (_, position) => (position + 1) * 1024),
      sentAt: 1,
      visibleAt: 1,
      expiresAt: 1000,
      sender: '000000000000',
    })
    largest = Math.max(largest, statSync(`${path}-wal`).size)
  }
  assert.ok(largest > WAL_SIZE_BYTES_TARGET / 2, `largest was ${largest}`)
  assert.ok(largest < WAL_SIZE_BYTES_TARGET + 4 * sizeBytes, `largest was ${largest}`)
  await store.close()
  assert.equal(existsSync(`${path}-wal`), false)
  await dispose()
})
