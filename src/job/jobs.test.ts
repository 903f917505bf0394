// Jobs as they run: the controllers over objects in memory, and real programs.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { seededRandom, silentLogger, systemClock } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import { openTestObjects, untilWithin } from '../objects/testing.ts'
import {
  JobController,
  type JobEnd,
  PodFolders,
  PodOutput,
  PodRunner,
  ProcessExecutor,
} from './index.ts'
import { hasCondition, JOB, jobStatusOf, POD, podStatusOf } from './objects.ts'

const DEADLINE_MS = 20_000
const until = untilWithin(DEADLINE_MS)
const PATH = process.env['PATH'] ?? ''

interface Node {
  readonly client: KubeClient
  readonly output: PodOutput
  readonly ends: JobEnd[]
  /** As when the server is started again. */
  restart(): Promise<void>
}

async function openNode(context: TestContext): Promise<Node> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-job-'))
  const objects = await openTestObjects()
  const { client } = objects
  const folders = new PodFolders(directory)
  const output = new PodOutput(folders, systemClock)
  const ends: JobEnd[] = []
  const open = async () => {
    const parts = { client, clock: systemClock, random: seededRandom(3), logger: silentLogger }
    const programs = [
      { image: 'sh', command: ['sh', '-c'] },
      { image: 'registry.test/tools/*', command: ['printf', 'tool:%s\n'] },
    ]
    const jobs = new JobController({ ...parts, onJobEnded: async (_, end) => void ends.push(end) })
    const executors = [new ProcessExecutor({ programs, path: PATH, clock: systemClock })]
    const runner = new PodRunner({ ...parts, executors, output, folders })
    await runner.start()
    await jobs.start()
    return { jobs, runner }
  }
  let running = await open()
  const close = async (): Promise<void> => {
    await running.runner.close()
    await running.jobs.close()
  }
  context.after(async () => {
    await close()
    await objects.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    client,
    output,
    ends,
    async restart() {
      await close()
      running = await open()
    },
  }
}

function jobOf(
  name: string,
  script: string,
  spec: object = {},
  container: object = {},
): KubeObject {
  return {
    ...JOB,
    metadata: { name, namespace: 'default' },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: 'sh', args: [script], ...container }],
        },
      },
      ...spec,
    },
  }
}

const keyOf = (name: string) => ({ ...JOB, namespace: 'default', name })

async function endOf({ client }: Node, name: string): Promise<KubeObject> {
  return until(async () => {
    const job = await client.get(keyOf(name))
    if (job === undefined) return false
    const status = jobStatusOf(job)
    return hasCondition(status, 'Complete') || hasCondition(status, 'Failed') ? job : false
  }, `job ${name} has ended`)
}

async function podsOf({ client }: Node, job: string): Promise<readonly KubeObject[]> {
  const query = { namespace: 'default', labelSelector: `job-name=${job}` }
  return (await client.list(POD, query)).items
}

async function logOf(node: Node, pod: KubeObject, wish: object = {}): Promise<string> {
  const lines = await node.output.read({
    pod,
    container: 'main',
    previous: false,
    follow: false,
    timestamps: false,
    signal: new AbortController().signal,
    ...wish,
  })
  let text = ''
  for await (const bytes of lines) text += Buffer.from(bytes).toString()
  return text
}

async function sayings({ client }: Node, name: string): Promise<readonly string[]> {
  const fieldSelector = `involvedObject.name=${name}`
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event' }, { fieldSelector })
  return items.map((event) => `${String(event['reason'])}: ${String(event['message'])}`)
}

test('a job runs its program and is complete, with what it said kept', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobOf('good', 'echo hello; echo oops >&2'))
  const job = await endOf(node, 'good')
  const status = jobStatusOf(job)
  assert.deepEqual([status.succeeded, status.active, status.failed], [1, undefined, undefined])
  assert.deepEqual(
    status.conditions!.map(({ type, reason }) => [type, reason]),
    [
      ['SuccessCriteriaMet', 'CompletionsReached'],
      ['Complete', 'CompletionsReached'],
    ],
  )
  const [pod] = await podsOf(node, 'good')
  assert.equal(podStatusOf(pod!).phase, 'Succeeded')
  const said = (await logOf(node, pod!)).split('\n').toSorted()
  assert.deepEqual(said, ['', 'hello', 'oops'])
  const told = await sayings(node, 'good')
  assert.ok(told.includes(`SuccessfulCreate: Created pod: ${pod!.metadata.name}`), String(told))
  await until(
    async () => (await sayings(node, 'good')).includes('Completed: Job completed'),
    'its end is told',
  )
  assert.deepEqual(
    node.ends.map(({ outcome }) => outcome),
    ['completed'],
  )
})

test('a program that fails makes the job fail, with its exit code', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobOf('bad', 'exit 3'))
  const job = await endOf(node, 'bad')
  assert.ok(hasCondition(jobStatusOf(job), 'Failed'))
  const [pod] = await podsOf(node, 'bad')
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
  await node.client.create(jobOf('again', '', { backoffLimit: 3, template }))
  await endOf(node, 'again')
  const [pod] = await podsOf(node, 'again')
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
  await client.create(jobOf('env', 'env', {}, container))
  await endOf(node, 'env')
  const [pod] = await podsOf(node, 'env')
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
  await node.client.create(jobOf('held', 'echo "$KEY"', {}, container))
  const pod = await until(async () => {
    const [one] = await podsOf(node, 'held')
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
  await endOf(node, 'held')
  assert.equal(await logOf(node, pod), 'here\n')
})

test('an image that no program is declared for is not run, and says so', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobOf('strange', 'x', {}, { image: 'docker.io/strange:1' }))
  const [pod] = await until(async () => {
    const pods = await podsOf(node, 'strange')
    const waiting = pods[0] && podStatusOf(pods[0]).containerStatuses?.[0]!.state.waiting
    return waiting?.reason === 'ImagePullBackOff' ? pods : false
  }, 'it is refused')
  const { message } = podStatusOf(pod!).containerStatuses![0]!.state.waiting!
  assert.match(
    message!,
    /^Back-off pulling image "docker\.io\/strange:1": .*no program is declared/,
  )
  await node.client.delete(keyOf('strange'), { propagationPolicy: 'Background' })
  await until(async () => (await podsOf(node, 'strange')).length === 0, 'its pod is gone')
})

test('what a pod says are arguments of the declared program, never a program', async (context) => {
  const node = await openNode(context)
  const container = { image: 'registry.test/tools/echo:1', command: ['rm'], args: ['-rf'] }
  await node.client.create(jobOf('tool', '', {}, container))
  await endOf(node, 'tool')
  const [pod] = await podsOf(node, 'tool')
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
  await node.client.create(jobOf('volume', '', { template }))
  await endOf(node, 'volume')
  const [pod] = await podsOf(node, 'volume')
  assert.equal(await logOf(node, pod!), 'content of a')
})

test('an indexed job completes every index', async (context) => {
  const node = await openNode(context)
  const spec = { completionMode: 'Indexed', completions: 4, parallelism: 2 }
  await node.client.create(jobOf('indexed', 'echo "$JOB_COMPLETION_INDEX of $HOSTNAME"', spec))
  const job = await endOf(node, 'indexed')
  assert.deepEqual([jobStatusOf(job).completedIndexes, jobStatusOf(job).succeeded], ['0-3', 4])
  const said = await Promise.all((await podsOf(node, 'indexed')).map((pod) => logOf(node, pod)))
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
  await node.client.create(jobOf('each', script, policy))
  const status = jobStatusOf(await endOf(node, 'each'))
  assert.deepEqual(
    [status.completedIndexes, status.failedIndexes, status.succeeded, status.failed],
    ['0,2', '1', 2, 1],
  )
  const pods = await podsOf(node, 'each')
  assert.equal(pods.length, 3)
  assert.equal(pods[0]!.metadata.annotations!['batch.kubernetes.io/job-index-failure-count'], '0')
  assert.ok((await sayings(node, 'each')).includes('FailedIndexes: Job has failed indexes'))
})

test('a job that lasts too long is ended, with all it started', async (context) => {
  const node = await openNode(context)
  await node.client.create(
    jobOf('slow', 'trap "" TERM; sleep 60 & wait', {
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
  const job = await endOf(node, 'slow')
  const failed = jobStatusOf(job).conditions!.find(({ type }) => type === 'Failed')!
  assert.equal(failed.reason, 'DeadlineExceeded')
})

test('a finished job goes with its pods when its time is up', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobOf('short', 'true', { ttlSecondsAfterFinished: 1 }))
  await until(async () => (await node.client.get(keyOf('short'))) === undefined, 'it is gone')
  await until(async () => (await podsOf(node, 'short')).length === 0, 'its pods are gone')
})

test('a log is followed to its end, from where it is wanted', async (context) => {
  const node = await openNode(context)
  await node.client.create(jobOf('told', 'for n in 1 2 3; do echo "line $n"; sleep 0.1; done'))
  const [pod] = await until(async () => {
    const pods = await podsOf(node, 'told')
    const phase = pods[0] && podStatusOf(pods[0]).phase
    return phase === 'Running' || phase === 'Succeeded' ? pods : false
  }, 'it runs')
  assert.equal(await logOf(node, pod!, { follow: true }), 'line 1\nline 2\nline 3\n')
  await endOf(node, 'told')
  assert.equal(await logOf(node, pod!, { tailLines: 1 }), 'line 3\n')
  assert.equal(await logOf(node, pod!, { limitBytes: 8 }), 'line 1\nl')
  assert.equal(await logOf(node, pod!, { sinceMs: Date.now() + 60_000 }), '')
  assert.match(await logOf(node, pod!, { timestamps: true }), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 1\n/)
})

test('what ran when the server went is lost, and its job makes another', async (context) => {
  const node = await openNode(context)
  await node.client.create(
    jobOf('kept', 'if [ -e /nowhere ]; then exit 1; fi; sleep 60', { backoffLimit: 1 }),
  )
  await until(async () => {
    const [pod] = await podsOf(node, 'kept')
    return pod !== undefined && podStatusOf(pod).phase === 'Running'
  }, 'it runs')
  await node.restart()
  const pod = await until(async () => {
    const [one] = await podsOf(node, 'kept')
    return podStatusOf(one!).phase === 'Failed' ? one : false
  }, 'it is known to be lost')
  const end = podStatusOf(pod).containerStatuses![0]!.state.terminated!
  assert.equal(end.exitCode, 137)
  assert.equal((await podsOf(node, 'kept')).length, 1)
})
