import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDocument } from './document.ts'
import { exampleDetail } from './example.ts'
import { openApiOf, REGISTRATION } from './testing.ts'
import { compileValidator } from './validator.ts'

test('the example of a schema is valid under it', async () => {
  const document = parseDocument({ name: 'x', type: 'OpenApi3', content: REGISTRATION })
  const detail = exampleDetail(document)
  assert.deepEqual(detail, {
    user_id: 'text',
    email: 'someone@example.com',
    registration_type: 'free',
    course_interests: ['text'],
    referral_source: 'text',
    timestamp: '2026-01-31T12:00:00Z',
  })
  const validate = await compileValidator(document)
  assert.deepEqual(validate({ detail }), [])
})

test('an example ends where its schema does not', () => {
  const tree = { type: 'object', properties: { next: { $ref: '#/components/schemas/Tree' } } }
  const document = parseDocument({ name: 'x', type: 'OpenApi3', content: openApiOf('Tree', tree) })
  let depth = 0
  for (let at = exampleDetail(document); at !== null; depth += 1)
    at = (at as { next: unknown }).next
  assert.ok(depth > 2 && depth < 20)
})
