import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { AppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent, storePutEvent } from '../event/index.ts'
import type { Passage } from '../ingress/index.ts'
import { decodeResource, Objects } from '../objects/index.ts'
import { ValidatorCache } from '../schema/index.ts'
import { REGISTRATION } from '../schema/testing.ts'
import { openMemoryStore } from '../store/index.ts'
import type { Control } from './control.ts'
import { openMemoryControl } from './memory-control.ts'
import { openSchemaKeeper, type SchemaKeeper, type StartedDiscoverers } from './schema-keeper.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }
const BUS = '000000000000/us-east-1/orders'
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:refused'
const ORDER = { registry: 'shop', schema: 'OrderCreated' }

interface Bench {
  readonly control: Control
  readonly keeper: SchemaKeeper
  readonly letters: {
    readonly queueArn: string
    readonly attributes: Readonly<Record<string, string>>
  }[]
  readonly check: (detail: object, type?: string) => Promise<Passage>
}

async function open(context: TestContext): Promise<Bench> {
  const clock = new FakeClock()
  const random = seededRandom(1)
  const { rows } = openMemoryStore()
  const resources = new Objects({ rows, clock, random })
  const validators = new ValidatorCache()
  const letters: Bench['letters'] = []
  const keeper = await openSchemaKeeper({
    rows,
    decode: decodeResource,
    resources,
    validators,
    sendDeadLetter: async (queueArn, { attributes }) => {
      if (queueArn !== QUEUE) throw new AppError('QUEUE_NOT_FOUND', 'there is no such queue')
      letters.push({ queueArn, attributes })
    },
    logger: silentLogger,
    onFatal: (error) => {
      throw error
    },
  })
  context.after(() => keeper.close())
  const schemas = { validators, schemasSettled: () => keeper.settled() }
  const control = openMemoryControl({ clock, rows, schemas })
  await control.buses.create(SCOPE, { name: 'orders' })
  await control.schemas.registries.create(SCOPE, { name: 'shop' })
  return {
    control,
    keeper,
    letters,
    check: (detail, type) => keeper.gate.check(incoming(detail, type)),
  }
}

function incoming(
  detail: object,
  detailType: string = 'Order Created',
): { id: string; busKey: string; record: Buffer } {
  const record = storePutEvent({
    busKey: BUS,
    account: SCOPE.account,
    region: SCOPE.region,
    id: 'e',
    source: 'my.shop',
    detailType,
    time: '2026-01-31T12:00:00Z',
    resources: [],
    detail: JSON.stringify(detail),
  })
  return { id: 'e', busKey: BUS, record }
}

function order(properties: object): {
  readonly type: 'JSONSchemaDraft4'
  readonly content: string
} {
  return { type: 'JSONSchemaDraft4', content: JSON.stringify({ type: 'object', properties }) }
}

test('nothing is held against anything until a bus asks for it, and again when it no longer does', async (context) => {
  const { control, keeper, check } = await open(context)
  await control.schemas.create(SCOPE, ORDER, order({ id: { type: 'string' } }))
  assert.equal(keeper.gate.isOn, false)
  assert.deepEqual(await check({ id: 1 }), { kind: 'pass' })
  await control.schemas.validation.setBus(SCOPE, 'orders', { mode: 'reject', registry: 'shop' })
  assert.equal(keeper.gate.isOn, true)
  assert.equal((await check({ id: 1 })).kind, 'refuse')
  await control.buses.update(SCOPE, 'orders', {
    description: 'changed by AWS, which knows nothing of it',
  })
  assert.equal((await check({ id: 1 })).kind, 'refuse')
  await control.schemas.validation.setBus(SCOPE, 'orders', undefined)
  assert.equal(keeper.gate.isOn, false)
})

test('a valid event carries the version that it was found valid under', async (context) => {
  const { control, check } = await open(context)
  await control.schemas.create(SCOPE, ORDER, order({ id: { type: 'string' } }))
  await control.schemas.validation.setBus(SCOPE, 'orders', { mode: 'warn', registry: 'shop' })
  await control.schemas.update(SCOPE, ORDER, order({ id: { type: 'string' }, note: {} }))
  const passage = await check({ id: 'a' })
  assert.ok(passage.kind === 'pass' && passage.record !== undefined)
  const { schema } = decodeStoredEvent(passage.record).meta()
  assert.deepEqual(schema, {
    registry: 'shop',
    name: 'OrderCreated',
    number: '2',
    version: '1.1.0',
  })
  assert.deepEqual(
    decodeStoredEvent(passage.record).envelope,
    decodeStoredEvent(incoming({ id: 'a' }).record).envelope,
  )
})

test('a change of the schema holds for the next event', async (context) => {
  const { control, check } = await open(context)
  await control.schemas.validation.setBus(SCOPE, 'orders', { mode: 'reject', registry: 'shop' })
  assert.deepEqual(await check({ id: 1 }), { kind: 'pass' })
  await control.schemas.create(SCOPE, ORDER, order({ id: { type: 'string' } }))
  assert.equal((await check({ id: 1 })).kind, 'refuse')
  await control.schemas.update(SCOPE, ORDER, order({ id: { type: 'integer' } }))
  assert.equal((await check({ id: 1 })).kind, 'pass')
  await control.schemas.delete(SCOPE, ORDER)
  assert.deepEqual(await check({ id: 'x' }), { kind: 'pass' })
})

test('a refused event goes to the dead-letter queue with its faults, and is refused without one too', async (context) => {
  const { control, check, letters } = await open(context)
  await control.schemas.create(SCOPE, ORDER, order({ id: { type: 'string' } }))
  const reject = { mode: 'reject', registry: 'shop' } as const
  await control.schemas.validation.setBus(SCOPE, 'orders', { ...reject, deadLetterArn: QUEUE })
  const faults = ['expected `$.detail.id` to be string']
  assert.deepEqual(await check({ id: 1 }), { kind: 'refuse', faults })
  assert.deepEqual(letters, [
    {
      queueArn: QUEUE,
      attributes: {
        ERROR_CODE: 'SCHEMA_VALIDATION_FAILED',
        ERROR_MESSAGE: faults[0],
        SCHEMA: 'shop/OrderCreated',
        SCHEMA_VERSION: '1.0.0',
      },
    },
  ])
  await control.schemas.validation.setBus(SCOPE, 'orders', {
    ...reject,
    deadLetterArn: `${QUEUE}x`,
  })
  assert.deepEqual(await check({ id: 1 }), { kind: 'refuse', faults })
})

test('what has no schema is taken, or refused where that is asked', async (context) => {
  const { control, check } = await open(context)
  const reject = { mode: 'reject', registry: 'shop' } as const
  await control.schemas.validation.setBus(SCOPE, 'orders', reject)
  assert.deepEqual(await check({}, 'Unknown'), { kind: 'pass' })
  await control.schemas.validation.setBus(SCOPE, 'orders', { ...reject, unknown: 'reject' })
  assert.deepEqual(await check({}, 'Unknown'), {
    kind: 'refuse',
    faults: ['registry `shop` has no schema for `Unknown` of `my.shop`'],
  })
})

test('a schema that names its source is asked before one that does not', async (context) => {
  const { control, check } = await open(context)
  await control.schemas.create(SCOPE, ORDER, order({ id: { type: 'string' } }))
  const own = { registry: 'shop', schema: 'my.shop@OrderCreated' }
  await control.schemas.create(SCOPE, own, order({ id: { type: 'integer' } }))
  await control.schemas.validation.setBus(SCOPE, 'orders', { mode: 'reject', registry: 'shop' })
  assert.equal((await check({ id: 1 })).kind, 'pass')
  await control.schemas.delete(SCOPE, own)
  assert.equal((await check({ id: 1 })).kind, 'refuse')
})

test('the started discoverers are told, now, when they change, and when what they learnt is deleted', async (context) => {
  const { control, keeper } = await open(context)
  const told: StartedDiscoverers[] = []
  keeper.onDiscoverers((discoverers) => told.push(discoverers))
  const sourceArn = 'arn:aws:events:us-east-1:000000000000:event-bus/orders'
  const { spec } = await control.schemas.discoverers.create(SCOPE, { sourceArn })
  await control.schemas.learn(SCOPE, 'my.shop@OrderCreated', REGISTRATION)
  await control.schemas.delete(SCOPE, {
    registry: 'discovered-schemas',
    schema: 'my.shop@OrderCreated',
  })
  await control.schemas.discoverers.stop(SCOPE, spec.id)
  assert.deepEqual(
    told.map((discoverers) => [...discoverers.keys()]),
    [[], [BUS], [BUS], []],
  )
})
