import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Audited, channels } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import { bodyText, requestOf } from '../http/testing.ts'
import type { AuditViewQuery } from './audit-routes.ts'
import { createOwnDialect } from './own-dialect.ts'
import { createTestDeps } from './testing.ts'

const V1 = '/_signalbox/v1'

test('calls that change something are told with the names in them, those that read are not', async (context) => {
  const heard: Audited[] = []
  const listener = (audited: unknown): void => void heard.push(audited as Audited)
  channels.audited.subscribe(listener)
  context.after(() => channels.audited.unsubscribe(listener))
  const { deps } = createTestDeps(new FakeClock())
  const own = createOwnDialect(deps)
  const post = (path: string, body: object = {}): Promise<unknown> => {
    const request = { method: 'POST', target: V1 + path, body: Buffer.from(JSON.stringify(body)) }
    return own.handle(requestOf(request))
  }
  await own.handle(requestOf({ target: `${V1}/rules` }))
  await post('/explain/event', { event: '{}' })
  await post('/deliveries/redrive?rule=orders')
  await post('/brokers/rollback?name=m&from=kafka%3A%2F%2Fa%2Fb&to=latest&template=not+told')
  await post('/access/tokens/create', { name: 'ci', groups: ['not told'] })
  assert.deepEqual(
    heard.map(({ action, who, on, result, code }) => [action, who, on, result, code]),
    [
      ['redrive', 'alice', '/deliveries/redrive?rule=orders', 'ok', undefined],
      [
        'rollBackMirror',
        'alice',
        '/brokers/rollback?name=m&from=kafka%3A%2F%2Fa%2Fb&to=latest',
        'failed',
        'REQUEST_INVALID',
      ],
      ['createToken', 'alice', '/access/tokens/create?name=ci', 'denied', 'ACCESS_DENIED'],
    ],
  )
})

test('the audit log is asked by filters, and a filter that means nothing is refused', async () => {
  const asked: AuditViewQuery[] = []
  const { deps } = createTestDeps(new FakeClock(), {
    audit: {
      list: async (query) => {
        asked.push(query)
        return { items: [], last: 9, hasMore: false }
      },
    },
  })
  const own = createOwnDialect(deps)
  const get = (query: string): ReturnType<typeof own.handle> =>
    own.handle(requestOf({ target: `${V1}/audit?${query}` }))
  const since = '2026-01-01T00:00:00Z'
  const filters = `after=7&limit=5&who=bea&action=publish&result=denied&plane=data&on=x&since=${since}`
  const response = await get(filters)
  assert.deepEqual(JSON.parse(bodyText(response)), { items: [], last: 9, hasMore: false })
  const known = { who: 'bea', action: 'publish', result: 'denied', plane: 'data', on: 'x' }
  assert.deepEqual(asked, [{ after: 7, limit: 5, ...known, since: Date.parse(since) }])
  for (const wrong of ['after=x', 'since=then', 'plane=middle', 'result=good', 'limit=0', 'a=b']) {
    assert.equal((await get(wrong)).status, 400, wrong)
  }
})
