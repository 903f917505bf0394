// What runs a container. An executor knows images, starts one run at a time, and tells when and how it ended; pods,
// restarts and status are no business of its.

import type { Container } from './objects.ts'

export interface ContainerStart {
  /** Names this run and no other, also over a restart of the server. */
  readonly id: string
  readonly podUid: string
  readonly podName: string
  readonly namespace: string
  readonly container: Container
  /** Everything it gets, whole; nothing else is in its environment but what the image itself brings. */
  readonly env: ReadonlyMap<string, string>
  readonly mounts: readonly Mount[]
  /** An empty folder of its own, which goes with the pod. */
  readonly directory: string
  readonly hostname: string
  /** Takes what it says, in pieces. */
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
}

export interface Mount {
  /** On this machine. */
  readonly source: string
  /** In the container. */
  readonly path: string
  readonly isReadOnly: boolean
}

export interface ContainerExit {
  readonly exitCode: number
  readonly reason: 'Completed' | 'Error' | 'OOMKilled' | 'ContainerCannotRun'
  readonly message?: string
}

export interface RunningContainer {
  /** `podman://…`, `process://4711`. */
  readonly containerId: string
  readonly ended: Promise<ContainerExit>
  /** Asks it to end, and makes it end after that time. */
  stop(graceMs: number): void
  /** The server goes: nobody listens any more. What can outlive it does, the rest ends; `ended` may never settle. */
  leave(): void
}

/** Why a container cannot be started, in the word that a pod's status shows. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly reason:
    | 'ErrImagePull'
    | 'ErrImageNeverPull'
    | 'CreateContainerError'
    | 'InvalidImageName'

  constructor(reason: StartError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

export interface Executor {
  readonly name: string
  /** Whether the image is one of its own. */
  serves(image: string): boolean
  /** Rejects with a `StartError`. */
  start(start: ContainerStart): Promise<RunningContainer>
  /** A run that an earlier server started, if it is still known; `undefined` when it is lost. */
  adopt(start: ContainerStart): Promise<RunningContainer | undefined>
  /** Takes away what the runs of a pod left, by its uid. */
  remove(podUid: string): Promise<void>
}
