import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobPlan } from './job-plan.ts'
import type { JobSpec, PodFailureRule } from './objects.ts'
import { jobOf, plan, type PodWish, SECOND_MS, time, uids } from './testing.ts'

const started = { startTime: time(99) }

function reasonOf({ status }: JobPlan): readonly (string | undefined)[] {
  const { type, reason, message } = status!.conditions!.at(-1)!
  return [type, reason, message]
}

const withRules = (...rules: readonly PodFailureRule[]): Partial<JobSpec> => ({
  podFailurePolicy: { rules },
})

test('an exit code that fails the job does so at the first pod', () => {
  const rule: PodFailureRule = {
    action: 'FailJob',
    onExitCodes: { containerName: 'c', operator: 'In', values: [42] },
  }
  const found = plan(
    jobOf({ ...withRules(rule), parallelism: 2, completions: 2 }, started),
    { uid: 'a', phase: 'Failed', exitCode: 42 },
    { uid: 'b', phase: 'Running' },
  )
  assert.deepEqual(reasonOf(found), [
    'FailureTarget',
    'PodFailurePolicy',
    'Container c for pod default/a failed with exit code 42 matching FailJob rule at index 0',
  ])
  assert.deepEqual([uids(found.remove), found.create], [['b'], []])
  const other = plan(jobOf(withRules(rule), started), { uid: 'a', phase: 'Failed', exitCode: 41 })
  assert.equal(other.status!.conditions, undefined)
})

test('the first rule that fits counts, and `NotIn` fits every other exit code but 0', () => {
  const rules: readonly PodFailureRule[] = [
    { action: 'Count', onExitCodes: { operator: 'In', values: [1, 2] } },
    { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [7] } },
  ]
  const ended = (exitCode: number): JobPlan =>
    plan(jobOf(withRules(...rules), started), { uid: 'a', phase: 'Failed', exitCode })
  assert.equal(ended(2).status!.conditions, undefined)
  assert.equal(ended(7).status!.conditions, undefined)
  assert.equal(ended(9).status!.conditions!.length, 1)
})

test('a failure that is ignored is let go and not counted, and another pod is made later', () => {
  const rule: PodFailureRule = {
    action: 'Ignore',
    onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
  }
  const pod: PodWish = {
    uid: 'a',
    phase: 'Failed',
    endedAgo: 4,
    conditions: [{ type: 'DisruptionTarget', status: 'True' }],
  }
  const job = jobOf({ ...withRules(rule), backoffLimit: 0 }, started)
  const found = plan(job, pod)
  assert.deepEqual(uids(found.release), ['a'])
  assert.deepEqual([found.status, found.againMs], [undefined, 6 * SECOND_MS])
  assert.deepEqual(plan(job, { ...pod, endedAgo: 11, isTracked: false }).create, [undefined])
  const counted = plan(job, { ...pod, conditions: [{ type: 'DisruptionTarget', status: 'False' }] })
  assert.equal(reasonOf(counted)[1], 'BackoffLimitExceeded')
})

test('who waits for failed pods to be gone makes none beside one that still ends', () => {
  const ending: PodWish = { uid: 'a', phase: 'Running', isTerminating: true }
  assert.equal(plan(jobOf({}, started), ending).create.length, 1)
  assert.equal(plan(jobOf({ podReplacementPolicy: 'Failed' }, started), ending).create.length, 0)
})

const perIndex: Partial<JobSpec> = {
  completionMode: 'Indexed',
  completions: 3,
  parallelism: 3,
  backoffLimit: 2 ** 31 - 1,
  backoffLimitPerIndex: 1,
}

test('an index that failed waits for itself alone, and its pod is held until another is there', () => {
  const failed: PodWish = { uid: 'a', phase: 'Failed', index: 0, failedBefore: 0, endedAgo: 4 }
  const first = plan(jobOf(perIndex, started), failed)
  assert.deepEqual([first.create, first.againMs], [[1, 2], 6 * SECOND_MS])
  assert.deepEqual([uids(first.release), first.status!.failedIndexes], [[], ''])
  const later = plan(jobOf(perIndex, started), { ...failed, endedAgo: 11 })
  assert.deepEqual(later.create, [0, 1, 2])
  assert.deepEqual(Array.from(later.carried), [
    [0, { counted: 1, ignored: 0 }],
    [1, { counted: 0, ignored: 0 }],
    [2, { counted: 0, ignored: 0 }],
  ])
  const next: PodWish = { uid: 'b', phase: 'Running', index: 0, failedBefore: 1 }
  const replaced = plan(jobOf(perIndex, started), { ...failed, endedAgo: 11 }, next)
  assert.deepEqual(uids(replaced.release), ['a'])
})

test('an index has failed after so many tries, and the job goes on with the others', () => {
  const found = plan(
    jobOf(perIndex, started),
    { uid: 'a', phase: 'Failed', index: 1, failedBefore: 1 },
    { uid: 'b', phase: 'Running', index: 0 },
  )
  assert.deepEqual([found.status!.failedIndexes, found.status!.conditions], ['1', undefined])
  assert.deepEqual([found.create, uids(found.release)], [[2], ['a']])
})

test('a job whose every index has come to an end has failed if one of them has', () => {
  const status = { ...started, failedIndexes: '1', completedIndexes: '0', failed: 2, succeeded: 1 }
  const found = plan(jobOf(perIndex, status), { uid: 'c', phase: 'Succeeded', index: 2 })
  assert.deepEqual(reasonOf(found), ['FailureTarget', 'FailedIndexes', 'Job has failed indexes'])
  assert.equal(found.status!.completedIndexes, '0,2')
})

test('more failed indexes than allowed end the job at once', () => {
  const found = plan(
    jobOf({ ...perIndex, maxFailedIndexes: 0 }, started),
    { uid: 'a', phase: 'Failed', index: 1, failedBefore: 1 },
    { uid: 'b', phase: 'Running', index: 0 },
  )
  assert.deepEqual(reasonOf(found), [
    'FailureTarget',
    'MaxFailedIndexesExceeded',
    'Job has exceeded the specified maximal number of failed indexes',
  ])
  assert.deepEqual(uids(found.remove), ['b'])
})

test('a rule can fail an index at its first try', () => {
  const rule: PodFailureRule = {
    action: 'FailIndex',
    onExitCodes: { operator: 'In', values: [3] },
  }
  const pod: PodWish = { uid: 'a', phase: 'Failed', index: 2, failedBefore: 0, exitCode: 3 }
  const found = plan(jobOf({ ...perIndex, ...withRules(rule) }, started), pod)
  assert.deepEqual([found.status!.failedIndexes, found.create], ['2', [0, 1]])
})

test('the completions that are enough end the job, and the pods that still run', () => {
  const successPolicy = { rules: [{ succeededIndexes: '0,2' }, { succeededCount: 2 }] }
  const spec: Partial<JobSpec> = {
    completionMode: 'Indexed',
    completions: 4,
    parallelism: 4,
    successPolicy,
  }
  const running: PodWish = { uid: 'z', phase: 'Running', index: 3 }
  const one = plan(jobOf(spec, started), running, { uid: 'a', phase: 'Succeeded', index: 2 })
  assert.equal(one.status!.conditions, undefined)
  const leader = plan(jobOf(spec, { ...started, completedIndexes: '2', succeeded: 1 }), running, {
    uid: 'b',
    phase: 'Succeeded',
    index: 0,
  })
  assert.deepEqual(reasonOf(leader), [
    'SuccessCriteriaMet',
    'SuccessPolicy',
    'Matched rules at index 0',
  ])
  assert.deepEqual([uids(leader.withdraw), leader.remove], [['z'], []])
  const any = plan(jobOf(spec, { ...started, completedIndexes: '2', succeeded: 1 }), running, {
    uid: 'b',
    phase: 'Succeeded',
    index: 1,
  })
  assert.equal(reasonOf(any)[2], 'Matched rules at index 1')
})
