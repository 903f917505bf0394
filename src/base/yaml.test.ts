import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatYaml, parseManifest, parseManifests, YamlError } from './yaml.ts'

test('a manifest is read as Kubernetes reads it', () => {
  assert.deepEqual(parseManifest('a: yes\nb: "yes"\nc: 010\n'), { a: true, b: 'yes', c: 8 })
})

test('the documents of a text are told apart, the empty ones left out', () => {
  assert.deepEqual(parseManifests('---\na: 1\n---\n# nothing\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }])
  assert.deepEqual(parseManifests(''), [])
})

test('what is no YAML is refused in one line', () => {
  for (const text of ['a: [', 'a: *nowhere', 'a: 1\na: 2'])
    assert.throws(
      () => parseManifests(text),
      (error) => error instanceof YamlError && !error.message.includes('\n'),
      text,
    )
  assert.throws(() => parseManifest('a: *nowhere'), YamlError)
})

test('a text that would unfold without end is refused', () => {
  const layers = Array.from({ length: 12 }, (_, nth) => {
    const before = Array.from({ length: 9 }, () => (nth === 0 ? 'x' : `*a${nth - 1}`))
    return `a${nth}: &a${nth} [${before.join(', ')}]`
  })
  assert.throws(() => parseManifest(layers.join('\n')), YamlError)
})

test('what is written is read again as it was', () => {
  const value = { a: 'yes', b: ['1', 1, null, true], c: { d: 'two\nlines\n' } }
  assert.deepEqual(parseManifest(formatYaml(value)), value)
})
