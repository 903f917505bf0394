// Templates: parameters, placeholders, texts, and what is refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../structure/index.ts'
import { formatFaults } from './faults.ts'
import { fillPlaceholders, findPlaceholders } from './placeholders.ts'
import { checkTemplate, renderTemplate, type Rendered, type Template } from './template.ts'
import { prepareText, putBack } from './template-text.ts'

const FLOW = { apiVersion: 'mediaconnect.aws.livewyer.io/v1alpha1', kind: 'Flow' }
const PATH = 'spec.workflowTemplate.parameters'

function flow(name: string, forProvider: Json, dependsOn: Json = []): Json {
  return { name, spec: { ...FLOW, spec: { forProvider } }, dependsOn }
}

function templateOf(steps: Json, rest: Partial<Template> = {}): Template {
  return { name: 't', annotations: {}, ...rest, spec: { steps, ...rest.spec } }
}

interface Given {
  readonly given?: Readonly<Record<string, Json>>
  readonly masks?: Readonly<Record<string, Json>>
}

function render(template: Template, { given = {}, masks = {} }: Given = {}): Rendered {
  return renderTemplate({ template, given, masks, path: PATH, renderText: asItIs })
}

function asItIs(text: string): string {
  return text
}

function refusal(rendered: Rendered): string {
  assert.equal(rendered.kind, 'refused')
  return formatFaults(rendered.faults)
}

function providerOf(rendered: Rendered): Json {
  assert.ok(rendered.kind === 'rendered', JSON.stringify(rendered))
  const { spec } = rendered.steps[0]!.resources[0]!.object as { spec: { forProvider: Json } }
  return spec.forProvider
}

test('a placeholder that is a whole text keeps the type of its parameter, within a text it is text', () => {
  const steps = [
    {
      name: 's',
      resources: [
        flow('{{ name }}-flow', {
          n: '{{ n }}',
          flag: '{{flag}}',
          list: '{{ list }}',
          object: '{{ object }}',
          text: 'n={{ n }} list={{ list }}',
          deep: '{{ object.a.0 }}',
        }),
      ],
    },
  ]
  const given = { name: 'x', n: 5, flag: false, list: ['a', 1], object: { a: [true] } }
  const rendered = render(templateOf(steps), { given })
  assert.deepEqual(providerOf(rendered), {
    n: 5,
    flag: false,
    list: ['a', 1],
    object: { a: [true] },
    text: 'n=5 list=["a",1]',
    deep: true,
  })
  assert.equal(rendered.kind === 'rendered' && rendered.steps[0]!.resources[0]!.name, 'x-flow')
})

test('any value put in by a placeholder comes out as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json
      const options = { parameters: { p: json }, optional: new Set<string>(), path: '' }
      const filled = fillPlaceholders({ a: ['{{ p }}'] }, options)
      assert.deepEqual(filled, { value: { a: [json] }, unfilled: [] })
    }),
  )
})

test('every fault of the parameters is told at once, and a default fills in', () => {
  const schema = {
    type: 'object',
    required: ['network', 'count'],
    properties: {
      network: { type: 'string', pattern: '^10\\.' },
      count: { type: 'integer', minimum: 1 },
      mode: { type: 'string', enum: ['fast', 'slow'], default: 'slow' },
    },
  }
  const steps = [{ name: 's', resources: [flow('f', { mode: '{{ mode }}', n: '{{ count }}' })] }]
  const template = templateOf(steps, { spec: { parameters: schema } })
  const text = refusal(render(template, { given: { count: 'many', mode: 'odd' } }))
  for (const part of [`${PATH}.network: Required`, `${PATH}.count`, `${PATH}.mode: Unsupported`])
    assert.ok(text.includes(part), text)
  const good = render(template, { given: { network: '10.0.0.0/8', count: 2 } })
  assert.deepEqual(providerOf(good), { mode: 'slow', n: 2 })
})

test('parameters may be declared by annotations, with CIDR and ARN formats', () => {
  const annotations = {
    'parameters.required': 'network, role',
    'parameters.optional': 'rate',
    'parameters.types': 'network: string (CIDR format)\nrole: string (ARN format)\nrate: integer',
  }
  const steps = [
    { name: 's', resources: [flow('f', { net: '{{ network }}', rate: '{{ rate }}' })] },
  ]
  const template = templateOf(steps, { annotations })
  const given = { network: '10.0.0.0/16', role: 'arn:aws:iam::123456789012:role/R' }
  assert.deepEqual(providerOf(render(template, { given })), { net: '10.0.0.0/16' })
  const wrong = { network: '10.0.0.0/99', role: 'R', rate: 1.5 }
  const text = refusal(render(template, { given: wrong }))
  for (const name of ['network', 'role', 'rate']) assert.ok(text.includes(`${PATH}.${name}`), text)
})

test('without a declaration the placeholders are the required parameters', () => {
  const steps = [{ name: 's', resources: [flow('{{ a }}', { b: '{{ b }}' })] }]
  assert.deepEqual(findPlaceholders(steps), ['a', 'b'])
  assert.match(refusal(render(templateOf(steps), { given: { a: 'x' } })), /parameters\.b: Required/)
})

test('a parameter that is used and that nobody gives is named with its template and place', () => {
  const parameters = { type: 'object', properties: {} }
  const template = templateOf([{ name: 's', resources: [flow('f', { a: '{{ lost }}' })] }], {
    spec: { parameters },
  })
  const text = refusal(render(template))
  assert.match(
    text,
    /template `t` uses `lost` at spec\.steps\[0\]\.resources\[0\]\.spec\.spec\.forProvider\.a/,
  )
})

test('the value of a masked parameter is checked, and shown nowhere', () => {
  const parameters = { type: 'object', properties: { key: { type: 'string', minLength: 8 } } }
  const steps = [{ name: 's', resources: [flow('f', { key: '{{ key }}' })] }]
  const template = templateOf(steps, { spec: { parameters } })
  const masks = { key: '${secret:default/s/key}' }
  const good = render(template, { given: { key: 'hush-hush' }, masks })
  assert.deepEqual(providerOf(good), masks)
  const bad = refusal(render(template, { given: { key: 'hush' }, masks }))
  assert.ok(!bad.includes('hush'), bad)
})

const needs = (name: string): Json => [
  { key: 'k', source: { name, kind: 'Flow', key: 'status.atProvider.id' } },
]
const faultsOf = (steps: Json): string => formatFaults(checkTemplate(templateOf(steps)).faults)

test('cycles, unknown sources and doubled names are refused when a template is checked', () => {
  const cycle = [{ name: 's', resources: [flow('a', {}, needs('b')), flow('b', {}, needs('a'))] }]
  assert.match(faultsOf(cycle), /"a → b → a": these wait for each other/)
  assert.match(faultsOf([{ name: 's', resources: [flow('a', {}, needs('z'))] }]), /there are a/)
  const later = [
    { name: 's', resources: [flow('a', {}, needs('b'))] },
    { name: 't', resources: [flow('b', {})] },
  ]
  assert.match(faultsOf(later), /made in the later step `t`/)
  assert.match(faultsOf([{ name: 's', resources: [flow('a', {}), flow('a', {})] }]), /of this name/)
  const open = [{ name: 's', resources: [flow('{{ n }}-a', {}), flow('b', {}, needs('x-a'))] }]
  assert.equal(faultsOf(open), '')
})

test('what is wrong with the form of steps is told all at once', () => {
  const steps = [
    { name: 'a' },
    { resources: [{ name: 'r', spec: {} }], timeout: 'soon' },
    { name: 'c', uses: 'dance' },
    { name: 'd', uses: 'http', retry: { attempts: -1 } },
  ]
  const text = formatFaults(checkTemplate(templateOf(steps)).faults)
  for (const part of [
    'spec.steps[0].resources: Required',
    'spec.steps[1].name: Required',
    'spec.steps[1].resources[0].spec.kind: Required',
    'spec.steps[1].timeout: Invalid value: "soon"',
    'spec.steps[2].uses: Invalid value: "dance"',
    'spec.steps[3].retry.attempts: Invalid value: -1',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`)
})

test('in a text, a bare word is kept for its type, and a path means the range variable or the parameter', () => {
  const text =
    '{{- range $i, $camera := .cameras }}\n- {{ camera.name }} {{ i }} {{ rate }} {{ place.city }} {{ end }}'
  const { text: prepared, words } = prepareText(text)
  assert.match(prepared, /\{\{ \$camera\.name \}\} \{\{ \$i \}\}/)
  assert.match(prepared, /\{\{ \.place\.city \}\}/)
  assert.match(prepared, /\{\{ end \}\}/)
  assert.deepEqual(words, ['rate'])
  assert.deepEqual(putBack({ a: 'signalboxplaceholder0x' }, words), { a: '{{ rate }}' })
})

test('a text template is rendered, parsed and then filled in', () => {
  const text = `
steps:
  - name: s
    resources:
      - name: f
        spec: { apiVersion: a/v1, kind: Flow, spec: { forProvider: { list: {{ list }} } } }
`
  const template = { name: 't', annotations: {}, spec: { template: text }, text }
  assert.deepEqual(providerOf(render(template, { given: { list: [1, 'b'] } })), { list: [1, 'b'] })
  const broken = { ...template, text: 'steps: [' }
  assert.match(refusal(render(broken)), /^spec\.template: /)
})
