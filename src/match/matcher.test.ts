import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createMatcher, matchesPattern, type Matcher } from './matcher.ts'
import { parsePattern } from './pattern.ts'

const event = Buffer.from('{"source":"shop","detail":{"total":150}}')
const shop = parsePattern('{"source":["shop"]}')
const large = parsePattern('{"detail":{"total":[{"numeric":[">",100]}]}}')
const other = parsePattern('{"source":["bank"]}')

test('the keys of all matching patterns are answered in order of joining', () => {
  const matcher = createMatcher<string>().with('b', large).with('x', other).with('a', shop)
  assert.equal(matcher.size, 3)
  assert.deepEqual(matcher.match(event), ['b', 'a'])
})

test('a pattern joined under a key that is there takes its place, last in order', () => {
  const matcher = createMatcher<string>().with('a', shop).with('b', large).with('a', large)
  assert.equal(matcher.size, 2)
  assert.deepEqual(matcher.match(event), ['b', 'a'])
  assert.deepEqual(matcher.with('b', other).match(event), ['a'])
})

test('leaving takes one pattern out, and leaving twice changes nothing', () => {
  const both = createMatcher<string>().with('a', shop).with('b', large)
  const one = both.without('a')
  assert.deepEqual(one.match(event), ['b'])
  assert.equal(one.without('a'), one)
  assert.equal(one.size, 1)
})

test('earlier matchers stay as they were while later ones are used', () => {
  const none = createMatcher<string>()
  const a = none.with('a', shop)
  const ab = a.with('b', large)
  const b = ab.without('a')
  const ac = a.with('c', shop)
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(none.match(event), [])
    assert.deepEqual(ac.match(event), ['a', 'c'])
    assert.deepEqual(b.match(event), ['b'])
    assert.deepEqual(ab.match(event), ['a', 'b'])
    assert.deepEqual(a.match(event), ['a'])
  }
})

type Step = { readonly from: number; readonly key: number; readonly pattern: number }

test('any history of joins and leaves answers as a plain list would', () => {
  const texts = [
    '{"a":[1]}',
    '{"a":[1,2],"b":[{"exists":false}]}',
    '{"a":[{"exists":false}]}',
    '{"$or":[{"a":[1]},{"b":[{"prefix":"x"}]}]}',
    '{"a":[{"anything-but":1}],"b":["x"]}',
  ]
  const events = ['{"a":1}', '{"a":2,"b":"x"}', '{"b":"xy"}', '{}'].map((text) => Buffer.from(text))
  const patterns = texts.map(parsePattern)
  const step = fc.record({ from: fc.nat(), key: fc.nat(4), pattern: fc.nat(texts.length) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps: Step[]) => {
      const versions: [Matcher<number>, Map<number, number>][] = [[createMatcher(), new Map()]]
      for (const { from, key, pattern } of steps) {
        const [matcher, list] = versions[from % versions.length]!
        const after = new Map(list)
        after.delete(key)
        if (pattern < texts.length) after.set(key, pattern)
        const next =
          pattern < texts.length ? matcher.with(key, patterns[pattern]!) : matcher.without(key)
        versions.push([next, after])
      }
      for (const [matcher, list] of versions) {
        assert.equal(matcher.size, list.size)
        for (const bytes of events) {
          const expected = [...list].filter(([, at]) => matchesPattern(patterns[at]!, bytes))
          assert.deepEqual(
            matcher.match(bytes),
            expected.map(([key]) => key),
          )
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('bytes that are no JSON object match nothing, and broken ones never crash or hang', () => {
  const matcher = createMatcher<string>()
    .with('a', parsePattern('{"a":{"b":["x",1]}}'))
    .with('c', parsePattern('{"c":[{"exists":false}]}'))
  for (const text of ['', ' ', '[]', '"a"', '1', 'null', '\u0000']) {
    assert.deepEqual(matcher.match(Buffer.from(text)), [], text)
  }
  const valid = [
    ...Buffer.from('{"k":[1,{"z":"\\u0041"}],"a":[{"b":"x"},[{"b":[1,"x"]}]],"d":-1.5}'),
  ]
  fc.assert(
    fc.property(fc.nat(), fc.nat(3), fc.array(fc.nat(255), { maxLength: 3 }), (at, cut, put) => {
      const bytes = [...valid]
      bytes.splice(at % (bytes.length + 1), cut, ...put)
      assert.ok(Array.isArray(matcher.match(Uint8Array.from(bytes))))
    }),
    { numRuns: 2000 },
  )
  for (let length = 0; length < valid.length; length += 1) {
    assert.ok(Array.isArray(matcher.match(Uint8Array.from(valid.slice(0, length)))))
  }
  assert.deepEqual(matcher.match(Buffer.from(`{"a":${'['.repeat(1_000_000)}`)), ['c'])
})
