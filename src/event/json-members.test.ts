import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { arrayItems, objectMembers, parseSpan, skipSpace } from './json-members.ts'

const space = fc.constantFrom('', ' ', '\n', '\t\r\n ')
const value = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('"a\\"]},{[:\\\\"', '[[],{}]', '-1e5'),
)

test('finds every member of an object, as it was written', () => {
  const member = fc.tuple(fc.string({ unit: 'binary' }), value)
  fc.assert(
    fc.property(fc.array(member), space, (members, gap) => {
      const text = members.map(
        ([name, json]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${json}${gap}`,
      )
      const bytes = Buffer.from(`${gap}{${text.join(',') || gap}}${gap}`)
      const found = objectMembers(bytes, skipSpace(bytes, 0))
      assert.deepEqual(
        found.map(({ name, value: span }) => [
          name,
          bytes.toString('utf8', span.start, span.end).trim(),
        ]),
        members.map(([name, json]) => [name.toWellFormed(), json.trim()]),
      )
    }),
  )
})

test('finds every item of an array, and reads it as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.array(value), space, (items, gap) => {
      const bytes = Buffer.from(`${gap}[${items.map((json) => gap + json + gap).join(',') || gap}]`)
      const found = arrayItems(bytes, skipSpace(bytes, 0)).map((span) => parseSpan(bytes, span))
      assert.deepEqual(found, JSON.parse(bytes.toString()))
    }),
  )
})
