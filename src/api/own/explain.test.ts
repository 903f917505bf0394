import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../base/testing.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { bodyText, requestOf } from '../http/testing.ts'
import type { EventExplanation, ExplainEventQuery, ExplainRuleQuery } from './explain-views.ts'
import { createOwnDialect } from './own-dialect.ts'
import { createTestDeps } from './testing.ts'

const V1 = '/_signalbox/v1'
const NOTHING: EventExplanation = { bus: 'b', event: {}, rules: 0, matched: 0, items: [] }

async function explain(
  body: string,
  asked: Omit<ExplainEventQuery, 'signal'>[] = [],
): Promise<HttpResponse> {
  const { deps } = createTestDeps(new FakeClock(), {
    explainEvent: ({ signal, ...query }) => {
      assert.equal(signal.aborted, false)
      asked.push(query)
      return Promise.resolve(NOTHING)
    },
  })
  const target = `${V1}/explain/event`
  const request = requestOf({ target, method: 'POST', body: Buffer.from(body) })
  return createOwnDialect(deps).handle(request)
}

test('an event is asked about as text, so that nothing of it is lost on the way', async () => {
  const asked: Omit<ExplainEventQuery, 'signal'>[] = []
  const event = '{"detail":{"n":1.0}}'
  const response = await explain(JSON.stringify({ event, bus: 'b', rule: 'r', limit: 7 }), asked)
  assert.equal(response.status, 200)
  assert.equal(response.operation, 'explainEvent')
  assert.deepEqual(asked, [{ event, bus: 'b', rule: 'r', limit: 7 }])
  assert.deepEqual(JSON.parse(bodyText(response)), NOTHING)
})

test('what the body gets wrong is named', async () => {
  for (const [body, message] of [
    ['', /body to be JSON/],
    ['[]', /a JSON object/],
    ['{}', /one of `event` and `eventId`/],
    ['{"event":"{}","eventId":"x"}', /one of `event` and `eventId`/],
    ['{"event":{}}', /`event` to be a text, got `{}`/],
    ['{"event":"{}","colour":"red"}', /unknown member `colour`, expected `event`/],
    ['{"event":"{}","rule":"r","pattern":"{}"}', /got both/],
    ['{"event":"{}","limit":0}', /`limit` to be an integer from 1 to 1000, got `0`/],
    ['{"event":"{}","limit":"7"}', /`limit`/],
  ] as const) {
    const response = await explain(body)
    assert.equal(response.status, 400, body)
    assert.match(bodyText(response), message)
  }
})

test('a rule is asked about by name, with its bus', async () => {
  const asked: Omit<ExplainRuleQuery, 'signal'>[] = []
  const { deps } = createTestDeps(new FakeClock(), {
    explainRule: ({ signal, ...query }) => {
      assert.equal(signal.aborted, false)
      asked.push(query)
      const rule = {
        name: 'r',
        bus: 'b',
        arn: 'a',
        state: 'ENABLED',
        targets: 1,
        targetsDisabled: 0,
      }
      return Promise.resolve({ rule, events: 0, matched: 0, items: [] })
    },
  })
  const dialect = createOwnDialect(deps)
  const target = `${V1}/explain/rule?rule=r&bus=b&limit=5`
  assert.equal((await dialect.handle(requestOf({ target }))).status, 200)
  assert.deepEqual(asked, [{ rule: 'r', bus: 'b', limit: 5 }])
  const none = await dialect.handle(requestOf({ target: `${V1}/explain/rule` }))
  assert.equal(none.status, 400)
  assert.match(bodyText(none), /expected `rule` to be the name or ARN/)
})

test('each path is called with its own method', async () => {
  const { deps } = createTestDeps(new FakeClock())
  const dialect = createOwnDialect(deps)
  const get = await dialect.handle(requestOf({ target: `${V1}/explain/event` }))
  assert.equal(get.status, 405)
  assert.equal(get.headers['Allow'], 'POST')
  const post = await dialect.handle(requestOf({ target: `${V1}/explain/rule`, method: 'POST' }))
  assert.equal(post.status, 405)
})
