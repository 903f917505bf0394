import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../base/index.ts'
import type { DeclaredUses } from '../control/index.ts'
import type { Kind, ResourceOf } from '../model/index.ts'
import { isKubeError, type KubeObject, type ResourceType } from '../objects/index.ts'
import { ownKinds } from './index.ts'

/** Uses that refuse every write with this. */
function refusing<K extends Kind>(error: Error): DeclaredUses<K> {
  return {
    put: () => Promise.reject<ResourceOf<K>>(error),
    delete: () => Promise.reject<void>(error),
    release: () => Promise.reject<void>(error),
  }
}

function typeOf(kind: Kind, error: Error = new Error('not asked for')): ResourceType {
  const types = ownKinds({
    declared: { buses: refusing(error), rules: refusing(error) },
    archives: { declared: refusing(error) },
    connectors: { declared: () => refusing(error) },
  })
  return types.find((type) => type.kind === kind)!
}

function object(name: string, spec: object, namespace = 'default'): KubeObject {
  return { apiVersion: 'signalbox.dev/v1', kind: 'Rule', metadata: { name, namespace }, spec }
}

const CONTEXT = { now: 0, uid: 'u' }

test('a name says region, bus and name of a rule, and its namespace the account', async () => {
  const { strategy } = typeOf('Rule')
  const named = strategy.prepareCreate!(
    object('eu-west-1.shop.zz4forders', {}, '123456789012'),
    CONTEXT,
  )
  assert.deepEqual(named['spec'], {
    account: '123456789012',
    region: 'eu-west-1',
    bus: 'shop',
    name: 'z4forders',
  })
  assert.deepEqual(await strategy.validate!(named, undefined), [])
})

test('a name that is not made of its spec is refused, with the one that is', async () => {
  const { strategy } = typeOf('Rule')
  const wordOnly = strategy.prepareCreate!(object('orders', {}), CONTEXT)
  const [fault] = await strategy.validate!(wordOnly, undefined)
  assert.equal(fault!.field, 'metadata.name')
  assert.match(fault!.message, /must be "us-east-1.default.orders"/)
  const other = strategy.prepareCreate!(object('us-east-1.shop.a', { name: 'b' }), CONTEXT)
  const [wrong] = await strategy.validate!(other, undefined)
  assert.match(wrong!.message, /must be "us-east-1.shop.b"/)
})

const REFUSALS = [
  ['PATTERN_INVALID', 'Invalid', /spec.pattern: Invalid value: why/],
  ['BUS_NOT_FOUND', 'Invalid', /spec: Invalid value: why/],
  ['RESOURCE_EXISTS', 'AlreadyExists', /why/],
  ['RESOURCE_CONFLICT', 'Conflict', /why/],
  ['ACCESS_DENIED', 'Forbidden', /why/],
] as const

for (const [code, reason, message] of REFUSALS) {
  test(`what a use case refuses as ${code} is ${reason} to Kubernetes`, async () => {
    const { backing } = typeOf('Rule', new AppError(code, 'why'))
    await assert.rejects(backing!.write({ next: object('us-east-1.default.a', {}) }), (error) => {
      assert.ok(isKubeError(error, reason))
      assert.match(error.message, message)
      return true
    })
  })
}

test('every fault of a spec is named by its field', async () => {
  const faults = [
    { path: 'spec.state', message: 'expected one of' },
    { path: 'spec.tags', message: 'expected at most' },
  ]
  const error = new AppError('RESOURCE_INVALID', 'two', { details: { faults } })
  const { backing } = typeOf('EventBus', error)
  await assert.rejects(
    backing!.write({ next: object('us-east-1.a', {}) }),
    /\[spec.state: Invalid value: expected one of, spec.tags: Invalid value: expected at most\]/,
  )
})

test('a kind that is only looked at refuses writes, and says so in its verbs', async () => {
  const { backing, verbs } = typeOf('Queue')
  assert.deepEqual(verbs, ['get', 'list', 'watch'])
  const write = backing!.write({ next: object('us-east-1.a', {}) })
  await assert.rejects(write, (error) => isKubeError(error, 'MethodNotAllowed'))
})

test('what is sealed in a connection, and what confirms a subscription, is not shown', () => {
  const authorization = { kind: 'basic', username: 'ann' }
  const creationTimestamp = '2026-01-01T00:00:00Z'
  const metadata = { name: 'us-east-1.a', uid: 'u', generation: 1, creationTimestamp }
  const stored = (spec: object): KubeObject => {
    return { apiVersion: 'signalbox.dev/v1', kind: 'X', metadata, spec }
  }
  const connection = typeOf('Connection').backing!.show!(
    stored({ name: 'a', authorization, sealed: 'sb1.secret' }),
  )
  assert.deepEqual(connection['spec'], { name: 'a', authorization })
  assert.equal((connection['status'] as { readonly state: string }).state, 'AUTHORIZED')
  const gone = typeOf('Connection').backing!.show!(stored({ name: 'a', authorization }))
  assert.equal((gone['status'] as { readonly state: string }).state, 'DEAUTHORIZED')
  const spec = { topic: 'news', state: 'pending' }
  const subscription = typeOf('Subscription').backing!.show!(stored({ ...spec, tokenHash: 'h' }))
  assert.deepEqual(subscription['spec'], spec)
})
