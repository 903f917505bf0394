// Patches that triggers lay on what they deploy.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { KubeObject } from '../objects/index.ts'
import { applyPatches, parsePatch, parsePatches } from './patches.ts'
import type { PatchTarget } from './shapes.ts'
import {
  environmentOf,
  openRegistration,
  ORDERED,
  type Registration,
  untilSoon,
} from './testing.ts'

const asIs = (text: string): string => text

function patched(object: KubeObject, patch: string, target?: PatchTarget): KubeObject {
  const spec = { patch, ...(target === undefined ? {} : { target }) }
  return applyPatches(object, [parsePatch(spec, 'patches[0]', asIs)])
}

const JOB = { kind: 'Job' }
const job: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'welcome-1', namespace: 'shop', labels: { team: 'mail' } },
  spec: {
    template: { spec: { containers: [{ name: 'work', image: 'a:1' }, { name: 'side' }] } },
  },
}

test('what is merged in knows the containers by their names, and leaves the name of the object', () => {
  const patch = `
kind: Job
metadata: { name: any, labels: { tier: gold } }
spec: { template: { spec: { containers: [{ name: work, image: 'a:2' }] } } }`
  const found = patched(job, patch, JOB)
  assert.deepEqual(found.metadata, { ...job.metadata, labels: { team: 'mail', tier: 'gold' } })
  assert.deepEqual(found['spec'], {
    template: { spec: { containers: [{ name: 'work', image: 'a:2' }, { name: 'side' }] } },
  })
  const daemon = { ...job, apiVersion: 'apps/v1', kind: 'DaemonSet' }
  const other = patched(daemon, patch, { kind: 'DaemonSet' })
  assert.deepEqual(other['spec'], found['spec'])
})

test('operations are done one after the other, and what is not there need not be removed', () => {
  const patch = `
- { op: remove, path: /metadata/annotations/old }
- { op: add, path: /metadata/labels/a~1b, value: '1' }
- { op: replace, path: /spec/template/spec/containers/0/image, value: 'b:1' }`
  const found = patched(job, patch, JOB)
  assert.equal(found.metadata.labels!['a/b'], '1')
  assert.match(JSON.stringify(found['spec']), /"image":"b:1"/)
})

test('a target is meant in all that it says, each expression for the whole text', () => {
  const patch = '[{ op: add, path: /metadata/labels/hit, value: "yes" }]'
  const isHit = (target: PatchTarget): boolean =>
    patched(job, patch, target).metadata.labels!['hit'] === 'yes'
  for (const target of [
    {},
    { group: 'batch', version: 'v1', kind: 'Job', namespace: 'shop', name: 'welcome-.*' },
    { name: 'welcome-1|other' },
    { labelSelector: 'team in (mail, sales)' },
    { annotationSelector: '!hidden' },
  ])
    assert.ok(isHit(target), JSON.stringify(target))
  for (const target of [
    { name: 'welcome' },
    { kind: 'Jo' },
    { group: 'apps' },
    { namespace: 'shop2' },
    { kind: 'Job', labelSelector: 'team=sales' },
    { annotationSelector: 'hidden' },
  ])
    assert.ok(!isHit(target), JSON.stringify(target))
})

function naming(name: string): string {
  return `{ apiVersion: batch/v1, kind: Job, metadata: { name: ${name}, labels: { hit: 'yes' } } }`
}

test('without a target a patch is for the object that it names', () => {
  assert.equal(patched(job, naming('welcome-1')).metadata.labels!['hit'], 'yes')
  assert.equal(patched(job, naming('welcome-2')).metadata.labels!['hit'], undefined)
})

test('a patch that is none, or does not fit, says which it is and why', () => {
  const cases: readonly (readonly [string, PatchTarget | undefined, RegExp])[] = [
    ['just text', JOB, /^patches\[0\]: expected a list of operations or an object$/],
    ['[{ op: remove, path: /x }]', undefined, /must specify a target for a patch that is a list$/],
    ['{ kind: Job }', undefined, /: expected a target, or apiVersion, kind and metadata.name/],
    ['a: [', JOB, /^patches\[0\]: /],
    ['{}', { name: '(' }, /\( is no regular expression$/],
    ['{}', { labelSelector: 'a b c' }, /^patches\[0\]: .*a b c/],
    ['[{ op: replace, path: /nowhere, value: 1 }]', JOB, /laid on Job welcome-1: .*`\/nowhere`/],
    ['[{ op: jump, path: /x }]', JOB, /unexpected operation `jump`/],
    ['[{ op: replace, path: /metadata/name, value: x }]', JOB, /cannot change which object/],
    ['[{ op: replace, path: "", value: 1 }]', JOB, /cannot change which object/],
    [
      'spec: { template: { spec: { containers: [{ image: x }] } } }',
      JOB,
      /declared merge key: name/,
    ],
  ]
  for (const [patch, target, message] of cases)
    assert.throws(() => patched(job, patch, target), { name: 'TriggerFault', message }, patch)
  assert.throws(() => parsePatches('x: 1', 'ConfigMap c, `d`', asIs), {
    message: 'ConfigMap c, `d`: expected `patch` and `target`',
  })
})

let world: Registration

beforeEach(async () => {
  world = await openRegistration()
})

afterEach(() => world.close())

test('a trigger lays its patches on what the templates made, and labels all of it', async () => {
  await world.applyExample('swag-ordered')
  const add = `- op: add
  path: /spec/template/spec/containers/0/env/-
  value: { name: ADDED, value: {{ .CloudEvent.data.customer_name | quote }} }`
  const held = `patch: |
  spec: { backoffLimit: {{ "{{" }} len .CloudEvent.subject {{ "}}" }} }
target: { kind: Job }`
  await world.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'mgmt-overrides',
      namespace: 'default',
      annotations: { 'projectsveltos.io/instantiate': 'ok' },
    },
    data: { 'job.yaml': held },
  })
  await world.setTrigger({
    patches: [{ patch: add, target: { kind: 'Job', name: 'swag-.*' } }],
    patchesFrom: [
      { kind: 'ConfigMap', namespace: 'default', name: '{{ .Cluster.metadata.name }}-overrides' },
      { kind: 'ConfigMap', namespace: 'default', name: 'nowhere', optional: true },
    ],
    extraLabels: { team: 'mail' },
    extraAnnotations: { why: 'test' },
  })
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N' } })
  const made = await world.jobCalled('swag-ordered-s')
  assert.equal(environmentOf(made)['ADDED'], 'N')
  assert.equal((made['spec'] as { backoffLimit: number }).backoffLimit, 1)
  assert.deepEqual(
    [made.metadata.labels!['team'], made.metadata.annotations!['why']],
    ['mail', 'test'],
  )
})

function setting(value: string): string {
  return JSON.stringify({
    patch: JSON.stringify({ data: { value } }),
    target: { kind: 'ConfigMap' },
  })
}

test('a patch that does not fit stands in the status, and patches that change are laid on anew', async () => {
  await world.applyExample('swag-ordered')
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: {} }
  const policy = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' }
  await world.client.patch({ ...policy, name: 'swag-ordered-job' }, 'merge', {
    data: { 'job.yaml': JSON.stringify(map) },
  })
  await world.setTrigger({ patchesFrom: [{ ...policy, apiVersion: undefined, name: 'later' }] })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  assert.match(await world.failureOf('swag-ordered'), /ConfigMap default\/later does not exist$/)
  await world.client.create({
    ...policy,
    metadata: { name: 'later', namespace: 'default' },
    data: { a: setting('one') },
  })
  const isValue = (value: string) => async (): Promise<boolean> => {
    const found = await world.client.get({ ...policy, name: 'plain' })
    return (found?.['data'] as { value?: string } | undefined)?.value === value
  }
  await untilSoon(isValue('one'))
  const change = { data: { a: setting('two') } }
  await world.client.patch({ ...policy, name: 'later' }, 'merge', change)
  await untilSoon(isValue('two'))
})
