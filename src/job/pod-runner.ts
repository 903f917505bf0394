// The node of this machine: takes the pods that are there, runs each, and takes away what is left of one that is gone.

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
import type { Executor } from './executor.ts'
import { POD_WORKERS, PODS_RUNNING_MAX } from './limits.ts'
import { isEnded, POD, podSpecOf } from './objects.ts'
import type { PodFolders } from './pod-folders.ts'
import type { PodOutput } from './pod-output.ts'
import { PodRun } from './pod-run.ts'

export const NODE_NAME = 'signalbox'
const SECOND_MS = 1000
const GRACE_SECONDS = 30

export interface PodRunnerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The first that serves an image runs it. */
  readonly executors: readonly Executor[]
  readonly output: PodOutput
  readonly folders: PodFolders
}

export class PodRunner {
  readonly #options: PodRunnerOptions
  readonly #controller: Controller
  readonly #recorder: EventRecorder
  /** By the name of the pod. */
  readonly #runs = new Map<string, PodRun>()
  /** Pods that wait for another to end. */
  readonly #waiting = new Map<string, ObjectName>()
  #isClosed = false

  constructor(options: PodRunnerOptions) {
    this.#options = options
    this.#recorder = new EventRecorder({ ...options, component: 'kubelet' })
    this.#controller = new Controller({
      ...options,
      name: 'pod-runner',
      type: POD,
      reconcile: (name, pod) => this.#reconcile(name, pod),
      workers: POD_WORKERS,
    })
  }

  /** Resolves when every pod is known; those that ran before go on, or are known to be lost. */
  async start(): Promise<void> {
    const { items } = await this.#options.client.list(POD)
    await this.#options.folders.keepOnly(new Set(items.map(({ metadata }) => metadata.uid!)))
    await this.#controller.start()
  }

  /** Containers that can outlive this server are left to the next one; the others end. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const run of this.#runs.values()) run.leave()
    await this.#controller.close()
  }

  async #reconcile(name: ObjectName, told: KubeObject | undefined): Promise<undefined> {
    if (this.#isClosed) return
    const key = { ...POD, ...name }
    const pod = told === undefined ? undefined : await this.#options.client.get(key)
    const run = this.#runs.get(textOf(name))
    if (run !== undefined && run.uid !== pod?.metadata.uid) {
      run.stop(0)
      return
    }
    if (pod === undefined) this.#waiting.delete(textOf(name))
    else if (pod.metadata.deletionTimestamp !== undefined) await this.#terminate(pod, run)
    else if (run === undefined && !isEnded(pod)) await this.#begin(name, pod)
  }

  async #begin(name: ObjectName, pod: KubeObject): Promise<void> {
    const { nodeName } = podSpecOf(pod)
    if (nodeName !== undefined && nodeName !== NODE_NAME) return
    if (this.#runs.size >= PODS_RUNNING_MAX) {
      this.#waiting.set(textOf(name), name)
      return
    }
    this.#waiting.delete(textOf(name))
    const bound = nodeName === undefined ? await this.#bind(pod) : pod
    const run = new PodRun(bound, { ...this.#options, recorder: this.#recorder })
    this.#runs.set(textOf(name), run)
    void run.ended.then(() => {
      this.#runs.delete(textOf(name))
      this.#controller.enqueue(name)
      const [next] = this.#waiting.values()
      if (next !== undefined) this.#controller.enqueue(next)
    })
  }

  async #bind(pod: KubeObject): Promise<KubeObject> {
    const { name, namespace } = pod.metadata
    const bound = await this.#options.client.patch(keyOf(pod), 'merge', {
      spec: { nodeName: NODE_NAME },
    })
    await this.#recorder.record(bound, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`,
    })
    return bound
  }

  /** Asked to go: first its containers, then the object, then what it kept here. */
  async #terminate(pod: KubeObject, run: PodRun | undefined): Promise<void> {
    const { client, folders } = this.#options
    const { uid, deletionGracePeriodSeconds = GRACE_SECONDS } = pod.metadata
    if (run !== undefined) {
      run.stop(deletionGracePeriodSeconds * SECOND_MS)
      return
    }
    try {
      await client.delete(keyOf(pod), {
        gracePeriodSeconds: 0,
        preconditions: { uid: uid! },
      })
    } catch (error) {
      if (!isKubeError(error, 'NotFound') && !isKubeError(error, 'Conflict')) throw error
    }
    for (const executor of this.#options.executors) await executor.remove(uid!)
    await folders.remove(uid!)
  }
}

function textOf({ namespace, name }: ObjectName): string {
  return `${namespace ?? ''}/${name}`
}
