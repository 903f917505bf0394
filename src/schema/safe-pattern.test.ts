import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patternFault } from './safe-pattern.ts'

const TAKEN = [
  '^[a-z]+$',
  '^\\d{4}-\\d{2}$',
  '^(a|b)$',
  '^(?:ab)+$',
  '^[\\w.]+@[\\w.]+$',
  '^arn:aws:s3:::.*$',
  '^(a?b)$',
  '[)(*]+',
  '^(ab){1,20}$',
  '\\(a+\\)+',
]
const REFUSED = [
  '(a+)+$',
  '(a|a)*$',
  '(?:a*)*',
  '((a+)b)*',
  '(a|aa)+$',
  '(\\w+\\s?)*$',
  '(a)\\1',
  '([a-z]+)*',
  '(a{1,}){1,}',
  '(a{0,90}){0,90}',
  '((a|b))+',
]

test('patterns that take linear or polynomial time are taken', () => {
  for (const pattern of TAKEN) assert.equal(patternFault(pattern), undefined, pattern)
})

test('patterns that can take exponential time, or look back, are refused', () => {
  for (const pattern of REFUSED) assert.notEqual(patternFault(pattern), undefined, pattern)
})

test('what is no expression, or too long, is refused', () => {
  assert.match(patternFault('(')!, /expected a regular expression/)
  assert.match(patternFault('a'.repeat(1001))!, /at most 1000/)
})
