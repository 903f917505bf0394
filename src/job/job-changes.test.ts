// What people do to jobs while they run: suspend them, want fewer pods, delete them and their pods.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../objects/index.ts'
import { hasCondition, jobStatusOf, podStatusOf, TRACKING_FINALIZER } from './objects.ts'
import {
  endOfJob,
  jobKey,
  jobWith,
  type Node,
  openNode,
  podsOfJob,
  untilSoon as until,
} from './testing.ts'

/** Ends well when the file is there, and at once when it is asked to. */
const WAITS = 'trap "exit 143" TERM; while [ ! -e "$GATE" ]; do sleep 0.05; done'

async function running(node: Node, name: string, count: number): Promise<void> {
  await until(async () => {
    const pods = await podsOfJob(node, name)
    const there = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
    return there.length === count && there.every((pod) => podStatusOf(pod).phase === 'Running')
  }, `${count} pods of ${name} run`)
}

async function statusOf({ client }: Node, name: string) {
  return jobStatusOf((await client.get(jobKey(name)))!)
}

test('a suspended job loses its pods without a failure, and completes when it is resumed', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('halted', WAITS, { parallelism: 2, completions: 2 }))
  await running(node, 'halted', 2)
  await node.client.patch(jobKey('halted'), 'merge', { spec: { suspend: true } })
  await until(async () => (await podsOfJob(node, 'halted')).length === 0, 'its pods are gone')
  const halted = await until(async () => {
    const status = await statusOf(node, 'halted')
    return status.terminating === 0 && hasCondition(status, 'Suspended') ? status : false
  }, 'it is suspended')
  assert.deepEqual([halted.failed, halted.active], [undefined, undefined])
  const env = [{ name: 'GATE', value: '/' }]
  const container = { name: 'main', image: 'sh', args: [WAITS], env }
  const template = { spec: { containers: [container] } }
  await node.client.patch(jobKey('halted'), 'merge', { spec: { suspend: false, template } })
  const { succeeded, failed } = jobStatusOf(await endOfJob(node, 'halted'))
  assert.deepEqual([succeeded, failed], [2, undefined])
})

test('a job that wants fewer pods lets some go, which are no failures', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('fewer', WAITS, { parallelism: 3, completions: 6 }))
  await running(node, 'fewer', 3)
  await node.client.patch(jobKey('fewer'), 'merge', { spec: { parallelism: 1 } })
  await until(async () => (await podsOfJob(node, 'fewer')).length === 1, 'two are gone')
  const status = await until(async () => {
    const found = await statusOf(node, 'fewer')
    return found.terminating === 0 && found.active === 1 ? found : false
  }, 'one is left')
  assert.equal(status.failed, undefined)
  assert.equal(hasCondition(status, 'FailureTarget'), false)
})

test('a pod that somebody deletes is a failure of its job, and nothing of it stays', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('hurt', WAITS, { backoffLimit: 1 }))
  await running(node, 'hurt', 1)
  const [pod] = await podsOfJob(node, 'hurt')
  await node.client.delete(keyOf(pod!))
  await until(async () => (await statusOf(node, 'hurt')).failed === 1, 'it is counted')
  await until(async () => (await node.client.get(keyOf(pod!))) === undefined, 'it is gone')
  await running(node, 'hurt', 1)
})

test('how a job ended is told even if it is deleted before its status can say so', async (context) => {
  const node = await openNode(context)
  node.isDeaf = true
  await node.client.create(jobWith('brief', 'true'))
  await node.client.create(jobWith('wrong', 'exit 3'))
  for (const name of ['brief', 'wrong'])
    await until(async () => {
      const [pod] = await podsOfJob(node, name)
      return pod !== undefined && pod.metadata.finalizers === undefined
    }, `the pod of ${name} is counted`)
  await node.client.delete(jobKey('brief'), { propagationPolicy: 'Background' })
  await node.client.delete(jobKey('wrong'), { propagationPolicy: 'Foreground' })
  node.isDeaf = false
  await until(() => Promise.resolve(node.ends.length >= 2), 'both ends are told')
  const told = node.ends.map(({ outcome, status }) => [outcome, status.conditions!.at(-1)!.type])
  assert.deepEqual(
    new Set(told.map((one) => one.join(' '))),
    new Set(['completed Complete', 'failed Failed']),
  )
})

test('a job that is deleted while it runs has not ended, and its pod goes', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('dropped', WAITS))
  await running(node, 'dropped', 1)
  await node.client.delete(jobKey('dropped'), { propagationPolicy: 'Background' })
  await until(async () => (await podsOfJob(node, 'dropped')).length === 0, 'its pod is gone')
  assert.deepEqual(node.ends, [])
})

test('a job that takes the name of another at once leaves nothing of it behind', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('twice', WAITS))
  await running(node, 'twice', 1)
  const [pod] = await podsOfJob(node, 'twice')
  assert.deepEqual(pod!.metadata.finalizers, [TRACKING_FINALIZER])
  await node.client.delete(jobKey('twice'), { propagationPolicy: 'Background' })
  await node.client.create(jobWith('twice', 'true'))
  await endOfJob(node, 'twice')
  await until(async () => (await node.client.get(keyOf(pod!))) === undefined, 'its pod is gone')
})

test('a job that another controller manages is left alone', async (context) => {
  const node = await openNode(context)
  const job = await node.client.create(jobWith('foreign', 'true', { managedBy: 'other.test/jobs' }))
  await node.client.create(jobWith('own', 'true', { managedBy: 'kubernetes.io/job-controller' }))
  await endOfJob(node, 'own')
  const foreign = await node.client.get(jobKey('foreign'))
  assert.equal(foreign!.metadata.resourceVersion, job.metadata.resourceVersion)
  assert.deepEqual(await podsOfJob(node, 'foreign'), [])
})
