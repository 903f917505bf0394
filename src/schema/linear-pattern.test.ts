import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  array,
  assert as check,
  constantFrom,
  letrec,
  oneof,
  pre,
  property,
  string,
  tuple,
  type Arbitrary,
} from 'fast-check'
import { compilePattern, patternFault } from './linear-pattern.ts'

const USUAL = [
  '^[a-z]+$',
  '^\\d{4}-\\d{2}$',
  '^(a|b)$',
  '^(?:ab)+$',
  '^[\\w.]+@[\\w.]+$',
  '^arn:aws:s3:::.*$',
  '[)(*\\]]+',
  '^(?<year>\\d+)$',
  '^\\p{L}+$',
  '^\\u{1F600}|\\u0041$',
  '\\bword\\b',
  '',
  '^$',
  'a{2,}',
  '^.{1,10}$',
  '\\.',
  '^[^/]+(/[^/]+)*$',
]
const TEXTS = [
  'a-b',
  '{a}',
  '',
  'a',
  'ab',
  'abab',
  '2026-01',
  'a.b@c.d',
  'arn:aws:s3:::x',
  '()',
  'Zürich',
  '😀',
  'A',
  'a word here',
  'swords',
  'aa',
  'x'.repeat(11),
  'a/b/c',
  '/',
  '.',
  'x\ny',
]

/** Written for the old reading of expressions. */
const OLD = ['a\\-b', '^{a}$']

/**
 * What the platform says, asked at each place where a character begins: searching by itself, V8 also looks between the
 * halves of a surrogate pair, where the specification has no place (RegExpBuiltinExec, AdvanceStringIndex).
 */
function platformTest(pattern: string, text: string): boolean {
  const expression = new RegExp(pattern, 'uy')
  for (let at = 0; at <= text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) {
    expression.lastIndex = at
    if (expression.test(text)) return true
  }
  return false
}

test('an expression matches what the platform matches with it', () => {
  for (const [patterns, matches] of [
    [USUAL, platformTest],
    [OLD, (pattern: string, text: string) => new RegExp(pattern).test(text)],
  ] as const) {
    for (const pattern of patterns) {
      const compiled = compilePattern(pattern)
      for (const text of TEXTS) {
        assert.equal(compiled.test(text), matches(pattern, text), `${pattern} on ${text}`)
      }
    }
  }
})

const anyPattern: Arbitrary<string> = letrec<{ either: string; list: string; one: string }>(
  (tie) => ({
    either: array(tie('list'), { minLength: 1, maxLength: 2 }).map((branches) =>
      branches.join('|'),
    ),
    list: array(
      tuple(tie('one'), constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,}', '*?')),
      { maxLength: 3 },
    ).map((parts) => parts.map(([one, repeat]) => one + repeat).join('')),
    one: oneof(
      { depthSize: 'small', maxDepth: 2, withCrossShrink: true },
      constantFrom(
        'a',
        'b',
        '.',
        '[ab]',
        '[^a]',
        '\\w',
        '\\W',
        '\\d',
        '(?:^)',
        '(?:$)',
        '(?:\\b)',
        '(?:\\B)',
        '-',
        '😀',
      ),
      tie('either').map((inner) => `(${inner})`),
      tie('either').map((inner) => `(?:${inner})`),
    ),
  }),
).either

test('any expression does, on any text', () => {
  check(
    property(
      anyPattern,
      string({ unit: constantFrom('a', 'b', '-', ' ', '😀', '\n'), maxLength: 7 }),
      (pattern, text) => {
        pre(patternFault(pattern) === undefined)
        assert.equal(compilePattern(pattern).test(text), platformTest(pattern, text))
      },
    ),
    { numRuns: 500 },
  )
})

test('there is no place between the halves of a surrogate pair', () => {
  assert.equal(compilePattern('(?:\\B)').test('a😀a'), false)
  assert.equal(compilePattern('\\B').test('😀😀'), true)
})

test('expressions that take the platform for ever end at once', () => {
  const text = `${'a'.repeat(20_000)}!`
  for (const pattern of [
    '(a+)+$',
    '^(a|a)*$',
    '^a*a*a*a*b$',
    '^(?:a*)*$',
    '(a|aa)+$',
    'a*b',
    '^(\\w+\\s?)*$',
    '((a?){20}a{20})+$',
  ]) {
    // One that does not end is ended by the runner.
    assert.equal(compilePattern(pattern).test(text), false, pattern)
  }
})

test('what looks back or ahead, is no expression, or is too large is refused', () => {
  assert.match(patternFault('(a)\\1')!, /refers back/)
  assert.match(patternFault('(?<n>a)\\k<n>')!, /refers back/)
  for (const pattern of ['(?=a)', '(?!a)', '(?<=a)', '(?<!a)']) {
    assert.match(patternFault(pattern)!, /looks ahead or behind/)
  }
  assert.match(patternFault('(')!, /cannot be used/)
  assert.match(patternFault('a'.repeat(1001))!, /at most 1000/)
  assert.match(patternFault('((a{0,90}){0,90}){0,90}')!, /repeats too much/)
  assert.equal(patternFault('^[a-z]{1,64}$'), undefined)
})
