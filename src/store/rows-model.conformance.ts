// Rows against a plain model: a list of the states that there were, one per revision.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  integer,
  option,
  record,
  uniqueArray,
  type Arbitrary,
} from 'fast-check'
import { isAppError } from '../base/index.ts'
import type { RowStore, RowWrite } from './rows.ts'
import { withStore, type OpenStore } from './store-under-test.ts'

type State = ReadonlyMap<string, { readonly value: number; readonly revision: number }>

interface Command {
  readonly writes: readonly {
    readonly name: string
    readonly value: number | undefined
    /** Of what is there: expect it, expect none, expect something wrong, or expect nothing at all. */
    readonly expectation: 'right' | 'none' | 'wrong' | 'any'
  }[]
}

const NAMES = ['a', 'b', 'c', 'd', 'e']

const command: Arbitrary<Command> = record({
  writes: uniqueArray(
    record({
      name: constantFrom(...NAMES),
      value: option(integer({ min: 0, max: 99 }), { nil: undefined }),
      expectation: constantFrom('right', 'none', 'wrong', 'any', 'any'),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
  ),
})

export function rowsModelConformance(open: OpenStore): void {
  test('any run of writes equals the model, at every revision and from every watch', async () => {
    await assertProperty(
      asyncProperty(array(command, { minLength: 1, maxLength: 20 }), (commands) =>
        withStore(open, ({ rows }) => checkRun(rows, commands)),
      ),
      { numRuns: 15 },
    )
  })
}

async function checkRun(rows: RowStore, commands: readonly Command[]): Promise<void> {
  const states: State[] = [new Map()]
  for (const { writes } of commands) await checkWrite(rows, states, writes)
  assert.equal(rows.revision(), states.length - 1)
  for (const [revision, state] of states.entries()) {
    assert.deepEqual(await listAt(rows, revision), [...state].sort(byName))
    assert.deepEqual(await replay(rows, states, revision), [...states.at(-1)!].sort(byName))
  }
}

async function checkWrite(
  rows: RowStore,
  states: State[],
  writes: Command['writes'],
): Promise<void> {
  const before = states.at(-1)!
  const after = new Map(before)
  const revision = states.length
  let isRefused = false
  let isChanged = false
  for (const { name, value, expectation } of writes) {
    const found = before.get(name)
    if (expectation === 'wrong' || (expectation === 'none' && found !== undefined)) isRefused = true
    if (value !== undefined) after.set(name, { value, revision })
    else after.delete(name)
    if (value !== undefined || found !== undefined) isChanged = true
  }
  const request = writes.map((write) => toRowWrite(write, before, revision))
  if (isRefused) {
    await assert.rejects(rows.write(request), (error) => isAppError(error, 'RESOURCE_CONFLICT'))
    return
  }
  assert.equal(await rows.write(request), isChanged ? revision : revision - 1)
  if (isChanged) states.push(after)
}

function toRowWrite(
  { name, value, expectation }: Command['writes'][number],
  before: State,
  revision: number,
): RowWrite {
  const key = { kind: 'K', namespace: 'n', name, ...(value === undefined ? {} : { value }) }
  switch (expectation) {
    case 'any':
      return key
    case 'none':
      return { ...key, expect: 'none' }
    case 'wrong':
      return { ...key, expect: revision + 100 }
    case 'right':
      return { ...key, expect: before.get(name)?.revision ?? 'none' }
    default:
      throw new Error('unexpected expectation')
  }
}

async function listAt(rows: RowStore, revision: number): Promise<unknown[]> {
  const listed: unknown[] = []
  let continueToken: string | undefined
  do {
    const page = await rows.list({
      kind: 'K',
      limit: 2,
      ...(continueToken === undefined ? { revision } : { continueToken }),
    })
    for (const row of page.rows)
      listed.push([row.name, { value: row.value, revision: row.revision }])
    continueToken = page.continueToken
  } while (continueToken !== undefined)
  return listed
}

/** The state at a revision with every later change applied must be the newest state. */
async function replay(rows: RowStore, states: readonly State[], after: number): Promise<unknown[]> {
  const state = new Map(states[after])
  if (after === rows.revision()) return [...state].sort(byName)
  const controller = new AbortController()
  for await (const { type, row } of rows.watch({ after, signal: controller.signal })) {
    if (type === 'put') state.set(row.name, { value: row.value as number, revision: row.revision })
    else state.delete(row.name)
    if (row.revision === rows.revision() && isSame(state, states.at(-1)!)) controller.abort()
  }
  return [...state].sort(byName)
}

function isSame(left: State, right: State): boolean {
  return JSON.stringify([...left].sort(byName)) === JSON.stringify([...right].sort(byName))
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
