import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../base/testing.ts'
import { bodyText, requestOf } from '../http/testing.ts'
import type { AccessDeps } from './access.ts'
import { createOwnDialect } from './own-dialect.ts'
import { createTestDeps } from './testing.ts'

const ACCESS = '/_signalbox/v1/access'

interface Asked {
  readonly wishes: unknown[]
  readonly answer: (target: string, body: unknown) => Promise<readonly [number, string]>
}

function open(): Asked {
  const wishes: unknown[] = []
  const take = async (wish: unknown): Promise<{ token: string }> => {
    wishes.push(wish)
    return { token: 'sbx-1' }
  }
  const access: AccessDeps = {
    listTokens: async () => [],
    createToken: (_, wish) => take(wish),
    rotateToken: (_, name) => take(name),
    revokeToken: async (_, name) => void wishes.push(name),
    createCertificate: async (_, wish) => {
      wishes.push(wish)
      return { certificate: 'c', key: 'k' }
    },
  }
  const { deps } = createTestDeps(new FakeClock(), { access })
  const dialect = createOwnDialect(deps)
  return {
    wishes,
    async answer(target, body) {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await dialect.handle(
        requestOf({ method: 'POST', target: ACCESS + target, body: Buffer.from(text) }),
      )
      return [response.status, bodyText(response)]
    },
  }
}

test('a token is for whom it is called, where nobody else is named', async () => {
  const { wishes, answer } = open()
  const [status, text] = await answer('/tokens/create', { name: 'ci' })
  assert.deepEqual([status, text], [200, '{"name":"ci","token":"sbx-1"}'])
  await answer('/tokens/create', { name: 'b', user: 'bea', groups: ['x'], days: 30 })
  assert.deepEqual(wishes, [
    { name: 'ci', user: 'ci', groups: [] },
    { name: 'b', user: 'bea', groups: ['x'], days: 30 },
  ])
})

test('a certificate is good for a year, where nothing else is asked', async () => {
  const { wishes, answer } = open()
  await answer('/certificates/create', { user: 'bea' })
  assert.deepEqual(wishes, [{ user: 'bea', groups: [], days: 365 }])
})

test('what is wrong with a wish is said, and nothing is made', async () => {
  const { wishes, answer } = open()
  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['/tokens/create', '{', /expected the body to be JSON/],
    ['/tokens/create', [], /a JSON object/],
    ['/tokens/create', {}, /expected `name`/],
    ['/tokens/create', { name: '' }, /expected `name`/],
    ['/tokens/create', { name: 'x'.repeat(300) }, /expected `name`/],
    ['/tokens/create', { name: 'a', user: 7 }, /expected `user`/],
    ['/tokens/create', { name: 'a', groups: 'dev' }, /expected `groups`/],
    ['/tokens/create', { name: 'a', groups: [''] }, /expected `groups`/],
    ['/tokens/create', { name: 'a', days: 0 }, /1 to 3650, got `0`/],
    ['/tokens/create', { name: 'a', days: 1.5 }, /got `1.5`/],
    ['/tokens/create', { name: 'a', ttl: 1 }, /unknown member `ttl`/],
    ['/tokens/rotate', {}, /expected `name`/],
    ['/tokens/revoke', {}, /expected `name`/],
    ['/certificates/create', { user: 'a', days: 4000 }, /got `4000`/],
    ['/certificates/create', { user: 'a', name: 'b' }, /unknown member `name`/],
  ]
  for (const [target, body, expected] of bad) {
    const [status, text] = await answer(target, body)
    assert.equal(status, 400, text)
    assert.match(text, expected)
  }
  assert.deepEqual(wishes, [])
})
