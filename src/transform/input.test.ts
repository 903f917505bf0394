import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { compileInput, type InputSpec } from './input.ts'
import { BODY_SIZE_BYTES_MAX, PATHS_MAX } from './limits.ts'
import type { TransformContext } from './transform.ts'

interface Case {
  readonly name: string
  readonly input: InputSpec
  /** The event, where it is not the common one. */
  readonly event?: string
  readonly strict?: boolean
  /** What is sent; or else it is refused when compiled, or fails when applied. */
  readonly body?: string
  readonly refused?: boolean
  readonly failed?: boolean
  /** The placeholder that the refusal names. */
  readonly placeholder?: string
}

const file = new URL('../../test/vectors/transform/inputs.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly event: string
  readonly context: TransformContext
  readonly cases: readonly Case[]
}

test('inputs make of events what the vectors say', () => {
  for (const each of vectors.cases) check(each)
})

function check({ name, input, event, strict = false, ...expected }: Case): void {
  if (expected.refused === true) {
    assert.throws(
      () => compileInput(input, { strict }),
      (error) =>
        isAppError(error, 'TEMPLATE_INVALID') &&
        error.details['placeholder'] === expected.placeholder,
      name,
    )
    return
  }
  const envelope = Buffer.from(event ?? vectors.event)
  const result = compileInput(input, { strict }).apply(envelope, vectors.context)
  if (expected.failed === true) assert.equal(result.kind, 'failed', name)
  else {
    assert.equal(result.kind, 'input', name)
    assert.equal(Buffer.from(result.body).toString(), expected.body, name)
  }
}

test('more paths than allowed are refused', () => {
  const paths = Object.fromEntries(
    Array.from({ length: PATHS_MAX + 1 }, (_, index) => [`p${index}`, '$.id']),
  )
  assert.throws(() => compileInput({ kind: 'template', paths, template: '{}' }), {
    message: `expected at most ${PATHS_MAX} paths, got \`${PATHS_MAX + 1}\``,
  })
})

test('a template that would make too much fails instead', () => {
  const detail = 'x'.repeat(100_000)
  const envelope = Buffer.from(JSON.stringify({ detail }))
  const count = Math.ceil(BODY_SIZE_BYTES_MAX / 100_000) + 1
  const input = compileInput({
    kind: 'template',
    paths: { d: '$.detail' },
    template: `[${Array.from({ length: count }, () => '<d>').join(',')}]`,
  })
  const result = input.apply(envelope, vectors.context)
  assert.equal(result.kind, 'failed')
  assert.match(result.error.message, /at most/)
})

test('an envelope is never changed, and one input serves many events', () => {
  const input = compileInput({
    kind: 'template',
    paths: { id: '$.id' },
    template: '{"id":<id>,"whole":<aws.events.event.json>}',
  })
  for (const id of ['a', 'b', 'c']) {
    const text = JSON.stringify({ id, detail: { n: 1 } })
    const envelope = Buffer.from(text)
    const result = input.apply(envelope, vectors.context)
    assert.equal(result.kind, 'input')
    assert.equal(Buffer.from(result.body).toString(), `{"id":"${id}","whole":${text}}`)
    assert.equal(envelope.toString(), text)
  }
})
