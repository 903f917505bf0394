import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import { createExplainer, type ExplainedNode, type Explanation, explainMatch } from './explain.ts'
import { matchesPattern } from './matcher.ts'
import { parsePattern, type Pattern } from './pattern.ts'
import { oracleMatches } from './testing.ts'

function explain(pattern: unknown, event: unknown): Explanation {
  const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern)
  const bytes = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))
  return explainMatch(parsePattern(text), bytes)
}

/** The misses as `path: expected <> found`. */
function missesOf(pattern: unknown, event: unknown): string[] {
  return explain(pattern, event).misses.map(
    ({ path, expected, found }) => `${path}: ${expected} <> ${found}`,
  )
}

test('an event that matches misses nothing', () => {
  const { matches, nearness, misses, leaves, leavesSatisfied } = explain(
    { source: ['shop'], detail: { total: [{ numeric: ['>', 100] }] } },
    { source: 'shop', detail: { total: 101 } },
  )
  assert.deepEqual(
    { matches, nearness, misses, leaves, leavesSatisfied },
    {
      matches: true,
      nearness: 1,
      misses: [],
      leaves: 2,
      leavesSatisfied: 2,
    },
  )
})

test('every failing leaf is named, with what was expected and what was there', () => {
  const pattern = {
    source: ['shop', 'bank'],
    detail: { total: [{ numeric: ['>', 100] }], kind: ['sale'], 'a.b': [1], id: ['x'] },
  }
  const event = '{"source":"shop","detail":{"total":1e2,"kind":{"a":1},"a":{"b":[]},"note":1}}'
  assert.deepEqual(missesOf(pattern, event), [
    'detail.total: a number > 100 <> 1e2',
    'detail.kind: "sale" <> an object, which is no value',
    'detail.a.b: 1 <> an empty array, which is as good as absent',
    'detail.id: "x" <> absent',
  ])
  assert.equal(explain(pattern, event).nearness, 1 / 5)
})

test('every operator is put into words', () => {
  const words = (alternatives: unknown): string =>
    explain({ a: alternatives }, {}).misses[0]!.expected
  for (const [alternatives, expected] of [
    [['x', 1, true, null], '"x", 1, true or null'],
    [[{ exactly: 'x' }], '"x"'],
    [[{ prefix: 'x' }], 'something that begins with "x"'],
    [[{ prefix: { 'equals-ignore-case': 'x' } }], 'something that begins with "x" in any case'],
    [[{ suffix: 'x' }], 'something that ends with "x"'],
    [[{ suffix: { 'equals-ignore-case': 'x' } }], 'something that ends with "x" in any case'],
    [[{ 'equals-ignore-case': 'x' }], '"x" in any case'],
    [[{ wildcard: 'a*b' }], 'something like "a*b"'],
    [[{ cidr: '10.0.0.0/8' }], 'an address in "10.0.0.0/8"'],
    [[{ numeric: ['=', 5] }], 'a number = 5'],
    [[{ numeric: ['>=', 0, '<', 5] }], 'a number >= 0 and < 5'],
    [[{ exists: true }], 'any value'],
    [[{ 'anything-but': 'x' }], 'anything but "x"'],
    [[{ 'anything-but': [1, 2] }], 'anything but 1 or 2'],
    [[{ 'anything-but': { prefix: ['x', 'y'] } }], 'anything but what begins with "x" or "y"'],
    [[{ 'anything-but': { suffix: 'x' } }], 'anything but what ends with "x"'],
    [[{ 'anything-but': { wildcard: 'x*' } }], 'anything but what looks like "x*"'],
    [[{ 'anything-but': { 'equals-ignore-case': 'x' } }], 'anything but "x" in any case'],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], '1, 2, 3, 4, 5, 6, 7, 8 or one of 2 more'],
  ] as const) {
    assert.equal(words(alternatives), expected)
  }
  assert.equal(explain({ a: [{ exists: false }] }, { a: 1 }).misses[0]!.expected, 'absent')
})

test('values stand as they were written', () => {
  assert.deepEqual(missesOf('{"a":[7.0]}', '{"a":7.50}'), ['a: 7.0 <> 7.50'])
  assert.deepEqual(missesOf('{"a":["\\u0078"]}', '{"a":[1e400,"\\u0079"]}'), [
    'a: "\\u0078" <> 1e400, "\\u0079"',
  ])
})

test('what may be wrong with a value is guessed', () => {
  for (const [alternatives, value, hint] of [
    [['Successful'], 'Succesful', '(near to "Successful")'],
    [['shop'], 'Shop', '(only the case differs)'],
    [['shop'], ' shop', '(only the space around it differs)'],
    [[7], '7', '(a string, not a number)'],
    [['7'], 7, '(a number, not a string)'],
    [[null], 'null', '(a string, not null)'],
    [[{ numeric: ['>', 1] }], '7.0', '(a string, not a number)'],
    [[{ prefix: '7' }], 7, '(a number, not a string)'],
    [['a'], 'b', ''],
    [[true], 7, ''],
  ] as const) {
    const { found } = explain({ a: alternatives }, { a: value }).misses[0]!
    assert.equal(found, `${JSON.stringify(value)} ${hint}`.trim())
  }
})

test('where the path ends is said, with a key that may have been meant', () => {
  const event = { detail: { State: 'on', 'user-tier': 1, list: [{ a: 1 }], text: 'x' } }
  for (const [path, found] of [
    ['detail.state', 'absent (there is `detail.State`)'],
    ['detail.user_tier', 'absent (there is `detail.user-tier`)'],
    ['detial.state', 'absent (there is `detail`)'],
    ['detail.text.size', 'absent: `detail.text` is "x", not an object'],
    ['detail.list.b', 'absent'],
    ['other', 'absent'],
  ] as const) {
    assert.equal(explain({ [path]: ['y'] }, event).misses[0]!.found, found, path)
  }
})

test('many and long values are cut', () => {
  const many = explain({ a: ['y'] }, { a: Array.from({ length: 2000 }, (_, index) => index) })
  assert.equal(many.misses[0]!.found, '0, 1, 2, 3, 4 and at least 995 more')
  const long = explain({ a: ['y'] }, { a: 'x'.repeat(10_000) })
  assert.ok(long.misses[0]!.found.length < 200)
})

test('fields that are satisfied in different array elements are told apart', () => {
  const pattern = { detail: { items: { sku: ['a'], count: [2] } }, source: ['shop'] }
  const event = {
    source: 'shop',
    detail: { items: [{ sku: 'a', count: 1 }, { sku: 'b', count: 2 }, { sku: 'a' }] },
  }
  const { matches, misses, nearness } = explain(pattern, event)
  assert.equal(matches, false)
  assert.equal(nearness, 2 / 3)
  assert.deepEqual(misses, [
    {
      path: 'detail.items.count',
      kind: 'apart',
      expected: '2',
      found:
        'in another array element: `detail.items.count` fits at `detail.items[1].count`; ' +
        '`detail.items.sku` fits at `detail.items[0].sku`, `detail.items[2].sku`',
    },
  ])
  assert.equal(
    explain(pattern, { source: 'shop', detail: { items: [{ sku: 'a', count: 2 }] } }).nearness,
    1,
  )
})

/** The tree as text: `+` satisfied, `-` missed, `~` apart, `.` hidden. */
function picture(nodes: readonly ExplainedNode[]): string {
  const marks = { satisfied: '+', missed: '-', apart: '~', hidden: '.' }
  return nodes
    .map((node) => {
      if (node.kind === 'leaf') return `${node.key}${marks[node.verdict]}`
      const sign = node.isSatisfied ? '+' : '-'
      if (node.kind === 'object') return `${node.key}${sign}(${picture(node.members)})`
      const options = node.options.map(
        (option) => `${option.isNearest ? '*' : ''}${picture(option.members)}`,
      )
      return `or${sign}(${options.join(' | ')})`
    })
    .join(' ')
}

test('each option of an $or has its verdicts, and the nearest is marked', () => {
  const pattern = {
    source: ['shop'],
    $or: [{ detail: { a: [1], b: [2] } }, { detail: { c: [3] } }, { id: ['x'] }],
  }
  const event = { source: 'shop', detail: { a: 1, b: 3 } }
  const { tree, misses, nearness } = explain(pattern, event)
  assert.equal(picture(tree), 'source+ or-(*detail-(a+ b-) | detail-(c-) | id-)')
  assert.deepEqual(
    misses.map(({ path }) => path),
    ['detail.b'],
  )
  assert.equal(nearness, 2 / 3)
  assert.equal(
    picture(explain(pattern, { ...event, id: 'x' }).tree),
    'source+ or+(detail-(a+ b-) | detail-(c-) | *id+)',
  )
})

test('of two fields of one path the later stands, and the other is hidden', () => {
  assert.equal(picture(explain('{"a":[1],"a":[2]}', { a: 2 }).tree), 'a. a+')
  assert.equal(picture(explain('{"a":{"b":[1]},"a.b":[2]}', { a: { b: 1 } }).tree), 'a+(b.) a.b-')
})

test('what is no JSON object is refused', () => {
  for (const text of [
    '',
    '[]',
    '"a"',
    '{"a":',
    '{"a":1}x',
    `{"a":${'['.repeat(100)}${']'.repeat(100)}}`,
  ]) {
    assert.throws(
      () => createExplainer(Buffer.from(text)),
      (error) => isAppError(error, 'EVENT_INVALID'),
      text,
    )
  }
})

test('a hostile pattern takes bounded time', () => {
  const fields = Array.from({ length: 2000 }, (_, index) => [`f${index}`, [1]])
  const items = [
    Object.fromEntries(fields.slice(0, 1000).map(([key]) => [key, 1])),
    Object.fromEntries(fields.slice(1000).map(([key]) => [key, 1])),
  ] as unknown[]
  const { nearness, misses } = explain({ items: Object.fromEntries(fields) as object }, { items })
  assert.equal(misses.length, 1)
  assert.ok(nearness < 1)
})

interface Vector {
  readonly name: string
  readonly pattern: string
  readonly event?: string
  readonly matches?: boolean
}

const folder = new URL('../../test/vectors/match/', import.meta.url)

test('explanations agree with the vectors', () => {
  let count = 0
  for (const file of readdirSync(folder)) {
    const { cases } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { cases: Vector[] }
    for (const { name, pattern, event, matches } of cases) {
      if (event === undefined || !isObject(event)) continue
      check(explain(pattern, event), matches!, name)
      count += 1
    }
  }
  assert.ok(count > 100)
})

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function check(explanation: Explanation, matches: boolean, name: string): void {
  assert.equal(explanation.matches, matches, name)
  assert.equal(explanation.nearness === 1, matches, name)
  assert.equal(explanation.misses.length === 0, matches, name)
  assert.equal(explanation.leavesSatisfied / explanation.leaves, explanation.nearness, name)
}

// Small words, so that much meets much: fields of objects in arrays in objects.
const KEYS = ['a', 'b', 'c', 'a.b']
const SCALARS = [1, 2, '1', 'x', 'xy', null, true]

const events = fc.letrec<{ value: unknown; object: object; array: unknown[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 3, arbitrary: fc.constantFrom(...SCALARS) },
    { weight: 2, arbitrary: tie('object') },
    { weight: 3, arbitrary: tie('array') },
  ),
  object: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 3 }),
  array: fc.array(tie('value'), { maxLength: 3 }),
})).object

const alternatives = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<unknown>(...SCALARS) },
    fc.constantFrom<unknown>(
      { prefix: 'x' },
      { exists: false },
      { exists: true },
      { 'anything-but': ['x'] },
      { numeric: ['<', 2] },
      { wildcard: '*y' },
    ),
  ),
  { minLength: 1, maxLength: 2 },
)

// As text, so that a key may come twice.
const patterns = fc
  .letrec<{ member: string; object: string }>((tie) => ({
    member: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.constantFrom(...KEYS), alternatives)
          .map(([key, list]) => `${JSON.stringify(key)}:${JSON.stringify(list)}`),
      },
      fc
        .tuple(fc.constantFrom(...KEYS), tie('object'))
        .map(([key, object]) => `"${key}":${object}`),
      fc
        .array(tie('object'), { minLength: 2, maxLength: 3 })
        .map((options) => `"$or":[${options.join(',')}]`),
    ),
    object: fc
      .array(tie('member'), { minLength: 1, maxLength: 3 })
      .map((members) => `{${members.join(',')}}`),
  }))
  .object.map((text) => ({ text, pattern: tryParse(text) }))
  .filter((drawn): drawn is { text: string; pattern: Pattern } => drawn.pattern !== undefined)

function tryParse(text: string): Pattern | undefined {
  try {
    return parsePattern(text)
  } catch (error) {
    if (isAppError(error, 'PATTERN_INVALID')) return undefined
    throw error
  }
}

// Lists of lists of objects whose fields are there, but seldom all in one.
const cells = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 2), { maxKeys: 3 })
const rows = fc.array(fc.oneof(cells, fc.array(cells, { maxLength: 2 })), { maxLength: 4 })
const tables = fc.record({ a: rows, b: rows })
const cellFields = fc
  .uniqueArray(fc.constantFrom('a.a', 'a.b', 'a.c', 'b.a', 'b.b'), { minLength: 2, maxLength: 4 })
  .chain((paths) =>
    fc.tuple(...paths.map((path) => fc.constantFrom(1, 2).map((value) => `"${path}":[${value}]`))),
  )
  .map((members) => {
    const text = `{${members.join(',')}}`
    return { text, pattern: parsePattern(text) }
  })
const pairs = fc.oneof(fc.tuple(patterns, events), fc.tuple(cellFields, tables))

test('explanations agree with the matcher and the oracle, and say what is missing when it does not match', () => {
  let apart = 0
  let matched = 0
  fc.assert(
    fc.property(pairs, ([{ text, pattern }, event]) => {
      const json = JSON.stringify(event)
      const bytes = Buffer.from(json)
      const explanation = explainMatch(pattern, bytes)
      const name = `${text} against ${json}`
      check(explanation, matchesPattern(pattern, bytes), name)
      // The oracle reads patterns with JSON.parse, which forgets all but the last object of a name.
      if (JSON.stringify(JSON.parse(text)) === text) {
        assert.equal(explanation.matches, oracleMatches(text, json), name)
      }
      if (explanation.misses.some((miss) => miss.kind === 'apart')) apart += 1
      if (explanation.matches) matched += 1
    }),
    { numRuns: 5000 },
  )
  assert.ok(apart > 100, `array consistency parted only ${apart}`)
  assert.ok(matched > 100, `only ${matched} matched`)
})

test('many patterns are measured as they are explained one by one', () => {
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 6 }), events, (drawn, event) => {
      const explainer = createExplainer(Buffer.from(JSON.stringify(event)))
      const all = drawn.map(({ pattern }) => pattern)
      assert.deepEqual(
        explainer.measure(all),
        all.map((pattern) => explainer.explain(pattern).nearness),
      )
    }),
    { numRuns: 300 },
  )
})
