import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/index.ts'
import { installKinds } from './install-kinds.ts'
import { isKubeError } from './kube-error.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import type { AccessAnswer, AccessQuestion } from './resource-type.ts'
import { openTestObjects } from './testing.ts'

function definitionOf(description: string): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.gold.test' },
    spec: {
      group: 'gold.test',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', description } },
        },
      ],
    },
  }
}

const textOf = (definition: KubeObject | undefined): string => JSON.stringify(definition!['spec'])

test('kinds are served when they are installed, renewed by a later release, and not written again', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  const { client } = objects
  const { signal } = new AbortController()
  const parts = { client, clock: systemClock, signal }
  const first = definitionOf('first')
  await installKinds(parts, [first])
  assert.deepEqual((await client.list({ apiVersion: 'gold.test/v1', kind: 'Widget' })).items, [])
  await installKinds(parts, [definitionOf('second')])
  const renewed = await client.get(keyOf(first))
  assert.match(textOf(renewed), /second/)
  await installKinds(parts, [definitionOf('second')])
  const again = await client.get(keyOf(first))
  assert.equal(again!.metadata.resourceVersion, renewed!.metadata.resourceVersion)
})

test('a definition that somebody else made is left alone', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  const { client } = objects
  await client.create(definitionOf('theirs'))
  const { signal } = new AbortController()
  await installKinds({ client, clock: systemClock, signal }, [definitionOf('ours')])
  assert.match(textOf(await client.get(keyOf(definitionOf('')))), /theirs/)
})

async function authorize({ resource }: AccessQuestion): Promise<AccessAnswer> {
  return { isAllowed: resource !== 'customresourcedefinitions' }
}

test('who may not touch definitions works with the kinds that are served, and is told of those that are not', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  const { signal } = new AbortController()
  const user = { name: 'limited', groups: [] }
  const client = objects.objects.client({ user, authorize })
  const limited = { client, clock: systemClock, signal }
  const definition = definitionOf('ours')
  await assert.rejects(installKinds(limited, [definition]), (error) => {
    assert.ok(isKubeError(error, 'Forbidden'))
    assert.match(
      error.message,
      /^not served, .* may not be made: widgets\.gold\.test \(.*User "limited"/,
    )
    return true
  })
  await installKinds({ ...limited, client: objects.client }, [definition])
  await installKinds(limited, [definition])
})
