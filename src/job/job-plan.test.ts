import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endOfGone, type JobEnd, planJob } from './job-plan.ts'
import { hasCondition, type JobStatus } from './objects.ts'
import { jobOf, NOW, plan, podOf, type PodWish, SECOND_MS, time, uids } from './testing.ts'

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

test('a suspended job has no pods, none of them counts, and it starts anew when it is resumed', () => {
  const running: PodWish = { uid: 'a', phase: 'Running' }
  const job = { suspend: true, backoffLimit: 0, activeDeadlineSeconds: 5 }
  const halted = plan(jobOf(job, { startTime: time(3) }), running)
  assert.deepEqual([uids(halted.withdraw), halted.remove], [['a'], []])
  assert.deepEqual([halted.status!.startTime, halted.againMs], [time(3), undefined])
  assert.deepEqual(
    halted.sayings.map(({ reason }) => reason),
    ['Suspended'],
  )
  const gone: PodWish = { uid: 'a', phase: 'Running', isTerminating: true, isTracked: false }
  for (const phase of ['Running', 'Failed', 'Succeeded'] as const) {
    const later = plan(jobOf(job, halted.status), { ...gone, phase })
    assert.deepEqual([later.status?.failed, later.status?.succeeded], [undefined, undefined])
    assert.equal(hasCondition(later.status ?? {}, 'FailureTarget'), false)
  }
  const resumed = plan(jobOf({ ...job, suspend: false }, halted.status), gone)
  assert.deepEqual(
    resumed.sayings.map(({ reason }) => reason),
    ['Resumed'],
  )
  assert.deepEqual([resumed.status!.startTime, resumed.create.length], [time(), 1])
})

test('a job with less parallelism lets the least far pods go, and they count for nothing', () => {
  const job = jobOf({ parallelism: 1, completions: 5, backoffLimit: 0 }, { startTime: time(9) })
  const found = plan(
    job,
    { uid: 'old', phase: 'Running', createdAgo: 50 },
    { uid: 'young', phase: 'Running', createdAgo: 5 },
    { uid: 'pending', phase: 'Pending', createdAgo: 90 },
  )
  assert.deepEqual([uids(found.withdraw), found.remove], [['pending', 'young'], []])
  assert.equal(found.status!.active, 1)
  const later = plan(
    job,
    { uid: 'old', phase: 'Running' },
    { uid: 'young', phase: 'Failed', isTerminating: true, isTracked: false },
  )
  assert.equal(later.status!.failed, undefined)
})

test('an indexed job with fewer completions lets the others go', () => {
  const spec = { completionMode: 'Indexed', completions: 2, parallelism: 2 } as const
  const found = plan(
    jobOf(spec, { startTime: time(9), completedIndexes: '0,3' }),
    { uid: 'a', phase: 'Running', index: 1 },
    { uid: 'b', phase: 'Pending', index: 1 },
    { uid: 'c', phase: 'Running', index: 4 },
  )
  assert.deepEqual(new Set(uids(found.withdraw)), new Set(['b', 'c']))
  assert.deepEqual([found.status!.completedIndexes, found.create], ['0', []])
})

test('a pod that somebody deletes has failed at once, and another takes its place', () => {
  const deleted: PodWish = { uid: 'a', phase: 'Running', isTerminating: true }
  const found = plan(jobOf({}, { startTime: time(9) }), deleted)
  assert.deepEqual(found.status!.uncountedTerminatedPods, { failed: ['a'] })
  assert.deepEqual([uids(found.release), found.create.length], [['a'], 1])
  const last = plan(jobOf({ backoffLimit: 0 }, { startTime: time(9) }), deleted)
  assert.equal(last.status!.conditions![0]!.reason, 'BackoffLimitExceeded')
  const ended = plan(jobOf({ podReplacementPolicy: 'Failed' }, { startTime: time(9) }), deleted)
  assert.deepEqual(ended.status!.uncountedTerminatedPods, {})
})

test('a job is not over while one of its pods still ends', () => {
  const target = { type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded', message: '' }
  const status = { startTime: time(9), failed: 1, conditions: [target] }
  const ending: PodWish = { uid: 'a', phase: 'Running', isTerminating: true, isTracked: false }
  assert.equal(plan(jobOf({}, status), ending).ended, undefined)
  assert.equal(plan(jobOf({}, status)).ended, 'failed')
})

/** `failed`: the pods that had failed before the job went. */
function endWith(
  spec: object,
  status: JobStatus,
  failed: readonly string[],
  ...pods: readonly PodWish[]
): JobEnd | undefined {
  const gone = { job: jobOf(spec, status), failed: new Set(failed) }
  return endOfGone(
    gone,
    pods.map((pod) => podOf(pod)),
    NOW,
  )
}

test('how a job ended that was deleted is known from the pods that had ended by themselves', () => {
  const good: PodWish = { uid: 'a', phase: 'Succeeded', isTerminating: true }
  const found = endWith({}, {}, [], good)!
  assert.deepEqual([found.outcome, found.status.succeeded], ['completed', 1])
  assert.equal(found.status.conditions!.at(-1)!.type, 'Complete')
  assert.equal(endWith({ completions: 2 }, {}, [], good), undefined)
  assert.equal(endWith({}, done(10), [], good), undefined)
  const killed: PodWish = { uid: 'a', phase: 'Failed', isTerminating: true }
  assert.equal(endWith({ backoffLimit: 0 }, {}, [], killed), undefined)
  assert.equal(endWith({ backoffLimit: 0 }, {}, ['a'], killed)!.outcome, 'failed')
  const running: PodWish = { uid: 'a', phase: 'Running', isTerminating: true }
  assert.equal(endWith({ backoffLimit: 0, activeDeadlineSeconds: 1 }, {}, [], running), undefined)
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

const isGone = (pod: PodWish): boolean => pod.isTerminating === true && pod.isTracked === false

test('whatever step a crash comes after, every pod is counted once and the job ends', () => {
  const outcomes = fc.array(fc.constantFrom('Succeeded', 'Failed', 'Running'), { maxLength: 30 })
  const crashes = fc.infiniteStream(fc.integer({ min: 0, max: 3 }))
  fc.assert(
    fc.property(outcomes, crashes, fc.integer({ min: 1, max: 4 }), (ends, steps, completions) => {
      const spec = { completions, parallelism: 2, backoffLimit: 5, activeDeadlineSeconds: 20_000 }
      let status: JobStatus = {}
      let pods: PodWish[] = []
      let now = NOW
      let made = 0
      let killed = 0
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
          const let1 = new Set(uids(found.release))
          pods = pods.map((pod) => (let1.has(pod.uid) ? { ...pod, isTracked: false } : pod))
          const taken = new Set(uids(found.remove))
          pods = pods.map((pod) => (taken.has(pod.uid) ? { ...pod, isTerminating: true } : pod))
        }
        if (reached > 2)
          for (const _ of found.create) pods.push({ uid: `p${(made += 1)}`, phase: 'Running' })
        pods = pods.map((pod) => {
          if (pod.phase !== 'Running' || pod.isTerminating === true) return pod
          const phase = ends[Number(pod.uid.slice(1))] ?? 'Succeeded'
          return { ...pod, phase, endedAgo: (NOW - now) / SECOND_MS }
        })
        // What was taken away and let go is gone.
        killed += pods.filter((pod) => isGone(pod)).length
        pods = pods.filter((pod) => !isGone(pod))
        now += 700 * SECOND_MS
        if (hasCondition(status, 'Complete') || hasCondition(status, 'Failed')) break
      }
      const isComplete = hasCondition(status, 'Complete')
      assert.ok(isComplete || hasCondition(status, 'Failed'))
      const count = (phase: string): number => pods.filter((pod) => pod.phase === phase).length
      assert.equal(status.succeeded ?? 0, count('Succeeded'))
      assert.equal(status.failed ?? 0, count('Failed') + killed)
      const hasEnough = (status.succeeded ?? 0) >= completions
      const { reason } = status.conditions!.find(({ type }) => type === 'Failed') ?? {}
      // Seen together, the end of its time counts more than a success, as in Kubernetes' own controller.
      assert.ok(isComplete ? hasEnough : !hasEnough || reason === 'DeadlineExceeded', reason)
    }),
    { numRuns: 500 },
  )
})
