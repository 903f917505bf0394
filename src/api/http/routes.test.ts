import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from './exchange.ts'
import { arrangeDialects, describeRoutes, ROUTES } from './routes.ts'
import { requestOf } from './testing.ts'

const EXAMPLES: readonly (readonly [dialect: string, request: Partial<HttpRequest>])[] = [
  ['operations', { target: '/healthz' }],
  ['operations', { target: '/readyz?verbose' }],
  ['operations', { target: '/livez' }],
  ['operations', { target: '/metrics' }],
  ['console', { target: '/_signalbox/ui' }],
  ['console', { target: '/_signalbox/ui/assets/index.js' }],
  ['console', { target: '/', headers: { accept: 'text/html,*/*;q=0.8' } }],
  ['own', { target: '/_signalbox/v1/tail' }],
  ['confluent', { target: '/_signalbox/confluent/subjects' }],
  ['cloudevents', { method: 'POST', target: '/events' }],
  ['cloudevents', { method: 'POST', target: '/buses/orders/events?account=123456789012' }],
  ['kubernetes', { target: '/apis/signalbox.dev/v1/rules' }],
  ['kubernetes', { target: '/api' }],
  ['kubernetes', { target: '/openapi/v3' }],
  ['kubernetes', { target: '/version' }],
  ['aws', { method: 'POST', headers: { 'x-amz-target': 'AWSEvents.PutEvents' } }],
  ['aws', { method: 'POST', target: '/000000000000/queue' }],
  ['aws', { target: '/?Action=ListQueues' }],
  ['aws', { target: '/v1/registries' }],
  ['aws', { target: '/healthz2' }],
  ['aws', { target: '/_signalbox/uix' }],
  ['aws', { target: '/buses/a/b/events' }],
]

for (const [dialect, parts] of EXAMPLES) {
  test(`asks ${dialect} for ${parts.method ?? 'GET'} ${parts.target ?? '/'}`, () => {
    const request = requestOf(parts)
    assert.equal(ROUTES.find((route) => route.accepts(request))?.dialect, dialect)
  })
}

test('has an example for every row', () => {
  assert.deepEqual(
    new Set(EXAMPLES.map(([dialect]) => dialect)),
    new Set(ROUTES.map(({ dialect }) => dialect)),
  )
})

test('arranges dialects in the order of the table, whatever order they come in', () => {
  const dialects = ['aws', 'operations', 'own'].map((name) => ({
    name,
    accepts: () => true,
    handle: async () => ({ status: 200, headers: {}, body: name }),
  }))
  const arranged = arrangeDialects(dialects)
  assert.deepEqual(
    arranged.map(({ name }) => name),
    ['operations', 'own', 'aws'],
  )
  const request = requestOf({ target: '/metrics' })
  assert.equal(arranged.find((dialect) => dialect.accepts(request))?.name, 'operations')
  assert.equal(describeRoutes(dialects).length, 3)
})

test('refuses a dialect that has no row', () => {
  const stranger = {
    name: 'gopher',
    accepts: () => true,
    handle: () => Promise.reject(new Error()),
  }
  assert.throws(() => arrangeDialects([stranger]), /`gopher` has no row/)
})
