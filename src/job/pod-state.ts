// The status of a pod while it runs here: what its containers do, and what follows from it.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/

import { formatSeconds } from '../base/index.ts'
import type { KubeObject } from '../objects/index.ts'
import {
  type Condition,
  type Container,
  type ContainerEnd,
  type ContainerState,
  type ContainerStatus,
  podSpecOf,
  type PodStatus,
  podStatusOf,
} from './objects.ts'

const HOST_ADDRESS = '127.0.0.1'

/** Why a pod is over whatever its containers did. */
export interface PodVerdict {
  readonly phase: 'Failed'
  readonly reason: string
  readonly message: string
}

export class PodState {
  readonly #statuses = new Map<string, ContainerStatus>()
  /** Containers that are not started again. */
  readonly #over = new Set<string>()
  readonly #pod: KubeObject
  readonly #startTime: string
  readonly #before: PodStatus
  verdict: PodVerdict | undefined

  /** Goes on from what the pod's status says: an earlier server may have run it. */
  constructor(pod: KubeObject, now: number) {
    this.#pod = pod
    this.#before = podStatusOf(pod)
    this.#startTime = this.#before.startTime ?? formatSeconds(now)
    const { containerStatuses = [], initContainerStatuses = [] } = this.#before
    const known = new Map(
      [...initContainerStatuses, ...containerStatuses].map((one) => [one.name, one]),
    )
    for (const container of containersOf(pod))
      this.#statuses.set(container.name, known.get(container.name) ?? newStatus(container))
  }

  get(name: string): ContainerStatus {
    return this.#statuses.get(name)!
  }

  set(name: string, change: Partial<ContainerStatus>): void {
    this.#statuses.set(name, { ...this.get(name), ...change })
  }

  wait(name: string, reason: string, message?: string): void {
    const waiting = { reason, ...(message === undefined ? {} : { message }) }
    this.set(name, { state: { waiting }, ready: false, started: false })
  }

  /** The container is to be started again; how it ended stays to be seen. */
  restart(name: string): void {
    const { state, restartCount } = this.get(name)
    this.set(name, { lastState: state, restartCount: restartCount + 1 })
  }

  /** The container has ended for good. */
  finish(name: string): void {
    this.#over.add(name)
  }

  end(name: string, end: ContainerEnd, containerID: string | undefined): void {
    const state: ContainerState = { terminated: end }
    const id = containerID === undefined ? {} : { containerID }
    this.set(name, { state, ready: false, started: false, ...id })
  }

  /** As it is to be stored; what others say of the pod, such as `DisruptionTarget`, stays. */
  status(now: number, there: readonly Condition[] = []): PodStatus {
    const { initContainers = [], containers } = podSpecOf(this.#pod)
    const init = initContainers.map(({ name }) => this.get(name))
    const main = containers.map(({ name }) => this.get(name))
    const isOver = containers.every(({ name }) => this.#over.has(name))
    const hasFailed = initContainers.some(
      ({ name }) => this.#over.has(name) && this.get(name).state.terminated?.exitCode !== 0,
    )
    const phase = this.verdict?.phase ?? (hasFailed ? 'Failed' : phaseOf(main, isOver))
    const own = conditionsOf({ init, main, phase, before: this.#before.conditions ?? [] }, now)
    const others = there.filter(({ type }) => own.every((one) => one.type !== type))
    const told = {
      phase,
      ...(this.verdict === undefined
        ? {}
        : { reason: this.verdict.reason, message: this.verdict.message }),
      conditions: [...own, ...others],
      hostIP: HOST_ADDRESS,
      podIP: HOST_ADDRESS,
      podIPs: [{ ip: HOST_ADDRESS }],
      startTime: this.#startTime,
      ...(init.length === 0 ? {} : { initContainerStatuses: init }),
      containerStatuses: main,
      qosClass: 'BestEffort',
    }
    return told
  }
}

export function containersOf(pod: KubeObject): readonly Container[] {
  const { initContainers = [], containers } = podSpecOf(pod)
  return [...initContainers, ...containers]
}

function newStatus({ name, image = '' }: Container): ContainerStatus {
  return {
    name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
  }
}

function phaseOf(
  main: readonly ContainerStatus[],
  isOver: boolean,
): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  if (isOver)
    return main.every(({ state }) => state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed'
  const hasStarted = main.some(
    ({ state, restartCount }) => state.waiting === undefined || restartCount > 0,
  )
  return hasStarted ? 'Running' : 'Pending'
}

interface Seen {
  readonly init: readonly ContainerStatus[]
  readonly main: readonly ContainerStatus[]
  readonly phase: string
  readonly before: readonly Condition[]
}

function conditionsOf({ init, main, phase, before }: Seen, now: number): readonly Condition[] {
  const isInitialised = init.every(({ state }) => state.terminated?.exitCode === 0)
  const isReady = main.every(({ ready }) => ready)
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  const unready = main.filter(({ ready }) => !ready).map(({ name }) => name)
  const why = isOver
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unready.join(' ')}]`,
      }
  const wanted: readonly (readonly [string, boolean, Partial<Condition>])[] = [
    ['PodReadyToStartContainers', !isOver, {}],
    ['Initialized', isInitialised, isInitialised ? {} : { reason: 'ContainersNotInitialized' }],
    ['Ready', isReady, isReady ? {} : why],
    ['ContainersReady', isReady, isReady ? {} : why],
    ['PodScheduled', true, {}],
  ]
  return wanted.map(([type, is, more]) => {
    const status = is ? 'True' : 'False'
    const old = before.find((one) => one.type === type)
    const since = old?.status === status ? old.lastTransitionTime : undefined
    return {
      type,
      status,
      ...more,
      lastProbeTime: null,
      lastTransitionTime: since ?? formatSeconds(now),
    }
  })
}
