// Keeps jobs going: looks at a job and its pods, plans, and does what the plan says, in an order in which a crash
// between any two steps loses and doubles nothing.
//
// Invariant: a pod is let go only when the status that accounts for it is stored.
// Invariant: the end of a job is told on the bus before its status says so: at least once, under one id. One that is
// deleted when its pods had come to an end, and before its status could say so, is told of as well.

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
import { endOfGone, type Gone, hasEndedBadly, type JobEnd, planJob } from './job-plan.ts'
import { JOB_WORKERS } from './limits.ts'
import {
  FAILURES_ANNOTATION,
  IGNORED_ANNOTATION,
  INDEX_LABEL,
  JOB,
  jobSpecOf,
  NAME_LABEL,
  POD,
  TRACKING_FINALIZER,
  UID_LABEL,
} from './objects.ts'

/** Told when a job is about to be over; rejects when that could not be put on the bus, and is then told again. */
export type OnJobEnded = (job: KubeObject, end: JobEnd) => Promise<void>

/** What a job says that is left to this controller, as the default. */
const MANAGER = 'kubernetes.io/job-controller'

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
  /** Jobs that are gone and whose pods were not let go yet, by their name. */
  readonly #gone = new Map<string, Gone[]>()

  constructor(options: JobControllerOptions) {
    this.#options = options
    this.#recorder = new EventRecorder({ ...options, component: 'job-controller' })
    this.#controller = new Controller({
      ...options,
      name: 'job-controller',
      type: JOB,
      related: [{ type: POD, concerns: (pod) => jobsOf(pod) }],
      reconcile: (name, job) => this.#reconcile(name, job),
      onGone: (job) => this.#remember(job),
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
    const isGoing = job?.metadata.deletionTimestamp !== undefined
    // Of one that is deleted already, the watch may tell later.
    const isGone = told !== undefined && told.metadata.uid !== job?.metadata.uid
    await this.#closeGone(key, isGone ? [told] : isGoing ? [job] : [])
    const named = await this.#podsNamed(key)
    const counted = isGoing ? undefined : job?.metadata.uid
    // A cluster's controller as well lets go of what no job counts any more.
    for (const pod of named) if (!isOwnedBy(pod, counted)) await this.#release(pod)
    if (job === undefined || isGoing) return undefined
    const { manualSelector = false, managedBy = MANAGER } = jobSpecOf(job)
    if (managedBy !== MANAGER) return undefined
    const pods = manualSelector
      ? await this.#podsOf(job)
      : named.filter((pod) => isOwnedBy(pod, counted))
    const plan = planJob(job, pods, clock.now())
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
    for (const pod of plan.withdraw) {
      await this.#release(pod)
      await this.#remove(job, pod)
    }
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
    return items.filter((pod) => isOwnedBy(pod, uid))
  }

  #remember(job: KubeObject): void {
    const key = textOf(job.metadata)
    this.#gone.set(key, [...(this.#gone.get(key) ?? []), this.#asGone(job)])
  }

  #asGone(job: KubeObject): Gone {
    const pods = this.#controller.relatives().filter((pod) => isOwnedBy(pod, job.metadata.uid))
    const bad = pods.filter((pod) => hasEndedBadly(pod)).map(({ metadata }) => metadata.uid!)
    return { job, failed: new Set(bad) }
  }

  /** Jobs that are gone, or are going: how they ended is told if they did, and their pods count nothing any more. */
  async #closeGone(name: ObjectName, going: readonly KubeObject[]): Promise<void> {
    const key = textOf(name)
    const gone = this.#gone.get(key) ?? []
    for (const one of [...gone, ...going.map((job) => this.#asGone(job))]) {
      const pods = await this.#podsOf(one.job)
      const end = endOfGone(one, pods, this.#options.clock.now())
      if (end !== undefined) await this.#options.onJobEnded(one.job, end)
      for (const pod of pods) await this.#release(pod)
    }
    const later = (this.#gone.get(key) ?? []).slice(gone.length)
    if (later.length === 0) this.#gone.delete(key)
    else this.#gone.set(key, later)
  }

  /** Those that jobs of this name made, this one or others before it. */
  async #podsNamed({ namespace = '', name }: ObjectName): Promise<readonly KubeObject[]> {
    const query = { namespace, labelSelector: `${NAME_LABEL}=${name}` }
    return (await this.#options.client.list(POD, query)).items
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

function textOf({
  namespace = '',
  name,
}: {
  namespace?: string | undefined
  name: string
}): string {
  return `${namespace}/${name}`
}

function isOwnedBy({ metadata }: KubeObject, uid: string | undefined): boolean {
  if (uid === undefined) return false
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false
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
