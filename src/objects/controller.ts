// The loop of every controller: look at what is wanted and what is, one object at a time, until they agree. What fails
// is looked at again, later each time; what changes meanwhile is looked at once more.
//
// Invariant: one key is never worked on by two at a time.

import { type Clock, describeError, type Logger } from '../base/index.ts'
import { Informer, nameOf } from './informer.ts'
import type { KubeClient, KubeType } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeObject } from './kube-object.ts'
import { WorkQueue } from './work-queue.ts'

export interface ObjectName {
  readonly namespace: string | undefined
  readonly name: string
}

export interface ControllerOptions {
  readonly name: string
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  /** What is brought into agreement. */
  readonly type: KubeType
  /** Others whose changes concern it: which objects of `type` to look at when one of them changes. */
  readonly related?: readonly {
    readonly type: KubeType
    readonly concerns: (object: KubeObject, all: readonly KubeObject[]) => readonly ObjectName[]
  }[]
  /** Looks at one object; `undefined` when it is gone. Answers after how many milliseconds to look again, if at all. */
  readonly reconcile: (
    name: ObjectName,
    object: KubeObject | undefined,
  ) => Promise<number | undefined>
  /** Told at once of an object that is gone, as it was last told; it is looked at after. */
  readonly onGone?: (last: KubeObject) => void
  /** How many at once; 1 when absent. */
  readonly workers?: number
}

export class Controller {
  readonly #options: ControllerOptions
  readonly #queue: WorkQueue
  readonly #main: Informer
  readonly #others: readonly Informer[]
  readonly #stop = new AbortController()
  #workers: readonly Promise<void>[] = []

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#queue = new WorkQueue(options.clock)
    const { client, clock, logger } = options
    const parts = { client, clock, logger }
    this.#main = new Informer({
      ...parts,
      type: options.type,
      onChange: (next, previous) => {
        // Another may have its name already.
        if (previous !== undefined && next?.metadata.uid !== previous.metadata.uid)
          options.onGone?.(previous)
        this.#queue.add(nameOf((next ?? previous!).metadata))
      },
    })
    this.#others = (options.related ?? []).map(
      ({ type, concerns }) =>
        new Informer({
          ...parts,
          type,
          onChange: (next, previous) => {
            const all = this.#main.all()
            for (const name of concerns((next ?? previous)!, all)) this.#queue.add(nameOf(name))
          },
        }),
    )
  }

  /** Resolves when everything that is there is known; from then on it is worked on. */
  async start(): Promise<void> {
    await Promise.all(this.#others.map((informer) => informer.start()))
    await this.#main.start()
    const { workers = 1 } = this.#options
    this.#workers = Array.from({ length: workers }, () => this.#work())
  }

  /** Looks at an object soon. */
  enqueue(name: ObjectName): void {
    this.#queue.add(nameOf(name))
  }

  /** The objects of the controller's own kind, as last told. */
  objects(): readonly KubeObject[] {
    return this.#main.all()
  }

  /** The objects of all related kinds, as last told. */
  relatives(): readonly KubeObject[] {
    return this.#others.flatMap((informer) => informer.all())
  }

  /** The objects of a related kind, as last told. */
  related(kind: string): readonly KubeObject[] {
    const index = (this.#options.related ?? []).findIndex(({ type }) => type.kind === kind)
    return this.#others[index]?.all() ?? []
  }

  get isIdle(): boolean {
    return this.#queue.isIdle
  }

  /** Lets the work in hand end. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#queue.close()
    await Promise.all([this.#main, ...this.#others].map((informer) => informer.close()))
    await Promise.all(this.#workers)
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      const key = await this.#queue.take(signal)
      if (key === undefined) return
      await this.#look(key)
    }
  }

  async #look(key: string): Promise<void> {
    const { name: controller, reconcile, logger } = this.#options
    const slash = key.indexOf('/')
    const name: ObjectName = {
      namespace: slash === -1 ? undefined : key.slice(0, slash),
      name: key.slice(slash + 1),
    }
    try {
      const againMs = await reconcile(name, this.#main.get(name))
      this.#queue.done(key)
      if (againMs !== undefined) this.#queue.addAfter(key, againMs)
    } catch (error) {
      const againMs = this.#queue.failed(key)
      // Somebody else wrote in between: the next look sees what.
      if (isKubeError(error, 'Conflict')) return
      logger.warn('an object could not be brought into agreement', {
        controller,
        object: key,
        error: describeError(error),
        againMs,
      })
    }
  }
}
