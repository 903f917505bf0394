import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { Scope } from '../model/index.ts'
import type { Control } from './control.ts'
import { openMemoryControl } from './memory-control.ts'

const SCOPE: Scope = { account: '000000000000', region: 'us-east-1' }
const PATTERN = '{"source":["shop"]}'

function openControl(strict = false): {
  readonly control: Control
  readonly publications: () => number
} {
  let count = 0
  const onPublish = (): void => {
    count += 1
  }
  const control = openMemoryControl({ clock: new FakeClock(), strict, onPublish })
  return { control, publications: () => count }
}

test('whatever changes routing is published before its call resolves', async () => {
  const { control, publications } = openControl()
  const name = { rule: 'r' }
  const changes: readonly (() => Promise<unknown>)[] = [
    () => control.buses.create(SCOPE, { name: 'orders' }),
    () => control.rules.put(SCOPE, { ...name, pattern: PATTERN }),
    () =>
      control.targets.put(SCOPE, name, [
        { id: '1', address: 'http://localhost:1/hook', inputs: [] },
      ]),
    () => control.rules.setState(SCOPE, name, 'DISABLED'),
    () => control.targets.remove(SCOPE, name, ['1']),
    () => control.rules.delete(SCOPE, name),
    () => control.buses.delete(SCOPE, 'orders'),
  ]
  for (const [index, change] of changes.entries()) {
    await change()
    assert.equal(publications(), index + 1)
  }
})

test('writers of one rule at one time lose nothing of each other', async () => {
  const { control } = openControl()
  await control.rules.put(SCOPE, { rule: 'r', pattern: PATTERN })
  const ids = ['1', '2', '3', '4', '5']
  await Promise.all([
    ...ids.map((id) =>
      control.targets.put(SCOPE, { rule: 'r' }, [{ id, address: `http://h/${id}`, inputs: [] }]),
    ),
    control.rules.put(SCOPE, { rule: 'r', pattern: PATTERN, description: 'new' }),
  ])
  const { spec } = await control.rules.get(SCOPE, { rule: 'r' })
  assert.deepEqual(
    spec.targets.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b)),
    ids,
  )
  assert.equal(spec.description, 'new')
})

test('a bus cannot go while a rule is being put on it', async () => {
  const { control } = openControl()
  await control.buses.create(SCOPE, { name: 'orders' })
  const outcomes = await Promise.allSettled([
    control.rules.put(SCOPE, { bus: 'orders', rule: 'r', pattern: PATTERN }),
    control.buses.delete(SCOPE, 'orders'),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
})

test('accounts and regions see nothing of each other', async () => {
  const { control } = openControl()
  await control.buses.create(SCOPE, { name: 'orders' })
  for (const other of [
    { ...SCOPE, account: '111122223333' },
    { ...SCOPE, region: 'eu-west-1' },
  ]) {
    const page = await control.buses.list(other, {})
    assert.deepEqual(
      page.items.map(({ spec }) => spec.name),
      ['default'],
    )
    for (const name of ['orders', 'arn:aws:events:us-east-1:000000000000:event-bus/orders']) {
      await assert.rejects(control.buses.get(other, name), (error) =>
        isAppError(error, 'BUS_NOT_FOUND'),
      )
    }
  }
})

test('rules of buses whose names begin alike, or are very long, do not mix', async () => {
  const { control } = openControl()
  const names = ['a', 'a.b', 'a-b', 'B_'.repeat(100), `${'B_'.repeat(100)}c`]
  for (const name of names) {
    await control.buses.create(SCOPE, { name })
    await control.rules.put(SCOPE, { bus: name, rule: `r-${name.length}`, pattern: PATTERN })
  }
  for (const name of names) {
    const page = await control.rules.list(SCOPE, { bus: name })
    assert.deepEqual(
      page.items.map(({ spec }) => [spec.bus, spec.name]),
      [[name, `r-${name.length}`]],
    )
  }
})

test('an unquoted text template is taken, but by the strict mode', async () => {
  const paths = { user: '$.detail.user' }
  const inputs = [{ kind: 'template', paths, template: 'New user: <user>' }] as const
  for (const strict of [false, true]) {
    const { control } = openControl(strict)
    await control.rules.put(SCOPE, { rule: 'r', pattern: PATTERN })
    const put = control.targets.put(SCOPE, { rule: 'r' }, [
      { id: '1', address: 'arn:aws:sns:us-east-1:000000000000:t', inputs },
    ])
    if (strict) await assert.rejects(put, (error) => isAppError(error, 'TEMPLATE_INVALID'))
    else assert.deepEqual(await put, [])
  }
})
