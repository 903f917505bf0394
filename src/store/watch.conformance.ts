// Watching: every change once, in order, however slow the watcher is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { WATCH_BUFFER_LENGTH_MAX, WATCH_PAGE_LIMIT } from './limits.ts'
import type { RowChange, RowStore, WatchOptions } from './rows.ts'
import { withStore, type OpenStore } from './store-under-test.ts'

/** A watch whose next changes can be taken one at a time. */
class Watching implements AsyncDisposable {
  readonly #controller = new AbortController()
  readonly #changes: AsyncIterator<RowChange>

  constructor(rows: RowStore, options: Omit<WatchOptions, 'signal'>) {
    const watch = rows.watch({ ...options, signal: this.#controller.signal })
    this.#changes = watch[Symbol.asyncIterator]()
  }

  async next(): Promise<RowChange> {
    const result = await this.#changes.next()
    if (result.done === true) throw new Error('the watch ended')
    return result.value
  }

  async names(count: number): Promise<string> {
    const names: string[] = []
    while (names.length < count) {
      const { type, row } = await this.next()
      names.push(`${type === 'put' ? '+' : '-'}${row.name}@${row.revision}`)
    }
    return names.join(' ')
  }

  async abort(): Promise<boolean> {
    this.#controller.abort()
    return (await this.#changes.next()).done === true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.#changes.return?.()
  }
}

async function put(rows: RowStore, ...names: readonly string[]): Promise<number> {
  return rows.write(names.map((name) => ({ kind: 'K', namespace: 'n', name, value: name })))
}

export function watchConformance(open: OpenStore): void {
  function watchTest(name: string, use: (rows: RowStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ rows }) => use(rows)))
  }

  watchTest('gives what was there after the revision, then what comes', async (rows) => {
    await put(rows, 'a')
    await put(rows, 'b')
    await using watching = new Watching(rows, { after: 1 })
    assert.equal(await watching.names(1), '+b@2')
    const coming = watching.names(3)
    await put(rows, 'c', 'd')
    await rows.write([{ kind: 'K', namespace: 'n', name: 'a' }])
    assert.equal(await coming, '+c@3 +d@3 -a@4')
  })

  watchTest('tells what a row was before it changed', async (rows) => {
    await rows.write([{ kind: 'K', namespace: 'n', name: 'a', value: 1, labels: { l: 'x' } }])
    await rows.write([{ kind: 'K', namespace: 'n', name: 'a', value: 2 }])
    await rows.write([{ kind: 'K', namespace: 'n', name: 'a' }])
    await using watching = new Watching(rows, { after: 0 })
    const first = { kind: 'K', namespace: 'n', name: 'a', createdRevision: 1 }
    const one = { ...first, value: 1, labels: { l: 'x' }, revision: 1 }
    const two = { ...first, value: 2, labels: {}, revision: 2 }
    assert.deepEqual(await watching.next(), { type: 'put', row: one })
    assert.deepEqual(await watching.next(), { type: 'put', row: two, before: one })
    assert.deepEqual(await watching.next(), {
      type: 'delete',
      row: { ...two, revision: 3 },
      before: two,
    })
  })

  watchTest('gives only the kinds asked for', async (rows) => {
    const write = (kind: string, name: string): Promise<number> =>
      rows.write([{ kind, namespace: 'n', name, value: 1 }])
    await write('A', 'one')
    await write('B', 'two')
    await using watching = new Watching(rows, { after: 0, kinds: ['B', 'C'] })
    assert.equal(await watching.names(1), '+two@2')
    const coming = watching.names(2)
    await write('C', 'three')
    await write('A', 'four')
    await write('B', 'five')
    assert.equal(await coming, '+three@3 +five@5')
  })

  watchTest('has neither gap nor double when writes go on while it catches up', async (rows) => {
    const count = WATCH_PAGE_LIMIT + 300
    for (let index = 0; index < 5; index += 1) await put(rows, `early${index}`)
    const writing = Promise.all(
      Array.from({ length: count }, (_, index) => put(rows, `late${index}`)),
    )
    await using watching = new Watching(rows, { after: 0 })
    const revisions: number[] = []
    while (revisions.length < count + 5) revisions.push((await watching.next()).row.revision)
    await writing
    assert.deepEqual(
      revisions,
      Array.from({ length: count + 5 }, (_, index) => index + 1),
    )
  })

  watchTest('serves a watcher that fell far behind from the store', async (rows) => {
    await put(rows, 'first')
    await using watching = new Watching(rows, { after: 0 })
    assert.equal(await watching.names(1), '+first@1')
    const pending = watching.next()
    const names = Array.from({ length: WATCH_BUFFER_LENGTH_MAX * 3 }, (_, index) => `n${index}`)
    for (let start = 0; start < names.length; start += 50)
      await put(rows, ...names.slice(start, start + 50))
    const seen = [(await pending).row.name]
    while (seen.length < names.length) seen.push((await watching.next()).row.name)
    assert.deepEqual(seen, names)
    const live = watching.names(1)
    await put(rows, 'live')
    assert.match(await live, /^\+live@/)
  })

  watchTest('keeps the rows of one write together, however many they are', async (rows) => {
    await using watching = new Watching(rows, { after: 0 })
    const first = watching.next()
    const names = Array.from({ length: WATCH_BUFFER_LENGTH_MAX + 7 }, (_, index) => `n${index}`)
    await put(rows, ...names)
    const seen = [(await first).row.name]
    while (seen.length < names.length) seen.push((await watching.next()).row.name)
    assert.deepEqual(seen, names)
  })

  watchTest('refuses a revision whose changes are no longer kept', async (rows) => {
    for (const name of ['a', 'b', 'c']) await put(rows, name)
    await rows.compact(2)
    await using tooOld = new Watching(rows, { after: 1 })
    await assert.rejects(tooOld.next(), (error) => isAppError(error, 'REVISION_COMPACTED'))
    await using justKept = new Watching(rows, { after: 2 })
    assert.equal(await justKept.names(1), '+c@3')
  })

  watchTest('refuses a revision that is not there yet', async (rows) => {
    await using watching = new Watching(rows, { after: 9 })
    await assert.rejects(watching.next(), (error) => isAppError(error, 'REQUEST_INVALID'))
  })

  watchTest('outlives a compaction once it is live', async (rows) => {
    await put(rows, 'a')
    await using watching = new Watching(rows, { after: 0 })
    assert.equal(await watching.names(1), '+a@1')
    const next = watching.names(1)
    await put(rows, 'b')
    await rows.compact(2)
    assert.equal(await next, '+b@2')
  })

  watchTest('ends quietly when its signal is aborted, waiting or not', async (rows) => {
    const waiting = new Watching(rows, { after: 0 })
    const pending = waiting.next().then(
      () => 'a change',
      () => 'ended',
    )
    assert.equal(await waiting.abort(), true)
    assert.equal(await pending, 'ended')
    await put(rows, 'a')
    const busy = new Watching(rows, { after: 0 })
    await busy.next()
    assert.equal(await busy.abort(), true)
  })

  watchTest('gives many watchers the same changes', async (rows) => {
    const watchings = Array.from({ length: 5 }, () => new Watching(rows, { after: 0 }))
    const all = Promise.all(watchings.map((watching) => watching.names(3)))
    for (const name of ['a', 'b', 'c']) await put(rows, name)
    assert.deepEqual(
      await all,
      watchings.map(() => '+a@1 +b@2 +c@3'),
    )
    for (const watching of watchings) await watching.abort()
  })

  test('ends when the store closes', async () => {
    const { store, dispose } = await open()
    const watching = new Watching(store.rows, { after: 0 })
    const ended = watching.next().then(
      () => 'a change',
      (error: unknown) => String(error),
    )
    await put(store.rows, 'a')
    assert.equal(await ended, 'a change')
    const next = watching.next().then(
      () => 'a change',
      (error: unknown) => String(error),
    )
    await dispose()
    assert.match(await next, /the watch ended/)
  })
}
