import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileJsonPath } from './json-path.ts'

const OBJECT = {
  spec: {
    size: 3,
    'a-b': { 'x.y': 1 },
    list: [
      { n: 'a', v: 1 },
      { n: 'b', v: 2 },
      { n: 'c', v: 3 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Synced', status: 'False' },
    ],
  },
}

test('paths find members, items, slices and what a filter chooses', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['.spec.size', [3]],
    ['{.spec.size}', [3]],
    ['$.spec.size', [3]],
    ['spec.size', [3]],
    [".spec['a-b']['x.y']", [1]],
    ['.spec.a-b["x.y"]', [1]],
    ['.spec.list[0].n', ['a']],
    ['.spec.list[-1].n', ['c']],
    ['.spec.list[*].v', [1, 2, 3]],
    ['.spec.list[1:].n', ['b', 'c']],
    ['.spec.list[:2].n', ['a', 'b']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type == 'Synced')].status", ['False']],
    ['.spec.list[?(@.v>1)].n', ['b', 'c']],
    ['.spec.list[?(@.v)].n', ['a', 'b', 'c']],
    ['.spec.none.at.all', []],
    ['.spec.list[9].n', []],
  ]
  for (const [path, values] of cases) assert.deepEqual(compileJsonPath(path)(OBJECT), values, path)
})

test('what is no path is refused with the place', () => {
  assert.throws(() => compileJsonPath('.spec[?('), /unexpected `\[\?\(` in the JSON path/)
  assert.throws(() => compileJsonPath('.spec..x'), SyntaxError)
})
