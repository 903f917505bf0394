// Keeps jobs going: looks at a job and its pods, plans, and does what the plan says, in an order in which a crash
// between any two steps loses and doubles nothing.
//
// Invariant: a pod is let go only when the status that accounts for it is stored.
// Invariant: the end of a job is told on the bus before its status says so: at least once, under one id.

import type { Clock, Logger, Random } from '../base/index.ts'
import {
  Controller,
  EventRecorder,
  isKubeError,
  keyOf,
  type KubeClient,
  type KubeObject,
  type ObjectName,
} from '../objects/index.ts'
import type { Carried } from './index-failures.ts'
import { planJob } from './job-plan.ts'
import { JOB_WORKERS } from './limits.ts'
import {
  FAILURES_ANNOTATION,
  IGNORED_ANNOTATION,
  INDEX_LABEL,
  JOB,
  jobSpecOf,
  type JobStatus,
  NAME_LABEL,
  POD,
  TRACKING_FINALIZER,
  UID_LABEL,
} from './objects.ts'

/** Told when a job is about to be over; rejects when that could not be put on the bus, and is then told again. */
export type OnJobEnded = (job: KubeObject, end: JobEnd) => Promise<void>

export interface JobEnd {
  readonly outcome: 'completed' | 'failed'
  /** As the job's status will be. */
  readonly status: JobStatus
}

export interface JobControllerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onJobEnded: OnJobEnded
}

export class JobController {
  readonly #options: JobControllerOptions
  readonly #controller: Controller
  readonly #recorder: EventRecorder

  constructor(options: JobControllerOptions) {
    this.#options = options
    this.#recorder = new EventRecorder({ ...options, component: 'job-controller' })
    this.#controller = new Controller({
      ...options,
      name: 'job-controller',
      type: JOB,
      related: [{ type: POD, concerns: (pod) => jobsOf(pod) }],
      reconcile: (name, job) => this.#reconcile(name, job),
      workers: JOB_WORKERS,
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  close(): Promise<void> {
    return this.#controller.close()
  }

  async #reconcile(
    { namespace, name }: ObjectName,
    told: KubeObject | undefined,
  ): Promise<number | undefined> {
    const { client, clock } = this.#options
    const key = { ...JOB, namespace, name }
    // What a watch tells lags behind what this very loop wrote: a plan is made on what is there.
    const job = told === undefined ? undefined : await client.get(key)
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) {
      await this.#letGo(namespace ?? '', name)
      return undefined
    }
    const plan = planJob(job, await this.#podsOf(job), clock.now())
    if (plan.expire) {
      await client.delete(key, { propagationPolicy: 'Background' })
      return undefined
    }
    if (plan.ended !== undefined)
      await this.#options.onJobEnded(job, { outcome: plan.ended, status: plan.status ?? {} })
    if (plan.status !== undefined)
      await client.update({ ...job, status: plan.status }, { subresource: 'status' })
    for (const pod of plan.release) await this.#release(pod)
    for (const pod of plan.remove) await this.#remove(job, pod)
    for (const index of plan.create) await this.#create(job, index, plan.carried.get(index ?? -1))
    for (const saying of plan.sayings) await this.#recorder.record(job, saying)
    return plan.againMs
  }

  async #podsOf(job: KubeObject): Promise<readonly KubeObject[]> {
    const { namespace = '', uid } = job.metadata
    const labels = jobSpecOf(job).selector?.matchLabels ?? { [UID_LABEL]: uid! }
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
    const { items } = await this.#options.client.list(POD, { namespace, labelSelector })
    return items.filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === uid))
  }

  /** A job that is gone counts nothing any more. */
  async #letGo(namespace: string, name: string): Promise<void> {
    const query = { namespace, labelSelector: `${NAME_LABEL}=${name}` }
    const { items } = await this.#options.client.list(POD, query)
    for (const pod of items) await this.#release(pod)
  }

  async #release(pod: KubeObject): Promise<void> {
    const { client } = this.#options
    const { finalizers = [] } = pod.metadata
    if (!finalizers.includes(TRACKING_FINALIZER)) return
    const left = finalizers.filter((one) => one !== TRACKING_FINALIZER)
    try {
      await client.patch(keyOf(pod), 'merge', {
        metadata: { finalizers: left.length === 0 ? null : left },
      })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }

  async #remove(job: KubeObject, pod: KubeObject): Promise<void> {
    const { name, uid } = pod.metadata
    try {
      await this.#options.client.delete(keyOf(pod), { preconditions: { uid: uid! } })
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return
      throw error
    }
    await this.#recorder.record(job, {
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${name}`,
    })
  }

  async #create(
    job: KubeObject,
    index: number | undefined,
    carried: Carried | undefined,
  ): Promise<void> {
    const pod = await this.#options.client.create(podOf(job, index, carried))
    await this.#recorder.record(job, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${pod.metadata.name}`,
    })
  }
}

function jobsOf(pod: KubeObject): readonly ObjectName[] {
  const { namespace, ownerReferences = [] } = pod.metadata
  return ownerReferences
    .filter(({ apiVersion, kind }) => apiVersion === JOB.apiVersion && kind === JOB.kind)
    .map(({ name }) => ({ namespace, name }))
}

/** The pod that a job makes, for one of its indexes where it has such. */
function podOf(
  job: KubeObject,
  index: number | undefined,
  carried: Carried | undefined,
): KubeObject {
  const { name, namespace, uid } = job.metadata
  const { metadata = {}, spec } = jobSpecOf(job).template
  const indexLabel = index === undefined ? {} : { [INDEX_LABEL]: String(index) }
  const base = index === undefined ? name : `${name}-${index}`
  return {
    ...POD,
    metadata: {
      generateName: `${base}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...metadata.labels, ...indexLabel },
      annotations: { ...metadata.annotations, ...indexLabel, ...annotationsOf(carried) },
      finalizers: [...(metadata.finalizers ?? []), TRACKING_FINALIZER],
      ownerReferences: [{ ...JOB, name, uid: uid!, controller: true, blockOwnerDeletion: true }],
    } as unknown as KubeObject['metadata'],
    spec: index === undefined ? spec : withIndex(spec, base, index),
  }
}

function annotationsOf(carried: Carried | undefined): Readonly<Record<string, string>> {
  if (carried === undefined) return {}
  const { counted, ignored } = carried
  return {
    [FAILURES_ANNOTATION]: String(counted),
    ...(ignored === 0 ? {} : { [IGNORED_ANNOTATION]: String(ignored) }),
  }
}

type Spec = ReturnType<typeof jobSpecOf>['template']['spec']

function withIndex(spec: Spec, hostname: string, index: number): Spec {
  const variable = { name: 'JOB_COMPLETION_INDEX', value: String(index) }
  const withVariable = (container: Spec['containers'][number]): Spec['containers'][number] => ({
    ...container,
    env: [...(container.env ?? []), variable],
  })
  return {
    ...spec,
    hostname: spec.hostname ?? hostname,
    containers: spec.containers.map(withVariable),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map(withVariable) }),
  }
}
