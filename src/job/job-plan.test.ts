import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planJob } from './job-plan.ts'
import { hasCondition, type JobStatus } from './objects.ts'
import { jobOf, NOW, plan, podOf, type PodWish, SECOND_MS, time } from './testing.ts'

test('a new job gets its first pod and a start time', () => {
  const { create, status } = plan(jobOf())
  assert.deepEqual(create, [undefined])
  assert.deepEqual([status!.startTime, status!.active], [time(), 1])
})

test('as many pods run side by side as are asked for, and no more than are still needed', () => {
  assert.equal(plan(jobOf({ parallelism: 3, completions: 10 })).create.length, 3)
  const status = { startTime: time(9), succeeded: 8 }
  const running: PodWish = { uid: 'a', phase: 'Running' }
  assert.equal(plan(jobOf({ parallelism: 3, completions: 10 }, status), running).create.length, 1)
})

test('a pod that succeeded is put down, let go, counted, and then the job is complete', () => {
  const pod: PodWish = { uid: 'a', phase: 'Succeeded' }
  const first = plan(jobOf({}, { startTime: time(9) }), pod)
  assert.deepEqual(first.status!.uncountedTerminatedPods, { succeeded: ['a'] })
  assert.ok(hasCondition(first.status!, 'SuccessCriteriaMet'))
  assert.equal(hasCondition(first.status!, 'Complete'), false)
  assert.deepEqual(
    first.release.map(({ metadata }) => metadata.uid),
    ['a'],
  )
  const second = plan(jobOf({}, first.status), { ...pod, isTracked: false })
  assert.equal(second.status!.succeeded, 1)
  assert.ok(hasCondition(second.status!, 'Complete'))
  assert.equal(second.ended, 'completed')
  assert.equal(second.status!.completionTime, time())
  assert.deepEqual(second.sayings, [
    { type: 'Normal', reason: 'Completed', message: 'Job completed' },
  ])
})

test('a failed pod is made again, later each time', () => {
  const status = { startTime: time(99), failed: 0 }
  const one = plan(jobOf({}, status), { uid: 'a', phase: 'Failed', endedAgo: 4 })
  assert.deepEqual([one.create, one.againMs], [[], 6 * SECOND_MS])
  const two = plan(
    jobOf({}, status),
    { uid: 'a', phase: 'Failed', endedAgo: 30 },
    { uid: 'b', phase: 'Failed', endedAgo: 4 },
  )
  assert.equal(two.againMs, 16 * SECOND_MS)
  const past = plan(jobOf({}, status), { uid: 'a', phase: 'Failed', endedAgo: 11 })
  assert.equal(past.create.length, 1)
})

test('more failures than allowed end the job, and the pods that still run', () => {
  const { remove, create, status } = plan(
    jobOf({ backoffLimit: 0, parallelism: 2, completions: 2 }, { startTime: time(9) }),
    { uid: 'a', phase: 'Failed' },
    { uid: 'b', phase: 'Running' },
  )
  assert.deepEqual([remove.map(({ metadata }) => metadata.uid), create], [['b'], []])
  const target = status!.conditions!.find(({ type }) => type === 'FailureTarget')!
  assert.deepEqual(
    [target.reason, target.message],
    ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
  )
})

test('a container that is started again in its pod is a try as well', () => {
  const spec = { restartPolicy: 'OnFailure', containers: [{ name: 'c' }] } as const
  const job = jobOf({ backoffLimit: 2, template: { spec } }, { startTime: time(9) })
  const running: PodWish = { uid: 'a', phase: 'Running', restarts: 1 }
  assert.equal(plan(job, running).remove.length, 0)
  assert.equal(plan(job, { ...running, restarts: 2 }).remove.length, 1)
})

test('a job that has lasted too long fails, and is looked at when that time comes', () => {
  const spec = { activeDeadlineSeconds: 10 }
  const running: PodWish = { uid: 'a', phase: 'Running' }
  assert.equal(plan(jobOf(spec, { startTime: time(4) }), running).againMs, 6 * SECOND_MS)
  const late = plan(jobOf(spec, { startTime: time(10) }), running)
  assert.equal(late.remove.length, 1)
  assert.equal(late.status!.conditions![0]!.reason, 'DeadlineExceeded')
})

test('a suspended job has no pods, and starts anew when it is resumed', () => {
  const running: PodWish = { uid: 'a', phase: 'Running' }
  const halted = plan(jobOf({ suspend: true }, { startTime: time(9) }), running)
  assert.equal(halted.remove.length, 1)
  assert.equal(halted.status!.startTime, undefined)
  assert.deepEqual(
    halted.sayings.map(({ reason }) => reason),
    ['Suspended'],
  )
  const resumed = plan(jobOf({ suspend: false }, halted.status))
  assert.deepEqual(
    resumed.sayings.map(({ reason }) => reason),
    ['Resumed'],
  )
  assert.equal(resumed.status!.startTime, time())
})

test('each index is completed once, the lowest first', () => {
  const job = jobOf(
    { completionMode: 'Indexed', completions: 5, parallelism: 3 },
    { startTime: time(9), completedIndexes: '0' },
  )
  const { create, status } = plan(
    job,
    { uid: 'a', phase: 'Running', index: 1 },
    { uid: 'b', phase: 'Succeeded', index: 3 },
  )
  assert.deepEqual(create, [2, 4])
  assert.equal(status!.completedIndexes, '0,3')
})

const done = (ago: number): JobStatus => ({
  conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: time(ago) }],
})

test('a finished job goes when its time is up', () => {
  const spec = { ttlSecondsAfterFinished: 60 }
  assert.deepEqual(
    [plan(jobOf(spec, done(10))).againMs, plan(jobOf(spec, done(60))).expire],
    [50 * SECOND_MS, true],
  )
  assert.deepEqual(
    [plan(jobOf({}, done(60))).againMs, plan(jobOf({}, done(60))).expire],
    [undefined, false],
  )
})

test('whatever step a crash comes after, every pod is counted once and the job ends', () => {
  const outcomes = fc.array(fc.constantFrom('Succeeded' as const, 'Failed' as const), {
    maxLength: 30,
  })
  const crashes = fc.infiniteStream(fc.integer({ min: 0, max: 3 }))
  fc.assert(
    fc.property(outcomes, crashes, fc.integer({ min: 1, max: 4 }), (ends, steps, completions) => {
      const spec = { completions, parallelism: 2, backoffLimit: 5 }
      let status: JobStatus = {}
      let pods: PodWish[] = []
      let now = NOW
      let made = 0
      for (let round = 0; round < 300; round += 1) {
        const found = planJob(
          jobOf(spec, status),
          pods.map((pod) => podOf(pod)),
          now,
        )
        // The crash comes after so many of the steps.
        const reached = steps.next().value
        if (reached > 0 && found.status !== undefined) status = found.status
        if (reached > 1) {
          const let1 = new Set(found.release.map(({ metadata }) => metadata.uid))
          pods = pods.map((pod) => (let1.has(pod.uid) ? { ...pod, isTracked: false } : pod))
          const gone = new Set(found.remove.map(({ metadata }) => metadata.uid))
          pods = pods.filter(({ uid }) => !gone.has(uid))
        }
        if (reached > 2)
          for (const _ of found.create) pods.push({ uid: `p${(made += 1)}`, phase: 'Running' })
        pods = pods.map((pod) =>
          pod.phase === 'Running'
            ? {
                ...pod,
                phase: ends[Number(pod.uid.slice(1))] ?? 'Succeeded',
                endedAgo: (NOW - now) / SECOND_MS,
              }
            : pod,
        )
        now += 700 * SECOND_MS
        if (hasCondition(status, 'Complete') || hasCondition(status, 'Failed')) break
      }
      const isComplete = hasCondition(status, 'Complete')
      assert.ok(isComplete || hasCondition(status, 'Failed'))
      const count = (phase: string): number => pods.filter((pod) => pod.phase === phase).length
      assert.equal(status.succeeded ?? 0, count('Succeeded'))
      assert.equal(status.failed ?? 0, count('Failed'))
      assert.equal(isComplete, (status.succeeded ?? 0) >= completions && (status.failed ?? 0) <= 5)
    }),
  )
})
