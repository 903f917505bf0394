import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError } from '../../base/index.ts'
import { compileGoExpression, GoStruct, parseGoTemplate, type GoTemplateOptions } from '../index.ts'

interface VectorFile {
  readonly data: unknown
  readonly cases: readonly { template: string; output?: string; error?: string }[]
}

const vectors = JSON.parse(
  readFileSync(
    new URL('../../../test/vectors/transform/go-templates.json', import.meta.url),
    'utf8',
  ),
) as VectorFile

function render(
  text: string,
  data: unknown = {},
  options: Partial<GoTemplateOptions> = {},
): string {
  return parseGoTemplate(text, { name: 't', ...options }).render(data)
}

function messageOf(run: () => unknown): string {
  try {
    return String(run())
  } catch (error) {
    if (!isAppError(error)) throw error
    return error.message
  }
}

test('templates give the texts and the errors that Go and Sprig give', () => {
  for (const { template, output, error } of vectors.cases) {
    assert.equal(
      messageOf(() => render(template, vectors.data)),
      output ?? error,
      template,
    )
  }
})

test('a template that changes a map changes nothing outside', () => {
  const data = { m: { a: 1 } }
  assert.equal(render('{{ $_ := set .m "a" "x" }}{{ .m.a }}', data), 'x')
  assert.deepEqual(data, { m: { a: 1 } })
})

test('no template runs for ever or fills the memory', () => {
  const cases = [
    '{{ range until 99999 }}{{ range until 99999 }}x{{ end }}{{ end }}',
    '{{ range 9000000000000000000 }}{{ end }}',
    '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
    '{{ repeat 1000000000 "ab" }}',
    '{{ $x := "ab" }}{{ range until 60 }}{{ $x = cat $x $x }}{{ end }}',
    '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}',
    '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}',
    '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ deepCopy $x }}',
    '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ deepEqual $x (deepCopy $x) }}',
    '{{ $x := list 1 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}{{ len $x }}',
    '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}',
    '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toYaml $d | fail }}',
    '{{ until 1000000000 }}',
    '{{ indent 1000000 (repeat 100000 "\\n") }}',
    '{{ replace "" (repeat 10000 "x") (repeat 10000 "y") }}',
    '{{ printf "%1000000000d" 1 }}{{ repeat 99999999 "x" }}',
    '{{ regexMatch "(a*)*b" (repeat 1000000 "a") }}{{ range until 1000 }}{{ regexMatch "(a*)*b" (repeat 100000 "a") }}{{ end }}',
    '{{ join (repeat 100000 ",") (splitList "," (repeat 99999 ",")) }}',
    `${'{{ if 1 }}'.repeat(5000)}${'{{ end }}'.repeat(5000)}`,
    `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
  ]
  // One that does not end is ended by the runner.
  for (const text of cases) assert.throws(() => render(text), isAppError, text)
})

test('a struct has fields by their Go names and goes into JSON by the others', () => {
  const resource = new GoStruct('v1.ObjectReference', [
    { name: 'Kind', jsonName: 'kind', value: 'Pod' },
    { name: 'APIVersion', jsonName: 'apiVersion', value: 'v1' },
  ])
  const data = { MatchingResource: resource }
  assert.equal(render('{{ .MatchingResource.Kind }} {{ .MatchingResource }}', data), 'Pod {Pod v1}')
  assert.equal(render('{{ toJson .MatchingResource }}', data), '{"kind":"Pod","apiVersion":"v1"}')
  assert.match(
    messageOf(() => render('{{ .MatchingResource.Nope }}', data)),
    /can't evaluate field Nope/,
  )
})

test('objects that a template is given are found by identifier, and their fields read, set and removed', () => {
  const objects = { dep: { kind: 'Deployment', spec: { replicas: 2, paused: true } } }
  const text = [
    '{{ (getResource "dep").kind }}',
    '{{ getField "dep" "spec.replicas" }}',
    '{{ setField "dep" "spec.replicas" 5 | fromYaml | toJson }}',
    '{{ (chainRemoveField (chainSetField (getResource "dep") "spec.x.y" "z") "spec.paused") | toJson }}',
  ].join('\n')
  assert.deepEqual(render(text, {}, { objects }).split('\n'), [
    'Deployment',
    '2',
    '{"kind":"Deployment","spec":{"paused":true,"replicas":5}}',
    '{"kind":"Deployment","spec":{"replicas":2,"x":{"y":"z"}}}',
  ])
})

test('the clock and chance are those that it is given', () => {
  const surroundings = {
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    random: { next: () => 0.5, bytes: (length: number) => new Uint8Array(length).fill(1) },
  }
  const text =
    '{{ now | date "2006-01-02 15:04" }} {{ randAlphaNum 4 }} {{ randInt 1 9 }} {{ ago (int64 1767323000) }}'
  assert.equal(render(text, {}, { surroundings }), '2026-01-02 03:04 BBBB 5 45s')
})

test('a missing key is nothing where that is allowed', () => {
  assert.equal(
    render('{{ .a }}{{ .a.b }}', {}, { allowsMissingKeys: true }),
    '<no value><no value>',
  )
})

test('what reaches outside, or is not there, is refused when the template is read', () => {
  for (const name of ['env', 'expandenv', 'getHostByName', 'genCA', 'required', 'include', 'tpl']) {
    assert.equal(
      messageOf(() => parseGoTemplate(`{{ ${name} "A" }}`, { name: 'n' })),
      `template: n:1: function "${name}" not defined`,
    )
  }
})

test('any text is a template or refused, and never something else', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '.a',
    '$x',
    ':=',
    '|',
    '"s"',
    '1',
    '(',
    ')',
    'if',
    'end',
    'range',
    'else',
    'define',
    'with',
    'template',
    'quote',
    '\n',
    'é',
    '/*',
    '*/',
    ',',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      messageOf(() => render(pieces.join(''), { a: [1, { b: 'c' }] }))
    }),
    { numRuns: 2000 },
  )
})

test('every character of ASCII is found by itself, plain or behind a backslash', () => {
  for (let code = 1; code < 128; code += 1) {
    const character = String.fromCharCode(code)
    const quoted = /[\\^$.|?*+()[{\]}]/.test(character) ? `\\${character}` : character
    assert.ok(compileGoExpression(quoted).test(character), quoted)
    assert.ok(!compileGoExpression(quoted).test(code === 120 ? 'y' : 'x'), quoted)
    if (/[!-/:-@[-`{-~]/.test(character))
      assert.ok(compileGoExpression(`\\${character}`).test(character))
  }
})

test('regular expressions find what those of the platform find', () => {
  const source = fc.stringMatching(
    /^(?:[ab.]|a\*|b\+|a\?|\(a\|b\)|\(ab\)\*|\[^a\]|a\{1,2\}|b\*\?|\^|\$|\\b){0,6}$/,
  )
  fc.assert(
    fc.property(source, fc.stringMatching(/^[ab\n ]{0,8}$/), (expression, text) => {
      const expected = new RegExp(expression, 'u').exec(text)
      const found = compileGoExpression(expression).find(text, 0, () => {})
      assert.equal(found && text.slice(found.start, found.end), expected?.[0])
      assert.equal(found?.start, expected?.index)
    }),
    { numRuns: 2000 },
  )
})
