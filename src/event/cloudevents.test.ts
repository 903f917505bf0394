import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeBinary, encodeBinary } from './cloudevents-binary.ts'
import { decodeBatch, decodeStructured, encodeBatch, encodeStructured } from './cloudevents-json.ts'
import { cloudEventsMode, decodeCloudEvents } from './cloudevents.ts'
import type { Event, ExtensionValue } from './event.ts'
import { storeEvent } from './eventbridge.ts'
import { decodeStoredEvent } from './stored-event.ts'

const CONTEXT = {
  bus: { account: '000000000000', region: 'us-east-1', name: 'default' },
  time: '2026-01-01T00:00:00Z',
}
const ATTRIBUTES = { specversion: '1.0', id: '1', source: '/a', type: 'b' }

function structured(extra: object = {}): Event {
  return decodeStructured(Buffer.from(JSON.stringify({ ...ATTRIBUTES, ...extra })), CONTEXT)
}

function raw(json: string): Event {
  const head = '{"specversion":"1.0","id":"1","source":"/a","type":"b"'
  return decodeStructured(Buffer.from(`${head},${json}}`), CONTEXT)
}

function binary(headers: Record<string, string>, body = ''): Event {
  const required = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/a', 'ce-type': 'b' }
  return decodeBinary(
    Object.entries({ ...required, ...headers }).flat(),
    Buffer.from(body),
    CONTEXT,
  )
}

function dataText(event: Event): string | undefined {
  return event.data === undefined ? undefined : Buffer.from(event.data).toString()
}

test('reads a structured event and stamps what it does not say', () => {
  assert.deepEqual(structured({ subject: 's', traceparent: '00-1', sampled: true, hops: 3 }), {
    id: '1',
    source: '/a',
    type: 'b',
    time: '2026-01-01T00:00:00Z',
    subject: 's',
    extensions: { traceparent: '00-1', sampled: true, hops: 3 },
    bus: CONTEXT.bus,
    resources: [],
  })
})

for (const data of [
  '{ "b" : 1.0,\n"a": 1e2, "a": "\\u00e9\\/" , "2":0,"1":[ ]}',
  '12345678901234567890.00',
  '"a \\" } ] , string"',
  '[ {"x":"]}"} ]',
  'null',
  'true',
  '-0',
]) {
  test(`keeps the bytes of ${data.replaceAll('\n', ' ')}`, () => {
    assert.equal(dataText(raw(` "data" :  ${data} , "after" : 1 `)), data)
    assert.equal(dataText(raw(`"data":${data}`)), data)
    const event = raw(`"data":${data}`)
    assert.equal(dataText(decodeStructured(encodeStructured(event), CONTEXT)), data)
    const stored = decodeStoredEvent(storeEvent(event))
    assert.equal(dataText(stored.toEvent()), data)
  })
}

test('reads text and binary data as the content they stand for', () => {
  assert.equal(dataText(raw('"datacontenttype":"text/plain","data":"a\\nb\\u00e9"')), 'a\nbé')
  const event = raw('"datacontenttype":"image/png","data_base64":"AP8="')
  assert.deepEqual(Buffer.from(event.data!), Buffer.from([0, 255]))
})

test('takes bytes of no named type for JSON where they are, else for octets', () => {
  assert.equal(raw('"data_base64":"e30="').datacontenttype, undefined)
  assert.equal(raw('"data_base64":"AP8="').datacontenttype, 'application/octet-stream')
  assert.equal(binary({}, '{}').datacontenttype, undefined)
  assert.equal(binary({}, '{').datacontenttype, 'application/octet-stream')
})

test('takes an attribute that is null for absent, and data that is null for data', () => {
  const event = structured({ subject: null, time: null, data: null })
  assert.equal(event.subject, undefined)
  assert.equal(event.time, CONTEXT.time)
  assert.equal(dataText(event), 'null')
})

const FAULTS: readonly (readonly [what: string, extra: object, message: RegExp])[] = [
  ['no id', { id: undefined }, /attribute `id` to be a string that is not empty, got none/],
  ['an empty source', { source: '' }, /`source` to be a URI reference/],
  ['a source with a space', { source: 'a b' }, /`source` to be a URI reference.*got `a b`/],
  ['a number as type', { type: 1 }, /`type` to be .*got `1`/],
  ['another version', { specversion: '0.3' }, /`specversion` to be `1\.0`, got `0\.3`/],
  ['an empty subject', { subject: '' }, /`subject`/],
  ['a relative schema', { dataschema: '/x' }, /`dataschema` to be an absolute URI, got `\/x`/],
  ['a day that never was', { time: '2026-02-30T00:00:00Z' }, /`time` to be a time of RFC 3339/],
  ['a leap day too many', { time: '2025-02-29T00:00:00Z' }, /`time`/],
  ['a time without zone', { time: '2026-01-01T00:00:00' }, /`time`/],
  ['a time in words', { time: 'yesterday' }, /`time`/],
  [
    'a content type that is none',
    { datacontenttype: 'json' },
    /`datacontenttype` to be a media type/,
  ],
  ['a capital in a name', { fooBar: 1 }, /names of lower-case letters and digits, got `fooBar`/],
  ['a prototype for a name', { ['__proto__x']: 1 }, /names of lower-case/],
  ['an object as extension', { ext: { a: 1 } }, /`ext` to be a string, a boolean or an integer/],
  ['a fraction as extension', { ext: 1.5 }, /`ext`.*got `1\.5`/],
  ['a big number as extension', { ext: 2 ** 31 }, /`ext`/],
  ['a control character', { ext: 'a\u0007' }, /`ext`/],
  ['a lone surrogate', { id: '\ud800' }, /`id`/],
  ['two forms of data', { data: 1, data_base64: '' }, /`data` or `data_base64`, got both/],
  ['base64 that is none', { data_base64: 'a' }, /`data_base64` to be a string of base64/],
  ['base64 of the URL kind', { data_base64: '_-8=' }, /base64/],
  [
    'text that is a number',
    { datacontenttype: 'text/plain', data: 1 },
    /`text\/plain` to be a string/,
  ],
]

for (const [what, extra, message] of FAULTS) {
  test(`refuses ${what}`, () => {
    assert.throws(() => structured(extra), { code: 'EVENT_INVALID', message })
  })
}

test('names every fault at once', () => {
  assert.throws(
    () => decodeStructured(Buffer.from('{"Id":1}'), CONTEXT),
    (error: unknown) => {
      const { faults } = (error as { details: { faults: string[] } }).details
      assert.equal(faults.length, 5)
      return true
    },
  )
})

for (const [what, body, message] of [
  ['no JSON', 'hello', /at byte 0/],
  ['an array', '[]', /JSON object of CloudEvents, got array/],
  ['a byte order mark', '\ufeff{}', /at byte 0/],
  ['two documents', '{}{}', /nothing after the value at byte 2/],
  ['an attribute twice', '{"id":"1","id":"2"}', /`id` once, got it twice/],
  ['data twice, escaped', '{"data":1,"d\\u0061ta":2}', /`data` once/],
] as const) {
  test(`refuses a structured body that is ${what}`, () => {
    assert.throws(() => decodeStructured(Buffer.from(body), CONTEXT), {
      code: 'EVENT_INVALID',
      message,
    })
  })
}

test('refuses depth before anything parses it', () => {
  const deep = `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  assert.throws(() => decodeStructured(Buffer.from(deep), CONTEXT), /deeper than/)
})

test('reads a batch, and says which event of it is at fault', () => {
  const good = JSON.stringify(ATTRIBUTES)
  const events = decodeBatch(Buffer.from(`[${good}, ${good} ]`), CONTEXT)
  assert.equal(events.length, 2)
  assert.deepEqual(decodeBatch(Buffer.from(' [ ] '), CONTEXT), [])
  assert.throws(
    () => decodeBatch(Buffer.from(`[${good},{}]`), CONTEXT),
    /event 1 of the batch: .*`id`/,
  )
  assert.throws(
    () => decodeBatch(Buffer.from(`[${good},7]`), CONTEXT),
    /event 1 of the batch to be/,
  )
  const many = `[${Array(1001).fill(good).join(',')}]`
  assert.throws(() => decodeBatch(Buffer.from(many), CONTEXT), /at most 1000 events, got `1001`/)
})

test('reads a binary event, its header values percent-decoded', () => {
  const event = binary(
    {
      'CE-Subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80',
      'ce-quoted': '"a \\"b\\" %25"',
      'ce-loose': '100% sure',
      'ce-raw': Buffer.from('é').toString('latin1'),
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Other': 'no attribute',
    },
    'body',
  )
  assert.equal(event.subject, 'Euro € 😀')
  assert.deepEqual(event.extensions, { quoted: 'a "b" %', loose: '100% sure', raw: 'é' })
  assert.equal(event.datacontenttype, 'text/plain; charset=utf-8')
  assert.equal(dataText(event), 'body')
})

for (const [what, headers, message] of [
  ['a name with a dash', { 'ce-my-name': '1' }, /lower-case letters and digits, got `my-name`/],
  ['its type beside Content-Type', { 'ce-datacontenttype': 'a/b' }, /in `Content-Type`/],
  ['data in a header', { 'ce-data': '1' }, /got `data`/],
  ['bytes that are no UTF-8', { 'ce-ext': '%ff' }, /`ce-ext` to be percent-encoded UTF-8/],
  ['a line break in disguise', { 'ce-ext': 'a%0d%0ab' }, /`ext` to be a string/],
  ['one header twice', { 'ce-ext': '1', 'CE-EXT': '2' }, /`ce-ext` once, got it twice/],
] as const) {
  test(`refuses a binary event with ${what}`, () => {
    assert.throws(() => binary(headers), { code: 'EVENT_INVALID', message })
  })
}

test('encodes header values as the binding says', () => {
  const { headers } = encodeBinary(structured({ subject: 'Euro € 😀 "100%"~' }))
  assert.equal(headers['ce-subject'], 'Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22~')
})

for (const [contentType, mode] of [
  [undefined, 'binary'],
  ['application/json', 'binary'],
  ['application/cloudevents+json', 'structured'],
  ['application/CloudEvents+JSON; charset="UTF-8"', 'structured'],
  ['application/cloudevents-batch+json;charset=utf-8', 'batch'],
  ['application/cloudevents+json; charset=utf-16', undefined],
  ['application/cloudevents+avro', undefined],
  ['application/cloudevents-batch+protobuf', undefined],
] as const) {
  test(`takes ${contentType ?? 'no content type'} for ${mode ?? 'nothing known'}`, () => {
    assert.equal(cloudEventsMode(contentType), mode)
  })
}

// Any text that an attribute may hold: no control characters, no noncharacters, no lone surrogates.
const text = fc
  .string({ unit: 'binary', minLength: 1 })
  .map((value) => value.replaceAll(/\p{Cc}|\p{Noncharacter_Code_Point}/gu, ''))
  .filter((value) => value !== '')
const uri = fc.webUrl({ withFragments: true, withQueryParameters: true })
const time = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString())
const extensionName = fc
  .stringMatching(/^[a-z0-9]{1,20}$/)
  .filter((name) => !['data', 'id', 'source', 'type', 'time', 'subject'].includes(name))
const extensionValue: fc.Arbitrary<ExtensionValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => value + 0),
)
const spaced = fc.json({ maxDepth: 4 }).map((json) => Buffer.from(json.replaceAll(',', ' , ')))
const content = fc.oneof(
  fc.constant({}),
  fc.record({ data: spaced }),
  fc.record({
    datacontenttype: fc.constantFrom('application/json', 'a/b+json; q=1'),
    data: spaced,
  }),
  fc.record({
    datacontenttype: fc.constantFrom('text/plain', 'image/png', 'application/xml'),
    data: fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
  }),
  fc.record({
    datacontenttype: fc.constantFrom('text/plain; charset=utf-8', 'application/octet-stream'),
    data: fc.string({ unit: 'binary', minLength: 1 }).map((value) => Buffer.from(value)),
  }),
)
const event: fc.Arbitrary<Event> = fc
  .tuple(
    fc.record(
      { id: text, source: uri, type: text, time, subject: text, dataschema: uri },
      { requiredKeys: ['id', 'source', 'type', 'time'] },
    ),
    fc.dictionary(extensionName, extensionValue, { maxKeys: 5, noNullPrototype: true }),
    content,
  )
  .map(([attributes, extensions, data]) => ({
    ...attributes,
    ...data,
    extensions,
    bus: CONTEXT.bus,
    resources: [],
  }))

function plain(value: Event): object {
  return { ...value, ...(value.data === undefined ? {} : { data: Buffer.from(value.data) }) }
}

test('gives back in structured mode every event that was written', () => {
  fc.assert(
    fc.property(event, (value) => {
      assert.deepEqual(plain(decodeStructured(encodeStructured(value), CONTEXT)), plain(value))
    }),
  )
})

test('gives back in a batch every event that was written', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), (values) => {
      const decoded = decodeBatch(encodeBatch(values), CONTEXT)
      assert.deepEqual(decoded.map(plain), values.map(plain))
    }),
  )
})

test('gives back in binary mode every event that was written, extensions as text, its type spelled out', () => {
  fc.assert(
    fc.property(event, (value) => {
      const { headers, body } = encodeBinary(value)
      const rawHeaders = Object.entries(headers).flat()
      for (const field of rawHeaders) assert.match(field, /^[\x20-\x7e]*$/)
      const [decoded] = decodeCloudEvents('binary', { rawHeaders, body }, CONTEXT)
      const extensions = Object.fromEntries(
        Object.entries(value.extensions).map(([name, extension]) => [name, String(extension)]),
      )
      const type =
        value.datacontenttype ?? (value.data === undefined ? undefined : 'application/json')
      const datacontenttype = type === undefined ? {} : { datacontenttype: type }
      assert.deepEqual(plain(decoded!), plain({ ...value, ...datacontenttype, extensions }))
    }),
  )
})
