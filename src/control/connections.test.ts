import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AppError, isAppError } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { TokenResult, TokenSource } from '../connect/index.ts'
import type { Scope } from '../model/index.ts'
import type { ConnectionChange } from './connections.ts'
import type { Control } from './control.ts'
import { faultOf } from './faults.ts'
import { openMemoryControl } from './memory-control.ts'

const SCOPE: Scope = { account: '000000000000', region: 'us-east-1' }
const SECRET = 'nobody-must-see-this'
const BASIC: ConnectionChange = {
  name: 'shop',
  kind: 'basic',
  basic: { username: 'me', password: SECRET },
  parameters: {
    headers: [
      { key: 'X-A', value: SECRET, isSecret: true },
      { key: 'X-B', value: 'b' },
    ],
  },
}
const OAUTH: ConnectionChange = {
  name: 'shop',
  kind: 'oauth',
  oauth: { clientId: 'me', clientSecret: SECRET, endpoint: 'https://a.test/token', method: 'POST' },
}

function open(results: readonly TokenResult[] = []): { control: Control; clock: FakeClock } {
  const clock = new FakeClock()
  const queue = [...results]
  const tokens: TokenSource = {
    get: () => Promise.resolve(queue.shift() ?? { kind: 'token', value: 'Bearer t' }),
    refuse: () => {},
    forget: () => {},
  }
  return { control: openMemoryControl({ clock, tokens }), clock }
}

function failed(isFinal: boolean): TokenResult {
  return { kind: 'failed', failure: { code: 'X', message: 'it said no' }, isFinal }
}

function isFault(name: string): (error: unknown) => boolean {
  return (error) => isAppError(error) && faultOf(error) === name
}

test('nothing that is answered holds a secret, and the one who calls gets them all', async () => {
  const { control } = open()
  const { connections, apiDestinations } = control
  const answers: unknown[] = [await connections.create(SCOPE, BASIC)]
  answers.push(await connections.get(SCOPE, 'shop'), await connections.list(SCOPE, {}))
  const { arn: connectionArn, spec } = await connections.get(SCOPE, 'shop')
  assert.deepEqual(spec.parameters, {
    headers: [
      { key: 'X-A', isSecret: true },
      { key: 'X-B', value: 'b' },
    ],
  })
  const endpoint = 'https://api.test/*'
  const draft = { name: 'api', connectionArn, endpoint, method: 'POST' as const }
  const { arn } = await apiDestinations.create(SCOPE, draft)
  const found = await apiDestinations.resolve(arn)
  assert.ok(found.kind === 'found')
  assert.deepEqual(found.destination.connection.authorization, {
    kind: 'basic',
    username: 'me',
    password: SECRET,
  })
  assert.deepEqual(found.destination.connection.parameters, BASIC.parameters)
  answers.push(await connections.update(SCOPE, { name: 'shop', basic: { username: 'you' } }))
  answers.push(
    await connections.deauthorize(SCOPE, 'shop'),
    await connections.delete(SCOPE, 'shop'),
  )
  assert.ok(!JSON.stringify(answers).includes(SECRET))
})

test('a change keeps what it does not name, secrets too', async () => {
  const { control } = open()
  const { connections, apiDestinations } = control
  const { arn: connectionArn } = await connections.create(SCOPE, BASIC)
  const destination = {
    name: 'api',
    connectionArn,
    endpoint: 'https://a.test',
    method: 'GET' as const,
  }
  const { arn } = await apiDestinations.create(SCOPE, destination)
  await connections.update(SCOPE, { name: 'shop', description: 'new', basic: { username: 'you' } })
  const found = await apiDestinations.resolve(arn)
  assert.ok(found.kind === 'found')
  const { authorization, version } = found.destination.connection
  assert.deepEqual(authorization, { kind: 'basic', username: 'you', password: SECRET })
  assert.equal(version, '2')
  // Another kind of authorization begins with nothing.
  await assert.rejects(
    connections.update(SCOPE, { name: 'shop', kind: 'api-key', apiKey: { name: 'k' } }),
    isFault('connection-incomplete'),
  )
})

test('an authorization that lacks something is refused, and says what', async () => {
  const { control } = open()
  for (const change of [
    { name: 'a' },
    { name: 'a', kind: 'basic' as const },
    { name: 'a', kind: 'basic' as const, basic: { username: 'u' } },
    { name: 'a', kind: 'oauth' as const, oauth: { clientId: 'c', clientSecret: SECRET } },
  ]) {
    await assert.rejects(
      control.connections.create(SCOPE, change),
      (error) =>
        isFault('connection-incomplete')(error) && !(error as AppError).message.includes(SECRET),
    )
  }
})

test('an OAuth connection is authorized behind the answer, and says when', async () => {
  const { control, clock } = open()
  const created = await control.connections.create(SCOPE, OAUTH)
  assert.equal(created.state, 'AUTHORIZING')
  await clock.run(0)
  const { state, authorizedAt } = await control.connections.get(SCOPE, 'shop')
  assert.equal(state, 'AUTHORIZED')
  assert.equal(authorizedAt, Math.floor(clock.now() / 1000))
  assert.equal((await control.connections.update(SCOPE, { name: 'shop' })).state, 'AUTHORIZING')
})

test('an endpoint that cannot be reached is asked again, and given up in the end', async () => {
  const unreached = Array.from({ length: 3 }, () => failed(false))
  const { control, clock } = open(unreached)
  await control.connections.create(SCOPE, OAUTH)
  await clock.run(60_000)
  assert.equal((await control.connections.get(SCOPE, 'shop')).state, 'AUTHORIZED')
  const never = open(Array.from({ length: 10 }, () => failed(false)))
  await never.control.connections.create(SCOPE, OAUTH)
  await never.clock.run(600_000)
  const { state, reason } = await never.control.connections.get(SCOPE, 'shop')
  assert.deepEqual([state, reason], ['DEAUTHORIZED', 'it said no'])
})

test('what a restart cut short goes on when connections are taken up again', async () => {
  const { control, clock } = open([failed(true)])
  await control.connections.create(SCOPE, OAUTH)
  await clock.run(0)
  assert.equal((await control.connections.get(SCOPE, 'shop')).state, 'DEAUTHORIZED')
  await control.connections.resume()
  await clock.run(0)
  // It was refused, which is an end and not an interruption.
  assert.equal((await control.connections.get(SCOPE, 'shop')).state, 'DEAUTHORIZED')
})

test('a connection made anew under an old name is another one', async () => {
  const { control } = open()
  const { connections, apiDestinations } = control
  const { arn: connectionArn } = await connections.create(SCOPE, BASIC)
  const destination = {
    name: 'api',
    connectionArn,
    endpoint: 'https://a.test',
    method: 'GET' as const,
  }
  const { arn } = await apiDestinations.create(SCOPE, destination)
  await connections.delete(SCOPE, 'shop')
  await connections.create(SCOPE, BASIC)
  assert.equal((await apiDestinations.resolve(arn)).kind, 'refused')
  assert.equal((await apiDestinations.get(SCOPE, 'api')).state, 'INACTIVE')
  await assert.rejects(
    apiDestinations.create(SCOPE, { ...destination, name: 'b' }),
    isFault('connection-not-found'),
  )
})
