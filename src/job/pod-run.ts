// One pod, run: its volumes, its first containers one after the other, then the others side by side, each started again
// as its policy says, until all have ended or the pod is stopped.
//
//   prepared ──► init containers ──► containers ──all ended──► Succeeded, Failed
//      └──────────────┴──stop───────────────┴──► every container ended, or never begun

import { type Clock, describeError, type Logger, wait, formatSeconds } from '../base/index.ts'
import {
  isKubeError,
  type EventRecorder,
  type KubeClient,
  type KubeObject,
} from '../objects/index.ts'
import { environmentOf, EnvironmentError } from './environment.ts'
import {
  type ContainerExit,
  type ContainerStart,
  type Executor,
  type RunningContainer,
  StartError,
} from './executor.ts'
import {
  CRASH_BACKOFF_MS_MAX,
  CRASH_BACKOFF_MS_MIN,
  PREPARE_BACKOFF_MS_MAX,
  PREPARE_BACKOFF_MS_MIN,
} from './limits.ts'
import { type Container, POD, podSpecOf, podStatusOf } from './objects.ts'
import type { PodFolders } from './pod-folders.ts'
import type { OutputWriter, PodOutput } from './pod-output.ts'
import { containersOf, PodState } from './pod-state.ts'
import { mountsOf, writeVolumes } from './volumes.ts'

export interface PodRunOptions {
  readonly client: KubeClient
  readonly recorder: EventRecorder
  readonly executors: readonly Executor[]
  readonly output: PodOutput
  readonly folders: PodFolders
  readonly clock: Clock
  readonly logger: Logger
}

/** Of a container that was running when the server went, and is not any more. */
const LOST: ContainerExit = {
  exitCode: 137,
  reason: 'Error',
  message: 'The container could not be found when the server was started again',
}
const SECOND_MS = 1000

export class PodRun {
  readonly #pod: KubeObject
  readonly #options: PodRunOptions
  readonly #state: PodState
  readonly #running = new Map<string, RunningContainer>()
  readonly #halt = new AbortController()
  #isLeft = false
  #graceMs = 0
  #report: Promise<void> = Promise.resolve()
  #hasNews = false
  /** Resolves when every container has ended and the status says so; never after `leave`. */
  readonly ended: Promise<void>

  constructor(pod: KubeObject, options: PodRunOptions) {
    this.#pod = pod
    this.#options = options
    this.#state = new PodState(pod, options.clock.now())
    this.ended = this.#run()
  }

  get uid(): string {
    return this.#pod.metadata.uid!
  }

  /** Asks its containers to end, and makes them end after that time. A shorter time counts. */
  stop(graceMs: number): void {
    if (this.#halt.signal.aborted && graceMs >= this.#graceMs) return
    this.#graceMs = graceMs
    this.#halt.abort()
    for (const container of this.#running.values()) container.stop(graceMs)
  }

  /** The server goes: containers that can outlive it are left to the next one, and nothing more is said of them. */
  leave(): void {
    this.#isLeft = true
    this.#halt.abort()
    for (const container of this.#running.values()) container.leave()
  }

  async #run(): Promise<void> {
    const { clock, folders } = this.#options
    const { initContainers = [], containers, activeDeadlineSeconds } = podSpecOf(this.#pod)
    const deadline =
      activeDeadlineSeconds === undefined
        ? undefined
        : clock.setTimer(activeDeadlineSeconds * SECOND_MS, () => this.#exceed())
    try {
      await folders.create(this.uid)
      await this.#prepare()
      let isGood = true
      for (const container of initContainers) {
        if (isGood) isGood = (await this.#runContainer(container, true)) === 'good'
      }
      if (isGood && !this.#halt.signal.aborted)
        await Promise.all(containers.map((container) => this.#runContainer(container, false)))
    } catch (error) {
      const message = describeError(error)
      this.#options.logger.error('a pod could not be run', {
        pod: this.#pod.metadata.name,
        message,
      })
      this.#state.verdict ??= { phase: 'Failed', reason: 'InternalError', message }
    }
    deadline?.cancel()
    if (this.#isLeft) return new Promise(() => {})
    if (this.#halt.signal.aborted) this.#endRest()
    return this.#tell()
  }

  #exceed(): void {
    this.#state.verdict ??= {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    }
    this.stop((podSpecOf(this.#pod).terminationGracePeriodSeconds ?? 0) * SECOND_MS)
  }

  /** Containers that were stopped before they began. */
  #endRest(): void {
    const time = formatSeconds(this.#options.clock.now())
    for (const { name } of containersOf(this.#pod)) {
      this.#state.finish(name)
      if (this.#state.get(name).state.terminated !== undefined) continue
      const end = { exitCode: LOST.exitCode, reason: 'ContainerStatusUnknown' }
      this.#state.end(name, { ...end, startedAt: time, finishedAt: time }, undefined)
    }
  }

  async #prepare(): Promise<void> {
    const { client, folders, recorder } = this.#options
    for (let tries = 0; !this.#halt.signal.aborted; tries += 1) {
      try {
        await writeVolumes(client, this.#pod, folders.of(this.uid))
        return
      } catch (error) {
        if (!(error instanceof EnvironmentError)) throw error
        const message = `MountVolume.SetUp failed: ${error.message}`
        await recorder.record(this.#pod, { type: 'Warning', reason: 'FailedMount', message })
        await this.#pause(prepareDelayMs(tries))
      }
    }
  }

  async #runContainer(container: Container, isInit: boolean): Promise<'good' | 'bad'> {
    const { name } = container
    const known = this.#state.get(name).state.terminated
    if (known !== undefined && !this.#isAgain(known.exitCode, isInit))
      return this.#finish(name, known.exitCode)
    if (known !== undefined) await this.#backOff(container)
    while (!this.#halt.signal.aborted) {
      const begun = await this.#begin(container)
      if (begun === undefined) return 'bad'
      const exit = await this.#follow(container, begun)
      if (!this.#isAgain(exit.exitCode, isInit)) return this.#finish(name, exit.exitCode)
      await this.#backOff(container)
    }
    return 'bad'
  }

  #finish(name: string, exitCode: number): 'good' | 'bad' {
    this.#state.finish(name)
    return exitCode === 0 ? 'good' : 'bad'
  }

  #isAgain(exitCode: number, isInit: boolean): boolean {
    const { restartPolicy = 'Always' } = podSpecOf(this.#pod)
    if (restartPolicy === 'Never' || this.#halt.signal.aborted) return false
    return exitCode !== 0 || (restartPolicy === 'Always' && !isInit)
  }

  async #backOff({ name }: Container): Promise<void> {
    const { clock, recorder } = this.#options
    const { restartCount } = this.#state.get(name)
    this.#state.restart(name)
    if (restartCount === 0) return
    const delayMs = Math.min(CRASH_BACKOFF_MS_MIN * 2 ** (restartCount - 1), CRASH_BACKOFF_MS_MAX)
    const { metadata } = this.#pod
    const which = `${metadata.name}_${metadata.namespace}(${metadata.uid})`
    const message = `back-off ${delayMs / SECOND_MS}s restarting failed container=${name} pod=${which}`
    this.#state.wait(name, 'CrashLoopBackOff', message)
    void this.#tell()
    const saying = `Back-off restarting failed container ${name} in pod ${which}`
    await recorder.record(this.#pod, { type: 'Warning', reason: 'BackOff', message: saying })
    await wait(clock, delayMs, this.#halt.signal)
  }

  /** A run that goes on, or one begun; undefined when the pod is stopped first. */
  async #begin(container: Container): Promise<Begun | undefined> {
    const { name } = container
    const { state, restartCount } = this.#state.get(name)
    for (let tries = 0; !this.#halt.signal.aborted; tries += 1) {
      try {
        const executor = this.#executorFor(container)
        const writer = this.#options.output.createWriter(this.uid, name, restartCount)
        const start = await this.#startOf(container, restartCount, writer)
        const adopted = tries === 0 ? await executor.adopt(start) : undefined
        if (adopted === undefined && state.running !== undefined)
          return { lost: state.running.startedAt }
        const running = adopted ?? (await executor.start(start))
        writer.begin()
        return { running, writer, startedAt: state.running?.startedAt ?? this.#now() }
      } catch (error) {
        await this.#waitFor(container, error, tries)
      }
    }
    return undefined
  }

  async #waitFor({ name, image = '' }: Container, error: unknown, tries: number): Promise<void> {
    if (!(error instanceof StartError) && !(error instanceof EnvironmentError)) throw error
    const { recorder } = this.#options
    const isPull = error instanceof StartError && error.reason === 'ErrImagePull'
    const reason = error instanceof StartError ? error.reason : 'CreateContainerConfigError'
    this.#state.wait(name, reason, error.message)
    void this.#tell()
    const message = isPull
      ? `Failed to pull image "${image}": ${error.message}`
      : `Error: ${error.message}`
    await recorder.record(this.#pod, { type: 'Warning', reason: 'Failed', message })
    if (isPull) {
      this.#state.wait(
        name,
        'ImagePullBackOff',
        `Back-off pulling image "${image}": ${error.message}`,
      )
      void this.#tell()
    }
    await this.#pause(prepareDelayMs(tries))
  }

  #executorFor({ image = '' }: Container): Executor {
    const executor = this.#options.executors.find((one) => one.serves(image))
    if (executor !== undefined) return executor
    throw new StartError(
      'ErrImagePull',
      `failed to pull image "${image}": no program is declared for it (\`programs\`), and podman is off or not there`,
    )
  }

  async #startOf(container: Container, run: number, writer: OutputWriter): Promise<ContainerStart> {
    const { client, folders } = this.#options
    const { name: podName, namespace = '' } = this.#pod.metadata
    const { hostname = podName } = podSpecOf(this.#pod)
    const env = await environmentOf(client, this.#pod, container)
    const directory = await folders.createFor(this.uid, container.name)
    return {
      id: `signalbox-${this.uid}-${container.name}-${run}`,
      podUid: this.uid,
      podName,
      namespace,
      container,
      env,
      mounts: mountsOf(container, this.#pod, folders.of(this.uid)),
      directory,
      hostname,
      onOutput: (stream, bytes) => writer.write(stream, bytes),
    }
  }

  async #follow(container: Container, begun: Begun): Promise<ContainerExit> {
    const { name } = container
    const { recorder } = this.#options
    if ('lost' in begun) return this.#ended(container, LOST, begun.lost)
    const { running, writer, startedAt } = begun
    this.#running.set(name, running)
    if (this.#halt.signal.aborted) running.stop(this.#graceMs)
    this.#state.set(name, {
      state: { running: { startedAt } },
      ready: true,
      started: true,
      containerID: running.containerId,
      imageID: container.image ?? '',
    })
    void this.#tell()
    await recorder.record(this.#pod, {
      type: 'Normal',
      reason: 'Started',
      message: `Started container ${name}`,
    })
    const exit = await running.ended
    this.#running.delete(name)
    writer.close()
    return this.#ended(container, exit, startedAt, running.containerId)
  }

  #ended(
    { name }: Container,
    exit: ContainerExit,
    startedAt: string,
    containerID?: string,
  ): ContainerExit {
    const end = { ...exit, startedAt, finishedAt: this.#now() }
    this.#state.end(name, end, containerID)
    void this.#tell()
    return exit
  }

  #now(): string {
    return formatSeconds(this.#options.clock.now())
  }

  async #pause(delayMs: number): Promise<void> {
    await wait(this.#options.clock, delayMs, this.#halt.signal)
  }

  /** Stores the status of now; what changes meanwhile is stored behind it, once. */
  #tell(): Promise<void> {
    if (!this.#hasNews) {
      this.#hasNews = true
      this.#report = this.#report.then(() => this.#store())
    }
    return this.#report
  }

  async #store(): Promise<void> {
    this.#hasNews = false
    if (this.#isLeft) return
    const { client, clock, logger } = this.#options
    const { name, namespace = '' } = this.#pod.metadata
    const key = { ...POD, namespace, name }
    try {
      const there = await client.get(key)
      if (there?.metadata.uid !== this.uid) return
      const status = this.#state.status(clock.now(), podStatusOf(there).conditions)
      await client.patch(key, 'merge', JSON.parse(JSON.stringify({ status })), {
        subresource: 'status',
        fieldManager: 'kubelet',
      })
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return
      logger.warn('the status of a pod could not be stored', {
        pod: name,
        error: describeError(error),
      })
    }
  }
}

type Begun =
  | {
      readonly running: RunningContainer
      readonly writer: OutputWriter
      readonly startedAt: string
    }
  | { readonly lost: string }

function prepareDelayMs(tries: number): number {
  return Math.min(PREPARE_BACKOFF_MS_MIN * 2 ** tries, PREPARE_BACKOFF_MS_MAX)
}
