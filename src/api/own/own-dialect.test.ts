import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, channels } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { bodyText, requestOf } from '../http/testing.ts'
import type { DeliveryView, DeliveryViewQuery, OwnApiDeps } from './deps.ts'
import { createOperationsDialect } from './operations-dialect.ts'
import { createOwnDialect } from './own-dialect.ts'
import { OWN_ROUTES } from './routes.ts'
import { createTestDeps, refuse } from './testing.ts'

const V1 = '/_signalbox/v1'

function bodyOf(response: HttpResponse): Record<string, unknown> {
  return JSON.parse(bodyText(response)) as Record<string, unknown>
}

async function call(target: string, overrides: Partial<OwnApiDeps> = {}): Promise<HttpResponse> {
  const { deps } = createTestDeps(new FakeClock(), overrides)
  return createOwnDialect(deps).handle(requestOf({ target: target }))
}

function codeOf(response: HttpResponse): unknown {
  return (bodyOf(response)['error'] as Record<string, unknown>)['code']
}

function delivery(id: string): DeliveryView {
  return {
    id,
    busKey: '000000000000/us-east-1/default',
    ruleName: 'r',
    targetId: 't',
    eventId: 'e',
    state: 'dead',
    attempts: 2,
    firstAttemptAt: 1,
    lastAttemptAt: 2,
    dueAt: 3,
    errorCode: 'x',
    errorMessage: 'y',
  }
}

test('info says what runs', async () => {
  const response = await call(`${V1}/info`)
  const { name, version, mode } = bodyOf(response)
  assert.deepEqual({ name, version, mode }, { name: 'signalbox', version: '1.2.3', mode: 'dev' })
  assert.equal(response.operation, 'getInfo')
})

test('stats hold the totals that the channels reported', async () => {
  const { deps } = createTestDeps(new FakeClock())
  channels.eventsAccepted.publish({ dialect: 'aws', count: 5, sizeBytes: 9, durationMs: 1 })
  const outcome = { outcome: 'delivered', kind: 'http', count: 4, latencyMs: 2 } as const
  channels.deliveriesSettled.publish(outcome)
  const stats = bodyOf(await createOwnDialect(deps).handle(requestOf({ target: `${V1}/stats` })))
  const totals = stats['totals'] as Record<string, number>
  assert.equal(totals['received'], 5)
  assert.equal(totals['delivered'], 4)
  assert.equal(totals['latencyMsP99'], 2.5)
  deps.metrics.close()
  channels.deliveriesSettled.publish(outcome)
  assert.equal(deps.metrics.totals().delivered, 4)
})

test('deliveries are filtered and paged by the query', async () => {
  const asked: DeliveryViewQuery[] = []
  const listDeliveries = (query: DeliveryViewQuery): Promise<readonly DeliveryView[]> => {
    asked.push(query)
    return Promise.resolve([delivery('a'), delivery('b')])
  }
  const query = 'state=dead&bus=orders&rule=r&limit=2&after=z'
  const page = bodyOf(await call(`${V1}/deliveries?${query}`, { listDeliveries }))
  assert.deepEqual(asked, [{ state: 'dead', bus: 'orders', rule: 'r', limit: 2, after: 'z' }])
  assert.equal(page['after'], 'b')
  const last = bodyOf(await call(`${V1}/deliveries?limit=3`, { listDeliveries }))
  assert.equal('after' in last, false)
})

test('what the query gets wrong is named', async () => {
  for (const [target, message] of [
    ['/deliveries?state=gone', /`state` to be `pending` or `dead`, got `gone`/],
    ['/deliveries?limit=0', /`limit` to be an integer from 1 to 1000, got `0`/],
    ['/deliveries?limit=1e9', /`limit`/],
    ['/tail?after=here', /position such as `0:42`, got `here`/],
    ['/rules?colour=red', /unknown parameter `colour`, expected `bus`/],
    ['/tail?type=a&type=b', /`type` is given twice/],
    [`/tail?pattern=${'x'.repeat(9000)}`, /at most 8192 characters/],
  ] as const) {
    const response = await call(V1 + target)
    assert.equal(response.status, 400, target)
    assert.equal(codeOf(response), 'REQUEST_INVALID')
    assert.match(bodyText(response), message)
  }
})

test('nothing here changes anything', async () => {
  const { deps } = createTestDeps(new FakeClock())
  for (const dialect of [createOwnDialect(deps), createOperationsDialect(deps)]) {
    const path = dialect.name === 'own' ? `${V1}/info` : '/metrics'
    const response = await dialect.handle(requestOf({ target: path, method: 'DELETE' }))
    assert.equal(response.status, 405)
    assert.equal(response.headers['Allow'], 'GET, HEAD')
  }
})

test('an unknown path is told where the list is', async () => {
  const response = await call(`${V1}/nothing`)
  assert.equal(response.status, 404)
  assert.match(bodyText(response), /openapi\.json/)
  assert.equal(response.operation, 'other')
})

test('who may not call learns nothing else', async () => {
  const denied = new AppError('SIGNATURE_INVALID', 'expected credentials')
  for (const target of [`${V1}/info`, `${V1}/nothing`, `${V1}/tail`]) {
    const response = await call(target, { authorize: () => Promise.resolve(denied) })
    assert.equal(response.status, 401)
    assert.equal(codeOf(response), 'SIGNATURE_INVALID')
  }
})

test('a bug is left to the server, which shows no stack', async () => {
  const bug = new TypeError('undefined is not a function')
  await assert.rejects(call(`${V1}/buses`, { listBuses: () => Promise.reject(bug) }), TypeError)
})

test('what is overloaded says when to come back', async () => {
  const listBuses = refuse.bind(undefined, 'OVERLOADED', 'too much', { retryAfterMs: 2500 })
  const response = await call(`${V1}/buses`, { listBuses })
  assert.equal(response.status, 503)
  assert.equal(response.headers['Retry-After'], '3')
})

test('the OpenAPI document has every route, and every schema it names', async () => {
  const document = bodyOf(await call(`${V1}/openapi.json`))
  const paths = Object.keys(document['paths'] as object)
  for (const { path } of OWN_ROUTES) assert.ok(paths.includes(V1 + path), path)
  const text = JSON.stringify(document)
  const schemas = (document['components'] as { schemas: object }).schemas
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(Object.hasOwn(schemas, name!), name)
  }
})

test('ready only when nothing speaks against it', async () => {
  const reasons: string[] = []
  const { deps } = createTestDeps(new FakeClock(), { reasonsNotReady: () => reasons })
  const dialect = createOperationsDialect(deps)
  assert.equal((await dialect.handle(requestOf({ target: '/readyz' }))).status, 200)
  reasons.push('draining')
  const response = await dialect.handle(requestOf({ target: '/readyz' }))
  assert.equal(response.status, 503)
  assert.deepEqual(bodyOf(response)['reasons'], ['draining'])
  for (const path of ['/healthz', '/livez']) {
    assert.equal((await dialect.handle(requestOf({ target: path }))).status, 200)
  }
})

test('metrics are lines that Prometheus reads, and hold what the channels and the rooms say', async () => {
  const { deps } = createTestDeps(new FakeClock())
  channels.eventsAccepted.publish({ dialect: 'aws', count: 3, sizeBytes: 300, durationMs: 4 })
  channels.eventsRouted.publish({ events: 3, matched: 2, deliveries: 4 })
  const target = { targetKey: 'arn:"x"\n', state: 'open', reason: 'failures' } as const
  channels.breakerChanged.publish(target)
  const attempt = {
    busKey: 'b',
    rule: 'r',
    targetId: 't',
    kind: 'http',
    eventId: 'e',
    attempt: 1,
    result: 'retry',
    durationMs: 7,
    errorCode: 'HTTP_503',
  } as const
  channels.deliveryAttempted.publish(attempt)
  const response = await createOperationsDialect(deps).handle(requestOf({ target: '/metrics' }))
  const text = bodyText(response)
  for (const line of text.trimEnd().split('\n')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\\n]|\\["\\n])*",?)*\})? [\d.e+-]+)$/,
    )
  }
  for (const expected of [
    'signalbox_events_received_total{dialect="aws"} 3',
    'signalbox_events_matched_total 2',
    'signalbox_deliveries_created_total 4',
    'signalbox_deliveries_failed_total{kind="http",code="HTTP_503"} 1',
    'signalbox_deliveries_retried_total{kind="http"} 1',
    'signalbox_deliveries_pending 3',
    'signalbox_log_size_bytes 4096',
    'signalbox_breaker_state{target="arn:\\"x\\"\\n"} 2',
    'signalbox_ack_seconds_bucket{dialect="aws",le="0.005"} 1',
    'signalbox_ack_seconds_bucket{dialect="aws",le="+Inf"} 1',
  ]) {
    assert.ok(text.includes(`${expected}\n`), expected)
  }
  deps.metrics.close()
})

test('the server is emptied when asked to under dev, and never under start', async () => {
  let resets = 0
  const reset = async (): Promise<void> => void (resets += 1)
  const post = (overrides: Partial<OwnApiDeps>): Promise<HttpResponse> => {
    const { deps } = createTestDeps(new FakeClock(), { reset, ...overrides })
    const request = requestOf({ method: 'POST', target: `${V1}/reset` })
    return createOwnDialect(deps).handle(request)
  }
  assert.deepEqual(bodyOf(await post({})), { emptied: true })
  const about = { version: '1.2.3', mode: 'start' as const, startedAt: 0 }
  assert.equal(codeOf(await post({ about })), 'ACCESS_DENIED')
  assert.equal((await call(`${V1}/reset`)).status, 405)
  assert.equal(resets, 1)
})

test('schedules are listed in pages, previewed, fired by hand, paused and resumed', async () => {
  const entry = {
    arn: 'arn:aws:events:us-east-1:000000000000:rule/nightly',
    kind: 'rule',
    name: 'nightly',
    account: '000000000000',
    region: 'us-east-1',
    state: 'ENABLED',
    expression: 'rate(1 day)',
    timezone: 'UTC',
    meaning: 'every day',
  } as const
  const asked: unknown[] = []
  const timetable: OwnApiDeps['timetable'] = {
    list: (page) => {
      asked.push(page)
      return Promise.resolve([entry])
    },
    next: (name, count) => {
      asked.push([name, count])
      return Promise.resolve([1, 2])
    },
    trigger: (name) => Promise.resolve(`fired-${name}`),
    setState: (name, state) => Promise.resolve({ ...entry, name, state }),
  }
  const { deps } = createTestDeps(new FakeClock(), { timetable })
  const dialect = createOwnDialect(deps)
  const ask = async (method: string, target: string): Promise<Record<string, unknown>> =>
    bodyOf(await dialect.handle(requestOf({ method, target: `${V1}/schedules${target}` })))
  assert.deepEqual(await ask('GET', '?limit=1&after=a'), { items: [entry], after: entry.arn })
  assert.deepEqual(await ask('GET', '/next?schedule=nightly'), { occurrences: [1, 2] })
  assert.deepEqual(asked, [{ limit: 1, after: 'a' }, ['nightly', 10]])
  assert.deepEqual(await ask('POST', '/trigger?schedule=x'), { eventId: 'fired-x' })
  assert.equal((await ask('POST', '/pause?schedule=x'))['state'], 'DISABLED')
  assert.equal((await ask('POST', '/resume?schedule=x'))['state'], 'ENABLED')
  assert.match(JSON.stringify(await ask('POST', '/trigger')), /REQUEST_INVALID/)
  assert.match(JSON.stringify(await ask('GET', '/trigger?schedule=x')), /to be called with `POST`/)
})
