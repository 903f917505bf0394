import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeStoredEvent } from '../event/index.ts'
import { createTimeline, parseScheduleExpression } from '../expression/index.ts'
import { decodeFiring, encodeFiring } from './firing.ts'
import { firingId, type Plan } from './plan.ts'

const NOMINAL_MS = Date.UTC(2026, 0, 1)

function planSaying(detail: string): Plan {
  return {
    key: 'k',
    kind: 'schedule',
    arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s',
    busKey: '000000000000/us-east-1/$schedule/k',
    account: '000000000000',
    region: 'us-east-1',
    timeline: createTimeline({
      expression: parseScheduleExpression('rate(1 minute)')!,
      anchorMs: NOMINAL_MS,
    }),
    sinceMs: NOMINAL_MS,
    windowMs: 0,
    event: () => ({ source: 's', detailType: 't', detail }),
  }
}

test('a firing is an event of which as much is known as of any other, and is told again', () => {
  for (const [detail, isPlain] of [
    ['{"a":{"b":1}}', true],
    ['"{}"', true],
    ['{"a.b":1}', false],
  ] as const) {
    const eventId = firingId('k', NOMINAL_MS)
    const { record } = encodeFiring({ plan: planSaying(detail), nominalMs: NOMINAL_MS, eventId })
    const event = decodeStoredEvent(record)
    assert.equal(event.hasPlainNames, isPlain, detail)
    assert.deepEqual(decodeFiring(event), { key: 'k', nominalMs: NOMINAL_MS })
  }
})
