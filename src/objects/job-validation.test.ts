import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestObjects } from './testing.ts'
import { isKubeError } from './kube-error.ts'
import { keyOf, type KubeObject } from './kube-object.ts'

const jobOf = (spec: object, restartPolicy = 'Never'): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'default' },
  spec: {
    template: { spec: { restartPolicy, containers: [{ name: 'main', image: 'busybox' }] } },
    ...spec,
  },
})

const indexed = { completionMode: 'Indexed', completions: 3 }
const rule = (given: object): object => ({ podFailurePolicy: { rules: [given] } })
const success = (given: object): object => ({ ...indexed, successPolicy: { rules: [given] } })
const RULE = 'spec.podFailurePolicy.rules[0]'
const MET = 'spec.successPolicy.rules[0]'

const REFUSED: readonly (readonly [object, string])[] = [
  [
    rule({ action: 'Stop', onExitCodes: { operator: 'In', values: [1] } }),
    `${RULE}.action: Unsupported value: "Stop": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
  ],
  [
    rule({ onExitCodes: { operator: 'In', values: [1] } }),
    `${RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
  ],
  [
    rule({ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }),
    `${RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
  ],
  [
    rule({ action: 'Count' }),
    `${RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
  ],
  [
    rule({
      action: 'Count',
      onExitCodes: { operator: 'In', values: [1] },
      onPodConditions: [{ type: 'DisruptionTarget' }],
    }),
    `${RULE}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
  ],
  [
    rule({ action: 'Count', onExitCodes: { operator: 'In', values: [0] } }),
    `${RULE}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator`,
  ],
  [
    rule({ action: 'Count', onExitCodes: { operator: 'In', values: [2, 1] } }),
    `${RULE}.onExitCodes.values: Invalid value: [2,1]: must be ordered`,
  ],
  [
    rule({ action: 'Count', onExitCodes: { operator: 'In', values: [2, 2] } }),
    `${RULE}.onExitCodes.values[1]: Duplicate value: 2`,
  ],
  [
    rule({
      action: 'Count',
      onExitCodes: { operator: 'In', values: [2], containerName: 'other' },
    }),
    `${RULE}.onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template`,
  ],
  [
    rule({ action: 'Count', onPodConditions: [{ type: 'Ready', status: 'Yes' }] }),
    `${RULE}.onPodConditions[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"`,
  ],
  [
    {
      ...rule({ action: 'Count', onPodConditions: [{ type: 'Ready' }] }),
      podReplacementPolicy: 'TerminatingOrFailed',
    },
    'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
  ],
  [
    { backoffLimitPerIndex: 1 },
    'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
  ],
  [
    { ...indexed, maxFailedIndexes: 1 },
    'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
  ],
  [
    { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 4 },
    'spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions',
  ],
  [
    { completionMode: 'Indexed', parallelism: 1 },
    'spec.completions: Required value: when completion mode is Indexed',
  ],
  [
    { successPolicy: { rules: [{ succeededCount: 1 }] } },
    'spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode',
  ],
  [
    { ...indexed, successPolicy: { rules: [] } },
    'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
  ],
  [
    success({}),
    `${MET}: Required value: at least one of succeededCount or succeededIndexes must be specified`,
  ],
  [
    success({ succeededIndexes: '0,3' }),
    `${MET}.succeededIndexes: Invalid value: "0,3": error parsing succeededIndexes: too large index: "3"`,
  ],
  [
    success({ succeededIndexes: '1,0' }),
    `${MET}.succeededIndexes: Invalid value: "1,0": error parsing succeededIndexes: non-increasing order, previous: 1, current: 0`,
  ],
  [
    success({ succeededIndexes: '0-x' }),
    `${MET}.succeededIndexes: Invalid value: "0-x": error parsing succeededIndexes: cannot convert string to integer for index: "x"`,
  ],
  [
    success({ succeededCount: 4 }),
    `${MET}.succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)`,
  ],
  [
    success({ succeededCount: 3, succeededIndexes: '0-1' }),
    `${MET}.succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)`,
  ],
]

test('a job whose policies cannot be is refused in the words of the real server', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  for (const [spec, text] of REFUSED)
    await assert.rejects(objects.client.create(jobOf(spec)), (error) => {
      assert.ok(isKubeError(error, 'Invalid'))
      assert.equal(error.message, `Job.batch "j" is invalid: ${text}`)
      return true
    })
  const policy = rule({ action: 'Count', onPodConditions: [{ type: 'Ready' }] })
  await assert.rejects(
    objects.client.create(jobOf(policy, 'OnFailure')),
    /restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified$/,
  )
})

test('what a policy leaves open is filled in, and it stays as it was', async (context) => {
  const objects = await openTestObjects()
  const { client } = objects
  context.after(() => objects.close())
  const job = await client.create(
    jobOf({
      ...indexed,
      ...rule({ action: 'FailIndex', onPodConditions: [{ type: 'DisruptionTarget' }] }),
      backoffLimitPerIndex: 1,
    }),
  )
  const spec = job['spec'] as Readonly<Record<string, unknown>>
  assert.deepEqual([spec['backoffLimit'], spec['podReplacementPolicy']], [2 ** 31 - 1, 'Failed'])
  assert.deepEqual(spec['podFailurePolicy'], {
    rules: [
      { action: 'FailIndex', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  })
  await assert.rejects(
    client.update({ ...job, spec: { ...spec, backoffLimitPerIndex: 2 } }),
    /spec.backoffLimitPerIndex: Invalid value: 2: field is immutable$/,
  )
})

test('completions may change with parallelism, and only of an indexed job', async (context) => {
  const objects = await openTestObjects()
  const { client } = objects
  context.after(() => objects.close())
  const change = async (spec: object, next: object): Promise<unknown> => {
    const job = await client.create(jobOf(spec))
    const { spec: made } = job as unknown as { readonly spec: object }
    const changed = client.update({ ...job, spec: { ...made, ...next } })
    return changed.finally(() => client.delete(keyOf(job)))
  }
  const five = { completions: 5, parallelism: 5 }
  const three = { completions: 3, parallelism: 3 }
  await change({ completionMode: 'Indexed', ...five }, three)
  const fixed = /spec.completions: Invalid value: 3: field is immutable$/
  await assert.rejects(change({ completionMode: 'Indexed', ...five }, { completions: 3 }), fixed)
  await assert.rejects(change(five, three), fixed)
})
