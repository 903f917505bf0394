import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffRoosts, rememberRoost } from './differ.ts'
import { type RoostView, viewRoost } from './roost-view.ts'
import { testRoost } from './testing.ts'

type Parts = NonNullable<Parameters<typeof testRoost>[0]>

function view(parts: Parts = {}): RoostView {
  return viewRoost(testRoost(parts))
}

function kinds(before: Parts | undefined, after: Parts | undefined): readonly string[] {
  const one = before && rememberRoost(undefined, view(before))
  return diffRoosts(one, after && view(after)).map(({ kind }) => kind)
}

const READY = { phase: 'Ready', health: 'healthy' }

test('each change is told by the one event that is made for it', () => {
  assert.deepEqual(kinds(undefined, {}), ['created'])
  assert.deepEqual(kinds({}, undefined), ['deleted'])
  assert.deepEqual(kinds({}, { spec: { replicas: 2 } }), ['updated'])
  assert.deepEqual(kinds({ status: READY }, { status: { ...READY, phase: 'Failed' } }), ['phase'])
  assert.deepEqual(kinds({ status: READY }, { status: { ...READY, health: 'degraded' } }), [
    'health',
  ])
  assert.deepEqual(kinds({}, { status: { phase: 'TearingDown' } }), ['phase', 'teardown'])
  assert.deepEqual(kinds({}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }), [
    'teardown',
  ])
})

test('a status alone is no update, and metadata alone is nothing', () => {
  assert.deepEqual(kinds({}, { status: { conditions: [{ type: 'A', status: 'True' }] } }), [])
  assert.deepEqual(kinds({}, { version: '9', metadata: { labels: { a: 'b' } } }), [])
  assert.deepEqual(kinds({}, { status: { health: 'unknown' } }), [])
})

test('a roost of the same name and another uid is another roost', () => {
  assert.deepEqual(kinds({ uid: 'a' }, { uid: 'b' }), ['deleted', 'created'])
})

test('a teardown is told once, however it goes on', () => {
  const going = view({ status: { phase: 'TearingDown' } })
  const seen = rememberRoost(undefined, going)
  const gone = { ...going, isDeleting: true }
  assert.deepEqual(diffRoosts(seen, gone), [])
  assert.deepEqual(
    diffRoosts(rememberRoost(seen, gone), undefined).map(({ kind }) => kind),
    ['deleted'],
  )
})

test('an update says what was before, of what is no secret', () => {
  const before = view({ spec: { replicas: 1, healthChecks: [{ name: 'a', type: 'http' }] } })
  const after = view({
    spec: {
      replicas: 3,
      chart: {
        name: 'my-app',
        version: '2.0.0',
        repository: { url: 'https://charts.example.com' },
      },
    },
  })
  const [change] = diffRoosts(before, after)
  assert.deepEqual(change!.data, {
    changed: ['chart.repository', 'chart.version', 'healthChecks', 'replicas'],
    previous: {
      'chart.repository': 'https://charts.example.com',
      'chart.version': '1.0.0',
      replicas: 1,
    },
  })
})

test('a failure is told with what the status says of it', () => {
  const conditions = [
    { type: 'Ready', status: 'False', message: 'no such chart' },
    { type: 'Other', status: 'True', message: 'fine' },
  ]
  const [change] = diffRoosts(
    view({ status: READY }),
    view({ status: { phase: 'Failed', conditions } }),
  )
  assert.deepEqual(change!.data, {
    phase: 'Failed',
    previousPhase: 'Ready',
    error: 'no such chart',
  })
})

const looks = fc.option(
  fc.record({
    uid: fc.constantFrom('a', 'b'),
    spec: fc.record({
      replicas: fc.integer({ min: 0, max: 2 }),
      metadata: fc.dictionary(fc.constantFrom('x', 'y'), fc.string()),
    }),
    status: fc.record({
      phase: fc.constantFrom('Pending', 'Ready', 'TearingDown'),
      health: fc.constantFrom('healthy', 'degraded'),
    }),
  }),
  { nil: undefined },
)

test('whatever the looks, the events tell of all of them and of nothing else', () => {
  fc.assert(
    fc.property(fc.array(looks, { maxLength: 12 }), (all) => {
      let seen: RoostView | undefined
      // What somebody knows who only hears the events.
      let told:
        | {
            uid: string
            replicas: number | undefined
            phase: string | undefined
            health: string | undefined
            teardowns: number
          }
        | undefined
      for (const look of all) {
        const next = look === undefined ? undefined : view(look)
        for (const { kind, roost, data } of diffRoosts(seen, next)) {
          if (kind === 'deleted') told = undefined
          else if (kind === 'created') {
            assert.equal(told, undefined)
            told = {
              uid: roost.uid,
              replicas: roost.replicas,
              phase: roost.phase,
              health: roost.health,
              teardowns: 0,
            }
          } else if (kind === 'updated') told!.replicas = roost.replicas
          else if (kind === 'phase') {
            assert.equal(data['previousPhase'], told!.phase)
            told!.phase = data['phase'] as string
          } else if (kind === 'health') told!.health = data['health'] as string
          else told!.teardowns += 1
        }
        seen = next && rememberRoost(seen, next)
        assert.equal(told?.uid, next?.uid)
        assert.equal(told?.replicas, next?.replicas)
        assert.equal(told?.phase, next?.phase)
        assert.equal(told?.health, next?.health)
        assert.ok((told?.teardowns ?? 0) <= 1)
        // The same look again tells nothing.
        assert.deepEqual(diffRoosts(seen, next), [])
      }
    }),
  )
})
