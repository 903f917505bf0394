import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findDoubledNames } from './json-names.ts'

const find = (json: string): readonly string[] => findDoubledNames(Buffer.from(json))

test('a name that is there twice in one object is found, with its path', () => {
  assert.deepEqual(find('{"spec":{"size":1,"name":"a","size":2}}'), ['spec.size'])
  assert.deepEqual(find('{"a":[{"b":1},{"b":1,"b":2}],"a":0}'), ['a[1].b', 'a'])
})

test('names are compared as they read, not as they are written', () => {
  assert.deepEqual(find(String.raw`{"size":1,"size":2}`), ['size'])
  assert.deepEqual(find(String.raw`{"a\"b":1,"a":{"x":"a\\"},"c":"a"}`), [])
})

test('what JSON.stringify writes has none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(find(JSON.stringify(value, null, 1)), [])
    }),
  )
})
