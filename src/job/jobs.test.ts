// Jobs as they run: the controllers over objects in memory, and real programs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isKubeError } from '../objects/index.ts'
import { hasCondition, jobStatusOf, podStatusOf } from './objects.ts'
import {
  endOfJob,
  jobKey,
  jobWith,
  logOf,
  openNode,
  podsOfJob,
  sayingsOf,
  untilSoon as until,
} from './testing.ts'

test('a job runs its program and is complete, with what it said kept', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('good', 'echo hello; echo oops >&2'))
  const job = await endOfJob(node, 'good')
  const status = jobStatusOf(job)
  assert.deepEqual([status.succeeded, status.active, status.failed], [1, undefined, undefined])
  assert.deepEqual(
    status.conditions!.map(({ type, reason }) => [type, reason]),
    [
      ['SuccessCriteriaMet', 'CompletionsReached'],
      ['Complete', 'CompletionsReached'],
    ],
  )
  const [pod] = await podsOfJob(node, 'good')
  assert.equal(podStatusOf(pod!).phase, 'Succeeded')
  const said = (await logOf(node, pod!)).split('\n').toSorted()
  assert.deepEqual(said, ['', 'hello', 'oops'])
  const told = await sayingsOf(node, 'good')
  assert.ok(told.includes(`SuccessfulCreate: Created pod: ${pod!.metadata.name}`), String(told))
  await until(
    async () => (await sayingsOf(node, 'good')).includes('Completed: Job completed'),
    'its end is told',
  )
  assert.deepEqual(
    node.ends.map(({ outcome }) => outcome),
    ['completed'],
  )
})

test('a program that fails makes the job fail, with its exit code', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('bad', 'exit 3'))
  const job = await endOfJob(node, 'bad')
  assert.ok(hasCondition(jobStatusOf(job), 'Failed'))
  const [pod] = await podsOfJob(node, 'bad')
  const [status] = podStatusOf(pod!).containerStatuses!
  assert.deepEqual(
    [status!.state.terminated!.exitCode, status!.state.terminated!.reason],
    [3, 'Error'],
  )
  assert.deepEqual(
    node.ends.map(({ outcome }) => outcome),
    ['failed'],
  )
})

test('a container is started again in its pod, as its policy says', async (context) => {
  const node = await openNode(context)
  const script = 'if [ -e seen ]; then echo again; else echo first; touch seen; exit 1; fi'
  const template = {
    spec: {
      restartPolicy: 'OnFailure',
      containers: [{ name: 'main', image: 'sh', args: [script] }],
    },
  }
  await node.client.create(jobWith('again', '', { backoffLimit: 3, template }))
  await endOfJob(node, 'again')
  const [pod] = await podsOfJob(node, 'again')
  const [status] = podStatusOf(pod!).containerStatuses!
  assert.deepEqual([status!.restartCount, status!.lastState.terminated!.exitCode], [1, 1])
  assert.equal(await logOf(node, pod!), 'again\n')
  assert.equal(await logOf(node, pod!, { previous: true }), 'first\n')
})

test('variables come from where the pod says, and nothing is inherited', async (context) => {
  const node = await openNode(context)
  const { client } = node
  await client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { COLOUR: 'blue', SIZE: '3' },
  })
  await client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'login', namespace: 'default' },
    stringData: { password: 'p$$' },
  })
  const env = [
    { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
    { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'BOTH', value: '$(COLOUR)-$(SIZE)-$$(SIZE)' },
  ]
  const container = { env, envFrom: [{ configMapRef: { name: 'settings' } }] }
  await client.create(jobWith('env', 'env', {}, container))
  await endOfJob(node, 'env')
  const [pod] = await podsOfJob(node, 'env')
  const lines = new Set((await logOf(node, pod!)).split('\n'))
  for (const line of [
    'COLOUR=blue',
    'PASSWORD=p$$',
    `POD=${pod!.metadata.name}`,
    'BOTH=blue-3-$(SIZE)',
  ])
    assert.ok(lines.has(line), line)
  const names = Array.from(lines, (line) => line.split('=')[0]!)
  assert.equal(names.includes('USER') || names.includes('SHELL'), false)
})

test('a variable that is not there holds the container back until it is', async (context) => {
  const node = await openNode(context)
  const container = { envFrom: [{ secretRef: { name: 'later' } }] }
  await node.client.create(jobWith('held', 'echo "$KEY"', {}, container))
  const pod = await until(async () => {
    const [one] = await podsOfJob(node, 'held')
    if (one === undefined) return false
    const waiting = podStatusOf(one).containerStatuses?.[0]!.state.waiting
    return waiting?.reason === 'CreateContainerConfigError' ? one : false
  }, 'it waits')
  const { message } = podStatusOf(pod).containerStatuses![0]!.state.waiting!
  assert.equal(message, 'secret "later" not found')
  await assert.rejects(logOf(node, pod), (error) => {
    assert.ok(isKubeError(error, 'BadRequest'))
    assert.match((error as Error).message, /is waiting to start: CreateContainerConfigError$/)
    return true
  })
  await node.client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'later', namespace: 'default' },
    stringData: { KEY: 'here' },
  })
  await endOfJob(node, 'held')
  assert.equal(await logOf(node, pod), 'here\n')
})

test('an image that no program is declared for is not run, and says so', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('strange', 'x', {}, { image: 'docker.io/strange:1' }))
  const [pod] = await until(async () => {
    const pods = await podsOfJob(node, 'strange')
    const waiting = pods[0] && podStatusOf(pods[0]).containerStatuses?.[0]!.state.waiting
    return waiting?.reason === 'ImagePullBackOff' ? pods : false
  }, 'it is refused')
  const { message } = podStatusOf(pod!).containerStatuses![0]!.state.waiting!
  assert.match(
    message!,
    /^Back-off pulling image "docker\.io\/strange:1": .*no program is declared/,
  )
  await node.client.delete(jobKey('strange'), { propagationPolicy: 'Background' })
  await until(async () => (await podsOfJob(node, 'strange')).length === 0, 'its pod is gone')
})

test('what a pod says are arguments of the declared program, never a program', async (context) => {
  const node = await openNode(context)
  const container = { image: 'registry.test/tools/echo:1', command: ['rm'], args: ['-rf'] }
  await node.client.create(jobWith('tool', '', {}, container))
  await endOfJob(node, 'tool')
  const [pod] = await podsOfJob(node, 'tool')
  assert.equal(await logOf(node, pod!), 'tool:rm\ntool:-rf\n')
})

test('volumes of ConfigMaps and Secrets are there as files', async (context) => {
  const node = await openNode(context)
  await node.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'files', namespace: 'default' },
    data: { 'a.txt': 'content of a' },
  })
  const template = {
    spec: {
      restartPolicy: 'Never',
      volumes: [{ name: 'v', configMap: { name: 'files' } }],
      containers: [
        {
          name: 'main',
          image: 'sh',
          args: ['cat "$SIGNALBOX_MOUNT_ETC_FILES/a.txt"'],
          volumeMounts: [{ name: 'v', mountPath: '/etc/files' }],
        },
      ],
    },
  }
  await node.client.create(jobWith('volume', '', { template }))
  await endOfJob(node, 'volume')
  const [pod] = await podsOfJob(node, 'volume')
  assert.equal(await logOf(node, pod!), 'content of a')
})

test('an indexed job completes every index', async (context) => {
  const node = await openNode(context)
  const spec = { completionMode: 'Indexed', completions: 4, parallelism: 2 }
  await node.client.create(jobWith('indexed', 'echo "$JOB_COMPLETION_INDEX of $HOSTNAME"', spec))
  const job = await endOfJob(node, 'indexed')
  assert.deepEqual([jobStatusOf(job).completedIndexes, jobStatusOf(job).succeeded], ['0-3', 4])
  const said = await Promise.all((await podsOfJob(node, 'indexed')).map((pod) => logOf(node, pod)))
  assert.deepEqual(
    said.toSorted(),
    [0, 1, 2, 3].map((nth) => `${nth} of indexed-${nth}\n`),
  )
})

test('indexes fail each for itself, and the job says which', async (context) => {
  const node = await openNode(context)
  const script = 'test "$JOB_COMPLETION_INDEX" != 1 || exit 3'
  const policy = {
    completionMode: 'Indexed',
    completions: 3,
    parallelism: 3,
    backoffLimit: 100,
    backoffLimitPerIndex: 1,
    podFailurePolicy: {
      rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [3] } }],
    },
  }
  await node.client.create(jobWith('each', script, policy))
  const status = jobStatusOf(await endOfJob(node, 'each'))
  assert.deepEqual(
    [status.completedIndexes, status.failedIndexes, status.succeeded, status.failed],
    ['0,2', '1', 2, 1],
  )
  const pods = await podsOfJob(node, 'each')
  assert.equal(pods.length, 3)
  assert.equal(pods[0]!.metadata.annotations!['batch.kubernetes.io/job-index-failure-count'], '0')
  assert.ok((await sayingsOf(node, 'each')).includes('FailedIndexes: Job has failed indexes'))
})

test('a job that lasts too long is ended, with all it started', async (context) => {
  const node = await openNode(context)
  await node.client.create(
    jobWith('slow', 'trap "" TERM; sleep 60 & wait', {
      activeDeadlineSeconds: 1,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          containers: [
            { name: 'main', image: 'sh', args: ['trap "" TERM; sleep 60 & wait; wait'] },
          ],
        },
      },
    }),
  )
  const job = await endOfJob(node, 'slow')
  const failed = jobStatusOf(job).conditions!.find(({ type }) => type === 'Failed')!
  assert.equal(failed.reason, 'DeadlineExceeded')
})

test('a finished job goes with its pods when its time is up', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('short', 'true', { ttlSecondsAfterFinished: 1 }))
  await until(async () => (await node.client.get(jobKey('short'))) === undefined, 'it is gone')
  await until(async () => (await podsOfJob(node, 'short')).length === 0, 'its pods are gone')
})

test('a log is followed to its end, from where it is wanted', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobWith('told', 'for n in 1 2 3; do echo "line $n"; sleep 0.1; done'))
  const [pod] = await until(async () => {
    const pods = await podsOfJob(node, 'told')
    const phase = pods[0] && podStatusOf(pods[0]).phase
    return phase === 'Running' || phase === 'Succeeded' ? pods : false
  }, 'it runs')
  assert.equal(await logOf(node, pod!, { follow: true }), 'line 1\nline 2\nline 3\n')
  await endOfJob(node, 'told')
  assert.equal(await logOf(node, pod!, { tailLines: 1 }), 'line 3\n')
  assert.equal(await logOf(node, pod!, { limitBytes: 8 }), 'line 1\nl')
  assert.equal(await logOf(node, pod!, { sinceMs: Date.now() + 60_000 }), '')
  assert.match(await logOf(node, pod!, { timestamps: true }), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 1\n/)
})

test('what ran when the server went is lost, and its job makes another', async (context) => {
  const node = await openNode(context)
  await node.client.create(
    jobWith('kept', 'if [ -e /nowhere ]; then exit 1; fi; sleep 60', { backoffLimit: 1 }),
  )
  await until(async () => {
    const [pod] = await podsOfJob(node, 'kept')
    return pod !== undefined && podStatusOf(pod).phase === 'Running'
  }, 'it runs')
  await node.restart()
  const pod = await until(async () => {
    const [one] = await podsOfJob(node, 'kept')
    return podStatusOf(one!).phase === 'Failed' ? one : false
  }, 'it is known to be lost')
  const end = podStatusOf(pod).containerStatuses![0]!.state.terminated!
  assert.equal(end.exitCode, 137)
  assert.equal((await podsOfJob(node, 'kept')).length, 1)
})
