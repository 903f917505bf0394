import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { Scope } from '../model/index.ts'
import { faultOf } from './faults.ts'
import { openMemoryControl } from './memory-control.ts'

const ACCOUNT: Scope = { account: '111111111111', region: 'us-east-1' }
const PARTNER: Scope = { account: '222222222222', region: 'us-east-1' }
const NAME = 'aws.partner/example.com/shop'
const DAY_MS = 86_400_000

function isFault(name: string): (error: unknown) => boolean {
  return (error) => isAppError(error) && faultOf(error) === name
}

test('a source that nobody took up for two weeks is gone, for both sides', async () => {
  const clock = new FakeClock()
  const { eventSources } = openMemoryControl({ clock })
  await eventSources.create(PARTNER, { name: NAME, account: ACCOUNT.account })
  const { expiresAt } = await eventSources.get(ACCOUNT, NAME)
  assert.equal(expiresAt, Math.floor(clock.now() / 1000) + 14 * 86_400)
  await clock.run(14 * DAY_MS + 1000)
  await assert.rejects(eventSources.get(ACCOUNT, NAME), isFault('event-source-not-found'))
  assert.equal(await eventSources.route(PARTNER, NAME), undefined)
  await eventSources.create(PARTNER, { name: NAME, account: ACCOUNT.account })
  assert.equal((await eventSources.get(ACCOUNT, NAME)).state, 'PENDING')
})

test('one source goes to each account that took it up, and to no other', async () => {
  const { buses, eventSources } = openMemoryControl({ clock: new FakeClock() })
  for (const account of ['111111111111', '333333333333', '444444444444']) {
    await eventSources.create(PARTNER, { name: NAME, account })
    if (account !== '444444444444')
      await buses.create({ ...ACCOUNT, account }, { name: NAME, eventSourceName: NAME })
  }
  const places = await eventSources.route(PARTNER, NAME)
  assert.deepEqual(
    places?.map(({ busKey }) => busKey),
    [`111111111111/us-east-1/${NAME}`, `333333333333/us-east-1/${NAME}`],
  )
  assert.equal(await eventSources.route(ACCOUNT, NAME), undefined)
  const { items } = await eventSources.listAccounts(PARTNER, NAME, {})
  assert.deepEqual(
    items.map(({ state }) => state),
    ['ACTIVE', 'ACTIVE', 'PENDING'],
  )
  assert.equal((await eventSources.listOffered(PARTNER, {})).items.length, 1)
})

test('without its bus a source waits again', async () => {
  const { buses, eventSources } = openMemoryControl({ clock: new FakeClock() })
  await eventSources.create(PARTNER, { name: NAME, account: ACCOUNT.account })
  await buses.create(ACCOUNT, { name: NAME, eventSourceName: NAME })
  await buses.delete(ACCOUNT, NAME)
  assert.equal((await eventSources.get(ACCOUNT, NAME)).state, 'PENDING')
  assert.deepEqual(await eventSources.route(PARTNER, NAME), [])
})

test('only who offers a source may take it back', async () => {
  const { eventSources } = openMemoryControl({ clock: new FakeClock() })
  const source = { name: NAME, account: ACCOUNT.account }
  await eventSources.create(PARTNER, source)
  await eventSources.delete(ACCOUNT, source)
  assert.equal((await eventSources.get(ACCOUNT, NAME)).state, 'PENDING')
  await eventSources.delete(PARTNER, source)
  await assert.rejects(eventSources.get(ACCOUNT, NAME), isFault('event-source-not-found'))
})
