// The interpreter over a world that does what it says: order, waiting, retries, and cuts at every point.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../structure/index.ts'
import { advance } from './interpreter.ts'
import type { Plan } from './plan.ts'
import type { RunState } from './run.ts'
import { drive, nameOf, planOf, runOf, World } from './testing.ts'

const FLOW = 'mediaconnect.aws.livewyer.io/v1alpha1'

function resource(name: string, ...sources: readonly string[]): Json {
  return {
    name,
    spec: { apiVersion: FLOW, kind: 'Flow', spec: { forProvider: { name } } },
    dependsOn: sources.map((source, index) => ({
      key: `sources.${index}`,
      source: { name: source, kind: 'Flow', key: 'status.atProvider.id' },
    })),
  }
}

/** Ten resources in four steps, and a call. */
const TEN: Json = [
  { name: 'gateways', resources: [resource('g1'), resource('g2')] },
  {
    name: 'flows',
    resources: [resource('f1', 'g1'), resource('f2', 'f1'), resource('f3', 'f2', 'g2')],
  },
  { name: 'tell', uses: 'function', with: { name: 'told' } },
  { name: 'channels', resources: [resource('c1', 'f1'), resource('c2', 'f3'), resource('c3')] },
  { name: 'ends', resources: [resource('e1', 'c1', 'c2'), resource('e2', 'c3')] },
]

function phases(run: RunState): readonly string[] {
  return run.steps.map(({ phase }) => phase)
}

function look(run: RunState, plan: Plan, world: World): ReturnType<typeof advance> {
  return advance(run, plan, world.seen(plan), { kind: 'look' })
}

test('steps run in order, and values flow from one resource into the next', () => {
  const plan = planOf(TEN)
  const world = new World()
  const run = drive(runOf(plan), plan, world)
  assert.equal(run.phase, 'Completed')
  assert.deepEqual(
    phases(run),
    Array.from({ length: 5 }, () => 'Succeeded'),
  )
  const spec = world.objects.get('Flow/e1')!['spec'] as { forProvider: { sources: unknown } }
  assert.deepEqual(spec.forProvider.sources, ['id-of-c1', 'id-of-c2'])
})

test('what does not need each other is made at the same time, and nothing of a later step is', () => {
  const plan = planOf(TEN)
  const world = new World()
  const { effects } = look(runOf(plan), plan, world)
  const applied = effects.flatMap((one) => (one.kind === 'apply' ? [nameOf(one.object)] : []))
  assert.deepEqual(applied, ['Flow/g1', 'Flow/g2'])
})

test('a run that is cut off after any state that was kept comes to the same end, and makes nothing twice', () => {
  const plan = planOf(TEN)
  const kept: RunState[] = []
  const whole = new World()
  const end = drive(runOf(plan), plan, whole, (run) => kept.push(run))
  assert.ok(kept.length > 6)
  for (let cut = 0; cut <= kept.length; cut += 1) {
    const world = new World()
    let count = 0
    // The process ends when the state is kept, before anything it asks for is done.
    const crash = new Error('cut')
    let last = runOf(plan)
    try {
      drive(last, plan, world, (run) => {
        last = run
        if (count++ === cut) throw crash
      })
    } catch (error) {
      assert.equal(error, crash)
    }
    const again = drive(last, plan, world)
    assert.deepEqual(phases(again), phases(end), `cut at ${cut}`)
    assert.deepEqual(Array.from(world.made), Array.from(whole.made), `cut at ${cut}`)
    assert.deepEqual(world.calls, whole.calls, `cut at ${cut}`)
  }
})

test('a run that is cut off after any effect, some of its step done and some not, comes to the same end', () => {
  const plan = planOf(TEN)
  const whole = new World()
  const end = drive(runOf(plan), plan, whole)
  const effects = whole.performed
  assert.ok(effects > 10)
  for (let cut = 0; cut < effects; cut += 1) {
    const world = new World()
    world.endsAfter = cut
    let last = runOf(plan)
    assert.throws(() => drive(last, plan, world, (run) => void (last = run)), /the process ends/)
    world.endsAfter = Infinity
    const again = drive(last, plan, world)
    assert.deepEqual(phases(again), phases(end), `cut at ${cut}`)
    assert.deepEqual(new Map(world.made), new Map(whole.made), `cut at ${cut}`)
    assert.deepEqual(world.calls, whole.calls, `cut at ${cut}`)
  }
})

test('a run that loses what it kept last does it again under the same names and keys', () => {
  const plan = planOf(TEN)
  const kept: RunState[] = [runOf(plan)]
  const world = new World()
  drive(kept[0]!, plan, world, (run) => kept.push(run))
  const made = Array.from(world.made)
  const calls = [...world.calls]
  for (const state of kept) drive(state, plan, world)
  assert.deepEqual(Array.from(world.made), made)
  assert.deepEqual(world.calls, calls)
})

test('a call that fails is tried again later each time, under the same key, and then gives up', () => {
  const retry = { attempts: 2, delay: '10s', factor: 3 }
  const plan = planOf([{ name: 'call', uses: 'http', with: { url: 'http://x' }, retry }])
  const world = new World()
  let { run, effects } = look(runOf(plan), plan, world)
  const keys = new Set<string>()
  const waits: number[] = []
  while (run.phase === 'Running') {
    const [effect] = effects
    assert.ok(effect?.kind === 'act')
    keys.add(effect.idempotencyKey)
    const result = { kind: 'failed', message: 'refused', isFinal: false } as const
    const failed = { kind: 'ended', step: 'call', attempt: effect.attempt, result } as const
    ;({ run, effects } = advance(run, plan, world.seen(plan), failed))
    const [wake] = effects
    if (wake === undefined) break
    assert.ok(wake.kind === 'wake')
    waits.push(wake.at - world.now)
    world.now = wake.at
    ;({ run, effects } = look(run, plan, world))
  }
  assert.equal(run.phase, 'Failed')
  assert.deepEqual(waits, [10_000, 30_000])
  assert.equal(keys.size, 1)
  assert.equal(run.history.at(-1)?.message, 'step `call`: refused')
})

test('an answer of an attempt that is not awaited any more changes nothing', () => {
  const plan = planOf([{ name: 'call', uses: 'http', with: {} }])
  const { run } = look(runOf(plan), plan, new World())
  const result = { kind: 'done', output: null } as const
  const late = { kind: 'ended', step: 'call', attempt: 7, result } as const
  assert.equal(advance(run, plan, new World().seen(plan), late).run.steps[0]!.phase, 'Running')
})

test('a step whose resources are not ready in time fails, and a retry goes on from it', () => {
  const steps = [
    { name: 'one', resources: [resource('a')] },
    { name: 'two', resources: [resource('b')], timeout: '1m' },
  ]
  const plan = planOf(steps)
  const world = new World()
  let { run, effects } = look(runOf(plan), plan, world)
  for (const effect of effects) world.perform(effect)
  world.settle()
  ;({ run, effects } = look(run, plan, world))
  for (const effect of effects) world.perform(effect)
  world.now += 60_000
  ;({ run } = look(run, plan, world))
  assert.deepEqual(phases(run), ['Succeeded', 'Failed'])
  assert.match(run.steps[1]!.message!, /^not ready in time: Flow b: no provider has looked at it/)
  world.settle()
  const retried = advance(run, plan, world.seen(plan), { kind: 'retry' })
  assert.equal(drive(retried.run, plan, world).phase, 'Completed')
  assert.deepEqual(Array.from(world.made.values()), [1, 1])
})

test('a cancelled run ends where it is, and removes the job that was running', () => {
  const plan = planOf([
    { name: 'work', uses: 'job', with: { image: 'busybox' } },
    { name: 'more', resources: [resource('a')] },
  ])
  const world = new World()
  const { run, effects } = look(runOf(plan), plan, world)
  for (const effect of effects) world.perform(effect)
  assert.deepEqual(Array.from(world.objects.keys()), ['Job/w-work-1'])
  const cancelled = advance(run, plan, world.seen(plan), { kind: 'cancel' })
  for (const effect of cancelled.effects) world.perform(effect)
  assert.deepEqual(phases(cancelled.run), ['Cancelled', 'Pending'])
  assert.equal(world.objects.size, 0)
  const again = advance(cancelled.run, plan, world.seen(plan), { kind: 'retry' })
  assert.equal(drive(again.run, plan, world).phase, 'Completed')
})

test('a job that fails is tried again as another job', () => {
  const plan = planOf([{ name: 'work', uses: 'job', with: { image: 'x' }, retry: { delay: 0 } }])
  const world = new World()
  let { run, effects } = look(runOf(plan), plan, world)
  for (const effect of effects) world.perform(effect)
  const job = world.objects.get('Job/w-work-1')!
  const failed = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }]
  world.objects.set('Job/w-work-1', { ...job, status: { conditions: failed } })
  ;({ run } = look(run, plan, world))
  world.now += 1
  assert.equal(drive(run, plan, world).phase, 'Completed')
  assert.deepEqual(Array.from(world.made.keys()), ['Job/w-work-1', 'Job/w-work-2'])
})

test('a choice runs the steps of the first case that holds, on the output of an earlier step', () => {
  const plan = planOf([
    { name: 'ask', uses: 'http', with: { url: 'http://x' } },
    {
      name: 'decide',
      uses: 'choice',
      with: {
        cases: [
          { equals: false, run: ['no'] },
          { equals: true, run: ['yes'] },
        ],
        otherwise: [],
      },
      dependsOn: [{ key: 'value', source: { step: 'ask', key: 'output.ok' } }],
    },
    { name: 'no', resources: [resource('n')] },
    { name: 'yes', resources: [resource('y')] },
  ])
  const world = new World()
  const run = drive(runOf(plan), plan, world)
  assert.deepEqual(phases(run), ['Succeeded', 'Succeeded', 'Skipped', 'Succeeded'])
  assert.deepEqual(Array.from(world.made.keys()), ['Flow/y'])
})

test('a wait ends at its time, and says what is wrong with one that it cannot read', () => {
  const plan = planOf([{ name: 'pause', uses: 'wait', with: { for: '5m' } }])
  const world = new World()
  const { run, effects } = look(runOf(plan), plan, world)
  assert.deepEqual(effects, [{ kind: 'wake', at: 301_000 }])
  world.now = 301_000
  assert.equal(look(run, plan, world).run.phase, 'Completed')
  const wrong = planOf([{ name: 'pause', uses: 'wait', with: { until: 'soon' } }])
  assert.match(look(runOf(wrong), wrong, world).run.history.at(-1)!.message!, /"until":"soon"/)
})

test('every change of a run is in its history, numbered without a gap', () => {
  const plan = planOf(TEN)
  const { history } = drive(runOf(plan), plan, new World())
  assert.deepEqual(
    history.map(({ sequence }) => sequence),
    Array.from(history, (_, index) => index),
  )
  assert.deepEqual(
    history.slice(0, 3).map(({ what, step }) => [what, step]),
    [
      ['started', undefined],
      ['step.started', 'gateways'],
      ['step.completed', 'gateways'],
    ],
  )
  assert.equal(history.at(-1)?.what, 'completed')
})
