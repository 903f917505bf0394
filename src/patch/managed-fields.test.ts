import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, Schema } from '../structure/index.ts'
import { type ManagedFieldsEntry, serverSideApply, trackUpdate } from './index.ts'

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      additionalProperties: { type: 'string' },
      properties: {
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' } } },
        },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        whole: { type: 'array', items: { type: 'string' } },
      },
    },
  },
}

interface State {
  readonly value: Readonly<Record<string, Json>>
  readonly managers: readonly ManagedFieldsEntry[]
}

const NOTHING: State = { value: {}, managers: [] }

function apply(
  state: State,
  manager: string,
  spec: Json,
  force = false,
): State | readonly string[] {
  const result = serverSideApply({
    live: state.value,
    applied: { spec },
    schema: SCHEMA,
    managers: state.managers,
    writer: { manager, apiVersion: 'v1', time: 't' },
    force,
  })
  if (result.kind === 'conflict')
    return result.conflicts.map((conflict) => `${conflict.manager} ${conflict.path}`)
  return { value: result.value as State['value'], managers: result.managers }
}

function applied(state: State, manager: string, spec: Json, force = false): State {
  const result = apply(state, manager, spec, force)
  assert.ok('value' in result, JSON.stringify(result))
  return result
}

test('fields are owned down to what is merged as one', () => {
  const spec = { size: '1', items: [{ name: 'a', v: 'x' }], tags: ['t'], whole: ['w'] }
  const { managers } = applied(NOTHING, 'm', spec)
  assert.deepEqual(managers[0]!.fieldsV1, {
    'f:spec': {
      'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:v': {} } },
      'f:size': {},
      'f:tags': { 'v:"t"': {} },
      'f:whole': {},
    },
  })
})

test('what another set is refused, in the form of its path, and taken by force', () => {
  const first = applied(NOTHING, 'm1', { size: '1', items: [{ name: 'x', v: '1' }] })
  const wanted = { size: '2', items: [{ name: 'x', v: '2' }] }
  assert.deepEqual(apply(first, 'm2', wanted), ['m1 .spec.items[name="x"].v', 'm1 .spec.size'])
  const forced = applied(first, 'm2', wanted, true)
  assert.deepEqual(forced.value, { spec: wanted })
  assert.deepEqual(forced.managers[0]!.fieldsV1, {
    'f:spec': { 'f:items': { 'k:{"name":"x"}': { '.': {}, 'f:name': {} } } },
  })
})

test('what is no longer applied goes, unless another has it too', () => {
  const one = applied(NOTHING, 'm1', { size: '1', tags: ['a', 'b'], items: [{ name: 'x' }] })
  const two = applied(one, 'm2', { tags: ['b', 'c'] })
  assert.deepEqual(two.value['spec'], { size: '1', tags: ['a', 'b', 'c'], items: [{ name: 'x' }] })
  const less = applied(two, 'm1', { size: '1' })
  assert.deepEqual(less.value['spec'], { size: '1', tags: ['b', 'c'], items: [] })
})

test('an update takes what it changes from those who applied it', () => {
  const one = applied(NOTHING, 'm1', { size: '1', colour: 'red' })
  const after = { spec: { size: '2', colour: 'red', extra: 'x' } }
  const managers = trackUpdate({
    before: one.value,
    after,
    schema: SCHEMA,
    managers: one.managers,
    writer: { manager: 'edit', apiVersion: 'v1', time: 'u' },
  })
  assert.deepEqual(
    managers.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1]),
    [
      ['m1', 'Apply', { 'f:spec': { 'f:colour': {} } }],
      ['edit', 'Update', { 'f:spec': { 'f:extra': {}, 'f:size': {} } }],
    ],
  )
})

const specs = fc.record(
  {
    size: fc.constantFrom('1', '2'),
    colour: fc.constantFrom('r', 'g'),
    tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
    items: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('x', 'y'), v: fc.constantFrom('1', '2') }),
      { selector: ({ name }) => name },
    ),
  },
  { requiredKeys: [] },
)

test('an apply that is repeated changes nothing, whoever applied before', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const one = applied(NOTHING, 'm1', plain(first))
      const two = applied(one, 'm2', plain(second), true)
      assert.deepEqual(applied(two, 'm2', plain(second), true), two)
    }),
  )
})

test('managers whose fields do not meet may come in either order', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const { size, tags } = first
      const { colour, items } = second
      const [mine, yours] = [plain({ size, tags }), plain({ colour, items })]
      const here = applied(applied(NOTHING, 'm1', mine), 'm2', yours)
      const there = applied(applied(NOTHING, 'm2', yours), 'm1', mine)
      assert.deepEqual(here.value, there.value)
    }),
  )
})

function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

test("what was applied empty stays when it gets members, one's own or another's", () => {
  const schema: Schema = {
    type: 'object',
    properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  }
  const write = (state: State, manager: string, spec: Json): State => {
    const writer = { manager, apiVersion: 'v1', time: 't' }
    const { value: live, managers } = state
    const result = serverSideApply({
      live,
      applied: { spec },
      schema,
      managers,
      writer,
      force: false,
    })
    assert.ok(result.kind === 'applied')
    return { value: result.value as State['value'], managers: result.managers }
  }
  const empty = write(NOTHING, 'one', { deep: {} })
  assert.deepEqual(write(empty, 'one', { deep: { a: 1 } }).value, { spec: { deep: { a: 1 } } })
  const shared = write(empty, 'two', { deep: { b: 2 } })
  assert.deepEqual(write(shared, 'one', { other: 1 }).value, { spec: { deep: { b: 2 }, other: 1 } })
  assert.deepEqual(write(empty, 'one', { other: 1 }).value, { spec: { other: 1 } })
})
