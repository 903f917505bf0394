// CEL rules of CRDs, from the definition to the objects.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeKey, KubeObject } from './kube-object.ts'
import { isKubeError } from './kube-error.ts'
import { openTestObjects, type TestObjects, untilWithin } from './testing.ts'

const until = untilWithin(5000)

let world: TestObjects

before(async () => {
  world = await openTestObjects()
  await world.client.create(definition('scalers', 'Scaler', [LIMIT, GROWS]))
  await until(async () => world.objects.types.find(SCALERS) !== undefined)
})

after(() => world.close())

const SCALERS = { apiVersion: 'gold.test/v1', kind: 'Scaler' }
const LIMIT = {
  rule: 'self.spec.size <= self.spec.max',
  messageExpression: '"size of " + self.metadata.name + " is above " + string(self.spec.max)',
  fieldPath: '.spec.size',
}
const GROWS = { rule: 'self.spec.max >= oldSelf.spec.max', message: 'max may only grow' }

function definition(plural: string, kind: string, rules: readonly object[]): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.gold.test` },
    spec: {
      group: 'gold.test',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              'x-kubernetes-validations': rules,
              properties: {
                spec: {
                  type: 'object',
                  required: ['size', 'max'],
                  properties: {
                    size: { type: 'integer' },
                    max: { type: 'integer' },
                    note: { type: 'string' },
                  },
                },
              },
            },
          },
        },
      ],
    },
  }
}

/** The kind of which one rule comes later, below `spec`. */
function withRule(rules: readonly object[]): KubeObject {
  const made = definition('ratchets', 'Ratchet', []) as unknown as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: object } } } }[] }
  }
  const root = made.spec.versions[0]!.schema.openAPIV3Schema
  root.properties.spec = { ...root.properties.spec, 'x-kubernetes-validations': rules }
  return made as unknown as KubeObject
}

function scaler(name: string, spec: object): KubeObject {
  return { ...SCALERS, metadata: { name, namespace: 'default' }, spec }
}

function keyOf(name: string): KubeKey {
  return { ...SCALERS, namespace: 'default', name }
}

function refusedWith(text: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isKubeError(error, 'Invalid'), String(error))
    assert.equal(error.message, text)
    return true
  }
}

test('a definition whose rules are none is refused, at the rule', async () => {
  const bad = definition('bads', 'Bad', [{ rule: 'self.spec.bogus > 0' }])
  await assert.rejects(
    world.client.create(bad),
    refusedWith(
      'CustomResourceDefinition.apiextensions.k8s.io "bads.gold.test" is invalid: ' +
        'spec.validation.openAPIV3Schema.x-kubernetes-validations[0].rule: Invalid value: ' +
        'apiextensions.ValidationRule{Rule:"self.spec.bogus > 0", Message:"", MessageExpression:"", ' +
        'Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", OptionalOldSelf:(*bool)(nil)}: ' +
        "compilation failed: ERROR: <input>:1:10: undefined field 'bogus'\n | self.spec.bogus > 0\n | .........^",
    ),
  )
})

test('an object is held against the rules when it is made and when it changes', async () => {
  const { client } = world
  await assert.rejects(
    client.create(scaler('a', { size: 3, max: 2 })),
    refusedWith(
      'Scaler.gold.test "a" is invalid: spec.size: Invalid value: "object": size of a is above 2',
    ),
  )
  await client.create(scaler('a', { size: 1, max: 2 }))
  await client.patch(keyOf('a'), 'merge', { spec: { max: 4 } })
  await assert.rejects(
    client.patch(keyOf('a'), 'merge', { spec: { max: 3 } }),
    refusedWith(
      'Scaler.gold.test "a" is invalid: <nil>: Invalid value: "object": max may only grow',
    ),
  )
})

test('rules are not asked of what is otherwise wrong, and that is said', async () => {
  await assert.rejects(
    world.client.create(scaler('b', { size: 3 })),
    refusedWith(
      'Scaler.gold.test "b" is invalid: [spec.max: Required value, <nil>: Invalid value: null: ' +
        'some validation rules were not checked because the object was invalid; correct the existing errors to ' +
        'complete validation]',
    ),
  )
})

test('an object that a new rule would refuse stays as it is, and may be mended', async () => {
  const { client, objects } = world
  const types = { apiVersion: 'gold.test/v1', kind: 'Ratchet' }
  await client.create(withRule([]))
  await until(async () => objects.types.find(types) !== undefined)
  const key = { ...types, namespace: 'default', name: 'r' }
  await client.create({ ...scaler('r', { size: 9, max: 2 }), ...types })
  const { spec } = withRule([{ rule: 'self.size <= self.max' }])
  const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }
  await client.patch({ ...crd, name: 'ratchets.gold.test' }, 'merge', { spec: spec as never })
  const bad = { ...scaler('s', { size: 9, max: 2 }), ...types }
  await until(async () => {
    const made = await client.create(bad).catch((error: unknown) => error)
    if (isKubeError(made, 'Invalid')) return true
    await client.delete({ ...types, namespace: 'default', name: 's' })
    return false
  }, 'the new rule')
  const warnings: string[] = []
  const options = { onWarning: (text: string) => warnings.push(text) }
  const labels = { metadata: { labels: { seen: 'yes' } } }
  const labelled = await client.patch(key, 'merge', labels, options)
  assert.deepEqual(labelled.metadata.labels, { seen: 'yes' })
  assert.deepEqual(warnings, ['spec: Invalid value: "object": failed rule: self.size <= self.max'])
  await assert.rejects(client.patch(key, 'merge', { spec: { note: 'touched' } }), (error) =>
    isKubeError(error, 'Invalid'),
  )
  await client.patch(key, 'merge', { spec: { size: 2 } })
})
