import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parsePath, selectPath, type Step } from './json-path.ts'

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'detail-type', '__proto__', 'é', 'a/b'),
  fc.string({ maxLength: 3 }),
)
const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.jsonValue({ maxDepth: 0 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((members) => {
      const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>
      for (const [name, value] of members) object[name] = value
      return object
    }),
  ),
})).value

/** A path into `value`, steered by `numbers`; now and then it leads nowhere. */
function drawPath(value: unknown, numbers: readonly number[]): string {
  let path = '$'
  let at = value
  for (const number of numbers) {
    if (number % 11 === 0) return `${path}.none`
    if (number % 7 === 0) return `${path}.*`
    if (Array.isArray(at)) {
      const index = number % (at.length + 1)
      path += `[${index}]`
      at = at[index]
    } else if (typeof at === 'object' && at !== null) {
      const names = Object.keys(at).filter((name) => /^[^']+$/.test(name))
      const name = names[number % names.length]
      if (name === undefined) return path
      const isPlain = /^[^.[\]*?()'"\s@,:]+$/.test(name)
      path += isPlain && number % 2 === 0 ? `.${name}` : `['${name}']`
      at = (at as Record<string, unknown>)[name]
    } else return path
  }
  return path
}

function walk(value: unknown, steps: readonly Step[]): unknown {
  let at = value
  for (const step of steps) {
    if (typeof at !== 'object' || at === null) return undefined
    if (step.kind === 'all') return Object.values(at)
    if (step.kind === 'index') at = Array.isArray(at) ? at[step.index] : undefined
    else if (Array.isArray(at) || !Object.hasOwn(at, step.name)) return undefined
    else at = (at as Record<string, unknown>)[step.name]
  }
  return at
}

test('selects what walking the parsed value finds', () => {
  let found = 0
  fc.assert(
    fc.property(
      tree,
      fc.array(fc.nat(1000), { maxLength: 6 }),
      fc.nat(2),
      (value, numbers, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        const parsed: unknown = JSON.parse(text)
        const path = drawPath(parsed, numbers)
        const selected = selectPath(Buffer.from(text), path)
        const expected = walk(parsed, parsePath(path).steps)
        if (expected === undefined) assert.equal(selected, undefined, path)
        else {
          found += 1
          assert.ok(selected, path)
          assert.deepEqual(sorted(JSON.parse(selected.toString())), sorted(expected), path)
        }
      },
    ),
    { numRuns: 3000 },
  )
  assert.ok(found > 1000)
})

// The members behind `*` come in the order written, which is not the order of Object.values.
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)).toSorted() : value
}

test('selected bytes are those of the event, spaces and digits included', () => {
  const event = Buffer.from('{"detail": {"o": {"b" : 1.50 ,"a":[ 1e2 ]}, "s":"\\u0041"}}')
  assert.equal(selectPath(event, '$.detail.o')?.toString(), '{"b" : 1.50 ,"a":[ 1e2 ]}')
  assert.equal(selectPath(event, '$.detail.o.a[0]')?.toString(), '1e2')
  assert.equal(selectPath(event, '$.detail.s')?.toString(), '"\\u0041"')
})

test('broken bytes never hang it', () => {
  const valid = [...Buffer.from('{"a":[1,{"b":"x\\"y"}],"c":{"d":[[],{}]}}')]
  fc.assert(
    fc.property(fc.nat(), fc.nat(3), fc.array(fc.nat(255), { maxLength: 3 }), (at, cut, put) => {
      const bytes = [...valid]
      bytes.splice(at % (bytes.length + 1), cut, ...put)
      for (const path of ['$', '$.a[1].b', '$.c.*', '$.a[*].b']) {
        assert.doesNotThrow(() => selectPath(Uint8Array.from(bytes), path))
      }
    }),
    { numRuns: 1000 },
  )
})
