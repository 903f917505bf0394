// Triggers whose occasion is an object: selected by labels, by CEL, by Lua, and by what changed.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { untilWithin } from '../objects/testing.ts'
import { openTestTriggers, type TestTriggers } from './testing.ts'

const until = untilWithin(10_000)

const LIB = 'lib.projectsveltos.io/v1beta1'
const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' }

let world: TestTriggers
let client: KubeClient

beforeEach(async () => {
  world = await openTestTriggers()
  client = world.client
})

afterEach(() => world.close())

/** A source that selects ConfigMaps, and a trigger that makes a ConfigMap for what it finds. */
async function arrange(selector: object, template: string, rest: object = {}): Promise<void> {
  const resourceSelectors = [
    { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', ...selector },
  ]
  const { oneForEvent = true, ...more } = rest as { readonly oneForEvent?: boolean }
  await client.create({
    apiVersion: LIB,
    kind: 'EventSource',
    metadata: { name: 'maps' },
    spec: { resourceSelectors, ...more },
  })
  await client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'made',
      namespace: 'projectsveltos',
      annotations: { 'projectsveltos.io/instantiate': 'ok' },
    },
    data: { 'map.yaml': template },
  })
  await client.create({
    apiVersion: LIB,
    kind: 'EventTrigger',
    metadata: { name: 'maps' },
    spec: {
      sourceClusterSelector: {},
      eventSourceName: 'maps',
      oneForEvent,
      policyRefs: [{ kind: 'ConfigMap', namespace: 'projectsveltos', name: 'made' }],
    },
  })
}

const PER_OBJECT = `apiVersion: v1
kind: ConfigMap
metadata: { name: "for-{{ .MatchingResource.Name }}", namespace: results }
data:
  now: "{{ .Resource.data.phase }}"
  before: "{{ with .OldResource }}{{ .data.phase }}{{ end }}"
`

async function write(
  name: string,
  data: Record<string, string>,
  labels: object = {},
): Promise<void> {
  const object = { ...MAP, metadata: { name, namespace: 'default', labels }, data }
  await client.patch({ ...MAP, name }, 'apply', object as never, {
    fieldManager: 'test',
    force: true,
  })
}

async function results(): Promise<Readonly<Record<string, unknown>>> {
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { namespace: 'results' },
  )
  return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data]))
}

function isMade(...names: readonly string[]): () => Promise<boolean> {
  return async () => JSON.stringify(Object.keys(await results()).sort()) === JSON.stringify(names)
}

async function warningOf(kind: string): Promise<string> {
  const { items } = await until(async () => {
    const list = await client.list({ apiVersion: 'v1', kind: 'Event' })
    return list.items.some((event) => isWarning(event, kind)) ? list : undefined
  })
  return String(items.find((event) => isWarning(event, kind))!['message'])
}

function isWarning(event: KubeObject, kind: string): boolean {
  const { involvedObject } = event as unknown as {
    readonly involvedObject: { readonly kind: string }
  }
  return event['type'] === 'Warning' && involvedObject.kind === kind
}

test('an object with the labels is deployed for, and no more when it has them no more', async () => {
  await write('a', { phase: 'x' }, { app: 'one' })
  await arrange(
    { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['one', 'two'] }] } },
    PER_OBJECT,
  )
  await until(isMade('for-a'))
  await write('b', { phase: 'y' }, { app: 'two' })
  await until(isMade('for-a', 'for-b'))
  await write('a', { phase: 'x' }, { app: 'three' })
  await until(isMade('for-b'))
  await client.delete({ ...MAP, name: 'b' })
  await until(isMade())
})

test('a rule of CEL decides, and a field that an object lacks is no match', async () => {
  await arrange(
    { evaluateCEL: [{ name: 'ready', rule: `resource.data.phase == 'Ready'` }] },
    PER_OBJECT,
  )
  await write('bare', {})
  await write('a', { phase: 'Waiting' })
  await write('b', { phase: 'Ready' })
  await until(isMade('for-b'))
  await write('a', { phase: 'Ready' })
  await until(isMade('for-a', 'for-b'))
})

test('a field that changes is an occasion, with the object before and after', async () => {
  await write('a', { phase: 'one', other: '1' })
  await arrange(
    {
      evaluateCEL: [
        { name: 'phase', rule: `changed(.data.phase) && resource.data.phase != 'skip'` },
      ],
    },
    PER_OBJECT,
  )
  await write('b', { phase: 'new' })
  await until(
    async () => (await client.list({ apiVersion: LIB, kind: 'EventSource' })).items.length === 1,
  )
  // Only when the watch has told of both is a change one.
  await until(async () => {
    await write('a', { phase: 'one', other: String(Math.random()) })
    await write('b', { phase: `p${Math.random()}` })
    return (await results())['for-b']
  })
  assert.deepEqual(Object.keys(await results()), ['for-b'])
  await write('a', { phase: 'skip' })
  await write('a', { phase: 'two' })
  const made = await until(async () => (await results())['for-a'])
  assert.deepEqual(made, { now: 'two', before: 'skip' })
  await write('a', { phase: 'skip' })
  await write('b', { phase: 'last' })
  await until(async () => ((await results())['for-b'] as { now?: string }).now === 'last')
  assert.deepEqual(Object.keys(await results()).sort(), ['for-a', 'for-b'])
  await client.delete({ ...MAP, name: 'a' })
  await until(isMade('for-b'))
})

test('a function of Lua decides about one, and another about all', async () => {
  const evaluate = `function evaluate()
    local hs = {}
    hs.matching = obj.data ~= nil and obj.data.phase ~= nil and string.find(obj.data.phase, "^go") ~= nil
    return hs
  end`
  const aggregatedSelection = `function evaluate()
    local hs = { resources = {} }
    for _, resource in ipairs(resources) do
      if #resources > 1 and resource.metadata.name ~= "a" then table.insert(hs.resources, resource) end
    end
    return hs
  end`
  await arrange({ evaluate }, PER_OBJECT, { aggregatedSelection })
  await write('a', { phase: 'go' })
  await write('b', { phase: 'stop' })
  await write('c', { phase: 'going' })
  await until(isMade('for-c'))
})

test('all that match are deployed for together where a trigger is not for one', async () => {
  const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: all, namespace: results }
data: { names: "{{ range .MatchingResources }}{{ .Name }} {{ end }}" }
`
  await arrange({ labelFilters: [{ key: 'app', operation: 'Equal', value: 'one' }] }, template, {
    oneForEvent: false,
  })
  await write('a', {}, { app: 'one' })
  await write('b', {}, { app: 'two' })
  await write('c', {}, { app: 'one' })
  await until(
    async () => ((await results())['all'] as { names?: string } | undefined)?.names === 'a c ',
  )
})

for (const [what, selector] of Object.entries({
  'a script that never ends': { evaluate: 'function evaluate() while true do end end' },
  'a script that looks for a pattern for ever': {
    evaluate: 'function evaluate() return string.find(string.rep("a", 30000), ".-.-.-.-b") end',
  },
  'a script that fills the memory': {
    evaluate:
      'function evaluate() local t = {} while true do t[#t + 1] = string.rep("x", 100000) .. #t end end',
  },
  'a script that reaches outside': { evaluate: 'function evaluate() return os.getenv("HOME") end' },
  'a rule that takes too long': {
    evaluateCEL: [
      {
        name: 'slow',
        rule: `[${'1,'.repeat(99)}1].all(a, [${'1,'.repeat(99)}1].all(b, [${'1,'.repeat(99)}1].all(c, [${'1,'.repeat(99)}1].all(d, [${'1,'.repeat(99)}1].all(e, a + b + c + d + e > 0)))))`,
      },
    ],
  },
  'a rule that is none': { evaluateCEL: [{ name: 'bad', rule: 'resource.' }] },
})) {
  test(`${what} is stopped, and said of its EventSource`, async () => {
    await arrange(selector, PER_OBJECT)
    await write('a', { phase: 'x' })
    assert.notEqual(await warningOf('EventSource'), '')
    assert.deepEqual(await results(), {})
  })
}
