import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { parseDocument } from './document.ts'
import { openApiOf, REGISTRATION } from './testing.ts'
import { compileValidator, ValidatorCache } from './validator.ts'

const TEXT = { name: 'UserRegistrationEvent', type: 'OpenApi3', content: REGISTRATION } as const
const GOOD = {
  user_id: 'u',
  email: 'a@b.test',
  registration_type: 'free',
  timestamp: '2026-01-31T12:00:00Z',
}

test('an event that is as its schema says has no fault', async () => {
  const validate = await compileValidator(parseDocument(TEXT))
  assert.deepEqual(validate({ detail: { ...GOOD, course_interests: ['a'], extra: 1 } }), [])
})

test('every fault is told with its path, and no value of the event', async () => {
  const validate = await compileValidator(parseDocument(TEXT))
  const faults = validate({
    detail: {
      ...GOOD,
      email: 'secret',
      registration_type: 'gold',
      course_interests: ['a', 7],
      timestamp: undefined,
    },
  })
  assert.deepEqual(faults.map(({ path }) => path).sort(), [
    '$.detail',
    '$.detail.course_interests[1]',
    '$.detail.email',
    '$.detail.registration_type',
  ])
  const text = faults.map(({ message }) => message).join('\n')
  assert.match(text, /expected `\$\.detail` to have required property 'timestamp'/)
  assert.match(text, /expected `\$\.detail\.course_interests\[1\]` to be string/)
  assert.doesNotMatch(text, /secret|gold/)
})

test('an event without a detail, or none at all, has faults', async () => {
  const validate = await compileValidator(parseDocument(TEXT))
  for (const event of [{}, null, [], 'x', { detail: null }])
    assert.notDeepEqual(validate(event), [])
})

test('what draft 4 does not allow is refused when it is compiled', async () => {
  const content = openApiOf('A', { type: 'object', required: 'name' })
  await assert.rejects(
    compileValidator(parseDocument({ name: 'A', type: 'OpenApi3', content })),
    (error) => isAppError(error, 'SCHEMA_INVALID'),
  )
})

test('one content is compiled once', () => {
  const cache = new ValidatorCache()
  assert.equal(cache.get(TEXT), cache.get({ ...TEXT }))
  assert.notEqual(cache.get(TEXT), cache.get({ ...TEXT, content: openApiOf('B', {}) }))
})

test('a pattern that would take for ever on a text ends, and finds it wrong', async () => {
  const content = JSON.stringify({
    type: 'object',
    properties: { a: { type: 'string', pattern: '^(a+)+$' } },
  })
  const validate = await compileValidator(
    parseDocument({ name: 'A', type: 'JSONSchemaDraft4', content }),
  )
  assert.deepEqual(validate({ detail: { a: 'aaa' } }), [])
  assert.equal(validate({ detail: { a: `${'a'.repeat(5000)}!` } }).length, 1)
})
