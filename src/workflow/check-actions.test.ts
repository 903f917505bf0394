import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../structure/index.ts'
import { checkActions } from './check-actions.ts'
import { readSteps } from './steps.ts'

/** The faults of one step, followed by one named `later`. */
function faultsOf(step: Json): readonly string[] {
  const later = { name: 'later', uses: 'wait', with: { for: '1s' } }
  const { steps, faults } = readSteps([{ name: 'one', ...(step as object) }, later], 'steps')
  assert.deepEqual(faults, [])
  return checkActions(steps, 'steps', { checkPattern }).map(
    ({ field, message }) => `${field.replace('steps[0].with', 'with')}: ${message}`,
  )
}

function checkPattern(pattern: object): string | undefined {
  return 'source' in pattern ? undefined : 'no source'
}

function putTo(key: string): Json {
  return [{ key, source: { step: 'later', key: 'output.x' } }]
}

function action(uses: string, given: Json, dependsOn: Json = []): readonly string[] {
  return faultsOf({ uses, with: given, dependsOn })
}

test('what is right has no faults', () => {
  assert.deepEqual(action('wait', { for: '5m' }), [])
  assert.deepEqual(action('wait', { until: '2026-01-01T00:00:00Z' }), [])
  assert.deepEqual(action('wait', { event: { pattern: { source: ['shop'] }, bus: 'orders' } }), [])
  assert.deepEqual(action('http', { url: 'https://x', method: 'put', body: [1], headers: {} }), [])
  assert.deepEqual(action('function', { name: 'f', payload: 7 }), [])
  assert.deepEqual(action('job', { image: 'busybox', command: ['true'], timeout: '1m' }), [])
  assert.deepEqual(action('job', { spec: { template: {} } }), [])
  assert.deepEqual(action('event', { detailType: 'Done', detail: {}, resources: [] }), [])
  const cases = [{ greaterThan: 5, run: ['later'] }]
  assert.deepEqual(action('choice', { value: 7, cases, otherwise: 'later' }), [])
})

test('a wait says one thing, and says it rightly', () => {
  assert.deepEqual(action('wait', {}), [
    'with: Required value: `for` a duration, `until` a time, or an `event`',
  ])
  assert.match(action('wait', { for: 'soon' })[0]!, /with\.for: Invalid value: "soon": expected a/)
  assert.match(action('wait', { until: 'noon' })[0]!, /with\.until: .*such as 2026-01-01T00:00:00Z/)
  assert.match(action('wait', { for: '1s', until: '2026-01-01' })[0]!, /expected one of `for`,/)
  assert.match(action('wait', { fro: '1s', for: '1s' })[0]!, /with\.fro: .*unknown, expected for,/)
  assert.match(action('wait', { event: {} })[0]!, /with\.event\.pattern: Required value/)
  assert.match(
    action('wait', { event: { pattern: { a: [1] } } })[0]!,
    /with\.event\.pattern: .*no s/,
  )
  assert.match(action('wait', { event: 'Go' })[0]!, /with\.event: .*expected an object/)
})

test('a call names what it calls', () => {
  assert.match(action('http', {})[0]!, /with\.url: Required value/)
  assert.match(action('http', { url: 'ftp://x' })[0]!, /with\.url: .*an http or https URL/)
  assert.match(action('http', { url: 'http://x', method: 'FETCH' })[0]!, /one of GET, HEAD, POST/)
  assert.match(action('function', {})[0]!, /with\.name: Required value/)
  assert.match(action('function', { name: 7 })[0]!, /with\.name: .*expected a text/)
  assert.match(action('job', { args: 'x', image: 'i' })[0]!, /with\.args: .*expected a list/)
  assert.match(action('job', {})[0]!, /with\.image: Required value/)
  assert.match(action('event', { detail: 'x' })[0]!, /with\.detail: .*expected an object/)
})

test('all that is wrong with a choice is said, and the steps that it names are later ones', () => {
  assert.match(action('choice', {})[0]!, /with\.cases: Required value/)
  const cases = [{ bigger: 5 }, { equals: 1, run: ['nobody'] }]
  const faults = action('choice', { cases, otherwise: ['one'] })
  assert.match(faults[0]!, /with\.cases\[0\]: .*unknown `cases\[0\]\.bigger`, expected equals, in/)
  assert.match(faults[1]!, /with\.cases\[1\]\.run: .*"nobody": there is no later step of this name/)
  assert.match(faults[2]!, /with\.otherwise: .*"one": there is no later step/)
})

test('what is yet to be filled in may be anything', () => {
  assert.deepEqual(action('wait', { for: '{{ pause }}' }), [])
  assert.deepEqual(action('wait', { event: { pattern: { a: ['{{ b }}'] } } }), [])
  assert.deepEqual(action('http', { url: '${secret:default/s/url}', headers: '{{ h }}' }), [])
  assert.deepEqual(action('choice', { cases: '{{ cases }}' }), [])
  assert.deepEqual(action('http', {}, putTo('url')), [])
  assert.deepEqual(action('function', {}, putTo('name')), [])
  assert.deepEqual(action('wait', {}, putTo('for')), [])
  assert.deepEqual(action('wait', { event: {} }, putTo('event.pattern')), [])
  assert.deepEqual(action('wait', {}, putTo('event.pattern.source')), [])
})
