import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, Schema } from '../structure/index.ts'
import { applyJsonPatch, applyMergePatch, applyStrategicPatch, PatchError } from './index.ts'

/** https://www.rfc-editor.org/rfc/rfc6902#appendix-A */
const JSON_PATCHES: readonly (readonly [before: Json, patch: Json, after: Json])[] = [
  [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
  [{ foo: ['a', 'c'] }, [{ op: 'add', path: '/foo/1', value: 'b' }], { foo: ['a', 'b', 'c'] }],
  [{ baz: 'q', foo: 'b' }, [{ op: 'remove', path: '/baz' }], { foo: 'b' }],
  [{ foo: ['a', 'b'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['a'] }],
  [{ baz: 'q' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
  [{ a: { x: 1 }, b: {} }, [{ op: 'move', from: '/a/x', path: '/b/y' }], { a: {}, b: { y: 1 } }],
  [{ a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
  [{ a: ['x'] }, [{ op: 'test', path: '/a/0', value: 'x' }], { a: ['x'] }],
  [{ a: ['x'] }, [{ op: 'add', path: '/a/-', value: ['y'] }], { a: ['x', ['y']] }],
  [{ '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
]

test('the operations of a JSON patch do what the RFC says', () => {
  for (const [before, patch, after] of JSON_PATCHES)
    assert.deepEqual(applyJsonPatch(before, patch), after)
})

/** How a patch of `{a: ['x']}` is refused. */
function kindOf(patch: Json): string {
  try {
    applyJsonPatch({ a: ['x'] }, patch)
    return 'fits'
  } catch (error) {
    assert.ok(error instanceof PatchError, String(error))
    return error.kind
  }
}

test('a JSON patch that does not fit is told from one that is none', () => {
  assert.equal(kindOf([{ op: 'remove', path: '/b' }]), 'unfit')
  assert.equal(kindOf([{ op: 'replace', path: '/a/1', value: 1 }]), 'unfit')
  assert.equal(kindOf([{ op: 'test', path: '/a', value: 1 }]), 'unfit')
  assert.equal(kindOf([{ op: 'add', path: '/b/c', value: 1 }]), 'unfit')
  assert.equal(kindOf({}), 'malformed')
  assert.equal(kindOf([{ op: 'add', path: 'a', value: 1 }]), 'malformed')
  assert.equal(kindOf([{ op: 'add', path: '/a' }]), 'malformed')
  assert.equal(kindOf([{ op: 'fly', path: '/a' }]), 'malformed')
})

/** https://www.rfc-editor.org/rfc/rfc7396#appendix-A */
test('a merge patch sets, merges and removes', () => {
  const cases: readonly (readonly [Json, Json, Json])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [['a'], ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [before, patch, after] of cases)
    assert.deepEqual(applyMergePatch(before, patch), after)
})

const POD: Schema = {
  type: 'object',
  properties: {
    containers: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: { type: 'string' } } },
    },
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    args: { type: 'array', items: { type: 'string' } },
  },
}

test('a strategic patch merges the items of a map by their key', () => {
  const before = {
    containers: [
      { name: 'a', image: '1' },
      { name: 'b', image: '2' },
    ],
  }
  const patched = (containers: Json, rest: object = {}): Json =>
    applyStrategicPatch(before, { containers, ...rest }, POD)
  assert.deepEqual(patched([{ name: 'b', image: '3' }, { name: 'c' }]), {
    containers: [{ name: 'a', image: '1' }, { name: 'b', image: '3' }, { name: 'c' }],
  })
  assert.deepEqual(patched([{ name: 'a', $patch: 'delete' }]), {
    containers: [{ name: 'b', image: '2' }],
  })
  assert.deepEqual(patched([{ $patch: 'replace' }, { name: 'z' }]), { containers: [{ name: 'z' }] })
  const order = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] }
  assert.deepEqual(patched([{ name: 'a', image: '9' }], order), {
    containers: [
      { name: 'b', image: '2' },
      { name: 'a', image: '9' },
    ],
  })
  assert.throws(() => patched([{ image: 'x' }]), /does not contain declared merge key: name/)
})

test('a strategic patch joins sets, replaces other lists and keeps what it is told to', () => {
  const before = { finalizers: ['a', 'b'], args: ['x', 'y'], other: 1 }
  const patch = { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'], args: ['z'] }
  assert.deepEqual(applyStrategicPatch(before, patch, POD), {
    finalizers: ['b', 'c'],
    args: ['z'],
    other: 1,
  })
  assert.deepEqual(applyStrategicPatch(before, { $retainKeys: ['args'], args: ['z'] }, POD), {
    args: ['z'],
  })
})

test('no patch changes what it was given', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (before, patch) => {
      const copy = JSON.stringify([before, patch])
      applyMergePatch(before, patch)
      applyStrategicPatch(before, patch, {})
      assert.equal(JSON.stringify([before, patch]), copy)
    }),
  )
})
