// Jobs and pods in any state, for tests of what is to be done about them; and a node that runs them, for tests of what
// is.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { seededRandom, silentLogger, systemClock } from '../base/index.ts'
import type { KubeClient, KubeKey, KubeObject } from '../objects/index.ts'
import { openTestObjects, untilWithin } from '../objects/testing.ts'
import { JobController } from './job-controller.ts'
import { type JobEnd, planJob, type JobPlan } from './job-plan.ts'
import {
  type Condition,
  FAILURES_ANNOTATION,
  hasCondition,
  INDEX_LABEL,
  JOB,
  type JobSpec,
  type JobStatus,
  jobStatusOf,
  POD,
  TRACKING_FINALIZER,
} from './objects.ts'
import { PodFolders } from './pod-folders.ts'
import { PodOutput } from './pod-output.ts'
import { PodRunner } from './pod-runner.ts'
import { ProcessExecutor } from './process-executor.ts'

export const NOW: number = Date.UTC(2026, 0, 1)
export const SECOND_MS = 1000

export const time = (ago = 0): string =>
  `${new Date(NOW - ago * SECOND_MS).toISOString().slice(0, 19)}Z`

export function jobOf(spec: Partial<JobSpec> = {}, status: JobStatus = {}): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default', uid: 'job-uid' },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c' }] } },
      ...spec,
    },
    status,
  }
}

export interface PodWish {
  readonly uid: string
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  readonly isTracked?: boolean
  readonly endedAgo?: number
  readonly index?: number
  readonly restarts?: number
  readonly exitCode?: number
  readonly conditions?: readonly Condition[]
  /** How often its index failed before. */
  readonly failedBefore?: number
  readonly isTerminating?: boolean
  readonly createdAgo?: number
}

export function podOf({
  uid,
  phase,
  isTracked = true,
  endedAgo = 0,
  index,
  restarts = 0,
  exitCode = phase === 'Succeeded' ? 0 : 1,
  conditions = [],
  failedBefore,
  isTerminating = false,
  createdAgo = 100,
}: PodWish): KubeObject {
  const hasEnded = phase === 'Succeeded' || phase === 'Failed'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: uid,
      namespace: 'default',
      uid,
      creationTimestamp: time(createdAgo),
      ...(isTracked ? { finalizers: [TRACKING_FINALIZER] } : {}),
      ...(index === undefined ? {} : { labels: { [INDEX_LABEL]: String(index) } }),
      ...(failedBefore === undefined
        ? {}
        : { annotations: { [FAILURES_ANNOTATION]: String(failedBefore) } }),
      ...(isTerminating ? { deletionTimestamp: time() } : {}),
    },
    spec: { nodeName: 'signalbox', containers: [{ name: 'c' }] },
    status: {
      phase,
      conditions,
      containerStatuses: [
        {
          name: 'c',
          restartCount: restarts,
          state: hasEnded
            ? { terminated: { exitCode, finishedAt: time(endedAgo) } }
            : { running: {} },
        },
      ],
    },
  }
}

export const plan = (job: KubeObject, ...pods: readonly PodWish[]): JobPlan =>
  planJob(
    job,
    pods.map((pod) => podOf(pod)),
    NOW,
  )

export const uids = (pods: readonly KubeObject[]): readonly string[] =>
  pods.map(({ metadata }) => metadata.uid!)

const DEADLINE_MS = 20_000
export const untilSoon: ReturnType<typeof untilWithin> = untilWithin(DEADLINE_MS)
const PATH = process.env['PATH'] ?? ''

export interface Node {
  readonly client: KubeClient
  readonly output: PodOutput
  /** How jobs ended, as the bus was told. */
  readonly ends: JobEnd[]
  /** While true, the bus takes nothing. */
  isDeaf: boolean
  /** As when the server is started again. */
  restart(): Promise<void>
}

export async function openNode(context: TestContext): Promise<Node> {
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
    const jobs = new JobController({
      ...parts,
      onJobEnded: async (_, end) => {
        if (node.isDeaf) throw new Error('the bus takes nothing')
        ends.push(end)
      },
    })
    const executors = [new ProcessExecutor({ programs, path: PATH, clock: systemClock })]
    const runner = new PodRunner({ ...parts, executors, output, folders })
    await runner.start()
    await jobs.start()
    return { jobs, runner }
  }
  const node: Node = { client, output, ends, isDeaf: false, restart: async () => undefined }
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
  return Object.assign(node, {
    async restart() {
      await close()
      running = await open()
    },
  })
}

export function jobWith(
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

export function jobKey(name: string): KubeKey {
  return { ...JOB, namespace: 'default', name }
}

export async function endOfJob({ client }: Node, name: string): Promise<KubeObject> {
  return untilSoon(async () => {
    const job = await client.get(jobKey(name))
    if (job === undefined) return false
    const status = jobStatusOf(job)
    return hasCondition(status, 'Complete') || hasCondition(status, 'Failed') ? job : false
  }, `job ${name} has ended`)
}

export async function podsOfJob({ client }: Node, job: string): Promise<readonly KubeObject[]> {
  const query = { namespace: 'default', labelSelector: `job-name=${job}` }
  return (await client.list(POD, query)).items
}

export async function logOf(node: Node, pod: KubeObject, wish: object = {}): Promise<string> {
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

export async function sayingsOf({ client }: Node, name: string): Promise<readonly string[]> {
  const fieldSelector = `involvedObject.name=${name}`
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event' }, { fieldSelector })
  return items.map((event) => `${String(event['reason'])}: ${String(event['message'])}`)
}
