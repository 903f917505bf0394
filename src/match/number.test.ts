import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { comparableNumber, NumberReading } from './number.ts'

const reading = new NumberReading()

function check(text: string): boolean {
  const bytes = Buffer.from(text)
  if (!reading.read(bytes, 0, bytes.length)) return false
  const comparable = comparableNumber(text)
  const { value, tolerance } = reading
  assert.ok(Math.abs(Number(text) - value) <= tolerance, `${text} is not near ${value}`)
  if (tolerance === 0) assert.equal(value, comparable, text)
  const isExact = reading.isExact()
  if (isExact !== undefined) assert.equal(isExact, comparable !== undefined, text)
  return isExact !== undefined
}

test('what is read of a number agrees with its shortest form', () => {
  const texts = [
    '0',
    '-0',
    '0.0',
    '10',
    '1.50',
    '0.000001',
    '9007199254740993',
    '4503599627370496.5',
  ]
  const long = [
    '0.30000000000000004',
    '123456789012345678901',
    '123456789012345.0600',
    '1e3',
    '2e400',
  ]
  for (const text of [...texts, ...long]) check(text)
  const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
  const digits = fc.tuple(double, fc.integer({ min: 0, max: 20 }))
  let decided = 0
  fc.assert(
    fc.property(digits, ([value, places]) => {
      for (const text of [String(value), value.toFixed(places)]) if (check(text)) decided += 1
    }),
    { numRuns: 20_000 },
  )
  assert.ok(decided > 10_000, `only ${decided} numbers were decided`)
})

test('numbers with exponents are read to what they are worth, or not at all', () => {
  for (const text of ['0e5', '-0E+5', '1e3', '-1.5e-300', '15e-301', '1E300', '2e400', '1e-400'])
    check(text)
  const parts = fc.tuple(fc.double({ noNaN: true, min: -1e7, max: 1e7 }), fc.nat(4), fc.nat(700))
  let decided = 0
  let read = 0
  fc.assert(
    fc.property(
      parts,
      fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'),
      ([value, places, digits], sign) => {
        const exponent = digits % 3 === 0 ? digits : digits % 30
        const text = `${value.toFixed(places)}${sign}${exponent}`
        if (check(text)) decided += 1
        const bytes = Buffer.from(text)
        if (reading.read(bytes, 0, bytes.length)) read += 1
      },
    ),
    { numRuns: 20_000 },
  )
  assert.ok(decided > 5000, `only ${decided} numbers were decided`)
  assert.ok(read > 12_000, `only ${read} numbers were read`)
})

test('doubles of sixteen and seventeen digits are told from their neighbours', () => {
  let exact = 0
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (high, low) => {
      const text = String(-122 - high / 2 ** 31 - low / 2 ** 62)
      // One in a million, such as -122.56777954101562, lies just between two shorter ones and is left undecided.
      if (check(text)) {
        assert.equal(reading.isExact(), true, text)
        exact += 1
      }
      const last = Number(text.at(-1))
      check(`${text.slice(0, -1)}${(last + 1) % 10}`)
    }),
    { numRuns: 20_000 },
  )
  assert.ok(exact > 19_990, `only ${exact} numbers were decided`)
})
