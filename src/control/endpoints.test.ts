import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { Scope } from '../model/index.ts'
import type { Control } from './control.ts'
import type { NewEndpoint } from './endpoints.ts'
import { faultOf } from './faults.ts'
import { openMemoryControl } from './memory-control.ts'

const HOME: Scope = { account: '111111111111', region: 'us-east-1' }
const AWAY: Scope = { ...HOME, region: 'eu-west-1' }
const NEW: NewEndpoint = {
  name: 'orders',
  healthCheckArn: 'arn:aws:route53:::healthcheck/a',
  secondaryRegion: 'eu-west-1',
  buses: [busOf('eu-west-1'), busOf('us-east-1')],
}

function busOf(region: string, account = HOME.account, name = 'orders'): string {
  return `arn:aws:events:${region}:${account}:event-bus/${name}`
}

async function openControl(): Promise<Control> {
  const control = openMemoryControl({ clock: new FakeClock() })
  for (const scope of [HOME, AWAY]) await control.buses.create(scope, { name: 'orders' })
  return control
}

function isFault(name: string): (error: unknown) => boolean {
  return (error) => isAppError(error) && faultOf(error) === name
}

test('events go home first, whatever the order of the buses, and copies name the endpoint', async () => {
  const { endpoints } = await openControl()
  const { spec, arn } = await endpoints.create(HOME, NEW)
  const { busName, places } = await endpoints.route(HOME.account, spec.endpointId)
  assert.equal(busName, 'orders')
  assert.deepEqual(
    places.map(({ region, resource }) => [region, resource]),
    [
      ['us-east-1', undefined],
      ['eu-west-1', arn],
    ],
  )
  await endpoints.setHealth('orders', 'unhealthy')
  const failedOver = await endpoints.route(HOME.account, spec.endpointId)
  assert.deepEqual(
    failedOver.places.map(({ region, resource }) => [region, resource]),
    [
      ['eu-west-1', undefined],
      ['us-east-1', arn],
    ],
  )
})

test('a change keeps where the endpoint sends, and its id', async () => {
  const { endpoints } = await openControl()
  const { spec } = await endpoints.create(HOME, NEW)
  await endpoints.setHealth(spec.endpointId, 'unhealthy')
  const changed = await endpoints.update(HOME, { name: 'orders', isReplicated: false })
  assert.deepEqual([changed.isFailedOver, changed.spec.endpointId], [true, spec.endpointId])
  const { places } = await endpoints.route(HOME.account, spec.endpointId)
  assert.deepEqual(
    places.map(({ region }) => region),
    ['eu-west-1'],
  )
})

for (const [what, buses] of [
  ['one bus', [busOf('us-east-1')]],
  ['two in one region', [busOf('us-east-1'), busOf('us-east-1')]],
  ['none at home', [busOf('eu-west-1'), busOf('eu-west-2')]],
  ['two names', [busOf('us-east-1'), busOf('eu-west-1', HOME.account, 'other')]],
  ['another account', [busOf('us-east-1'), busOf('eu-west-1', '999999999999')]],
  ['what is no bus', ['arn:aws:sqs:us-east-1:1:q', busOf('eu-west-1')]],
] as const) {
  test(`an endpoint of ${what} is refused`, async () => {
    const { endpoints } = await openControl()
    await assert.rejects(
      endpoints.create(HOME, { ...NEW, buses }),
      isFault('endpoint-buses-invalid'),
    )
  })
}

test('another account has no endpoint of this id, and a name of two endpoints is not enough', async () => {
  const { buses, endpoints } = await openControl()
  const { spec } = await endpoints.create(HOME, NEW)
  await assert.rejects(
    endpoints.route('222222222222', spec.endpointId),
    isFault('endpoint-not-found'),
  )
  const other = { account: '222222222222', region: 'us-east-1' }
  for (const region of ['us-east-1', 'eu-west-1'])
    await buses.create({ ...other, region }, { name: 'orders' })
  const theirs = [busOf('us-east-1', other.account), busOf('eu-west-1', other.account)]
  const { arn } = await endpoints.create(other, { ...NEW, buses: theirs })
  await assert.rejects(endpoints.setHealth('orders', 'unhealthy'), isFault('endpoint-ambiguous'))
  assert.equal((await endpoints.setHealth(arn, 'unhealthy')).isFailedOver, true)
  assert.equal((await endpoints.get(HOME, 'orders')).isFailedOver, false)
})
