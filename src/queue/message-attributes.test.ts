import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkMessageAttributes,
  digestAttributes,
  hasInvalidCharacters,
  selectAttributes,
  type MessageAttributes,
} from './message-attributes.ts'

// Digests as AWS itself answered them for these attributes.
const RECORDED: readonly (readonly [MessageAttributes, string])[] = [
  [{ Foo: { DataType: 'String', StringValue: 'Bar' } }, 'ae7155c6026991b6d54b11589678bf9c'],
  [
    { MyAttribute: { DataType: 'String', StringValue: 'foobar' } },
    'adb59cd4678ea5a855436b949cd07ab6',
  ],
  [
    {
      attr1: {
        DataType: 'Binary',
        BinaryValue: Buffer.from(
          'traceparent\u001e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01',
        ).toString('base64'),
      },
    },
    '8cbe4db156db8a94db8b801b7addb984',
  ],
]

test('the digest of attributes is the one AWS answers', () => {
  for (const [attributes, digest] of RECORDED) assert.equal(digestAttributes(attributes), digest)
})

test('the digest does not depend on the order in which attributes were given', () => {
  const a = { DataType: 'String', StringValue: '1' }
  const b = { DataType: 'Number.int', StringValue: '2' }
  assert.equal(digestAttributes({ a, b }), digestAttributes({ b, a }))
})

test('no attributes have no digest', () => {
  assert.equal(digestAttributes({}), undefined)
})

test('attributes are selected by name, by prefix and all at once', () => {
  const attributes = Object.fromEntries(
    ['app.one', 'app.two', 'other'].map((name) => [name, { DataType: 'String', StringValue: 'x' }]),
  )
  const names = (wanted: string[]): string[] => Object.keys(selectAttributes(attributes, wanted))
  assert.deepEqual(names([]), [])
  assert.deepEqual(names(['other', 'none']), ['other'])
  assert.deepEqual(names(['app.*']), ['app.one', 'app.two'])
  assert.deepEqual(names(['All']), ['app.one', 'app.two', 'other'])
  assert.deepEqual(names(['.*']), ['app.one', 'app.two', 'other'])
})

test('an attribute without a value, type or name is refused in the words of SQS', () => {
  const refused: readonly (readonly [MessageAttributes, RegExp])[] = [
    [
      { ErrorDetails: { DataType: 'String', StringValue: '' } },
      /^Message \(user\) attribute 'ErrorDetails' must contain a non-empty value of type 'String'\.$/,
    ],
    [{ a: { DataType: 'Text', StringValue: 'x' } }, /invalid message attribute type/],
    [{ 'a b': { DataType: 'String', StringValue: 'x' } }, /attribute name 'a b' is invalid/],
    [{ 'AWS.x': { DataType: 'String', StringValue: 'x' } }, /cannot start with AWS\./],
    [{ n: { DataType: 'Number', StringValue: 'ten' } }, /Can't cast/],
    [{ s: { DataType: 'String', StringValue: 'a\u0000' } }, /not allowed/],
  ]
  for (const [attributes, message] of refused) {
    assert.throws(() => checkMessageAttributes(attributes), { message })
  }
})

test('the eleventh attribute is refused', () => {
  checkMessageAttributes(many(10))
  assert.throws(() => checkMessageAttributes(many(11)), { message: /\[11\].*\[10\]/ })
})

test('characters that XML cannot hold are invalid, all others are not', () => {
  for (const text of ['\u0000', '\u0008', '\u000b', '\u001f', '\uFFFE', '\uFFFF', '\uD800']) {
    assert.equal(hasInvalidCharacters(`a${text}b`), true, JSON.stringify(text))
  }
  for (const text of ['\t\n\r', ' ~', 'ü', '\uD7FF', '\uE000', '\uFFFD', '😀']) {
    assert.equal(hasInvalidCharacters(text), false, JSON.stringify(text))
  }
})

function many(count: number): MessageAttributes {
  const names = Array.from({ length: count }, (_, index) => `a${index}`)
  return Object.fromEntries(names.map((name) => [name, { DataType: 'String', StringValue: 'x' }]))
}
