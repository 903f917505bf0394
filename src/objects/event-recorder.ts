// What a controller has to say of an object, as core Events: `kubectl describe` shows them. The same said again counts
// up rather than piling up.

import { type Clock, type Random, formatSeconds } from '../base/index.ts'
import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeObject } from './kube-object.ts'

export interface EventRecorderOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  /** Who speaks, `job-controller`. */
  readonly component: string
}

export interface Saying {
  readonly type: 'Normal' | 'Warning'
  /** One word, `SuccessfulCreate`. */
  readonly reason: string
  readonly message: string
}

const NAMESPACE_OF_CLUSTER = 'default'
const REMEMBERED_MAX = 4096

export class EventRecorder {
  readonly #options: EventRecorderOptions
  /** The name of the Event that says a thing of an object; the oldest are forgotten. */
  readonly #said = new Map<string, string>()

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  async record(regarding: KubeObject, saying: Saying): Promise<void> {
    const namespace = regarding.metadata.namespace ?? NAMESPACE_OF_CLUSTER
    const { type, reason, message } = saying
    const key = JSON.stringify([regarding.metadata.uid, type, reason, message])
    const name = this.#said.get(key)
    if (name !== undefined && (await this.#countUp(namespace, name))) return
    const created = await this.#create(regarding, saying, namespace)
    if (created === undefined) return
    this.#said.set(key, created)
    const [oldest] = this.#said.keys()
    if (this.#said.size > REMEMBERED_MAX && oldest !== undefined) this.#said.delete(oldest)
  }

  async #countUp(namespace: string, name: string): Promise<boolean> {
    const { client, clock } = this.#options
    const key = { apiVersion: 'v1', kind: 'Event', namespace, name }
    const event = await client.get(key)
    if (event === undefined) return false
    const count = typeof event['count'] === 'number' ? event['count'] : 1
    await client.patch(key, 'merge', {
      count: count + 1,
      lastTimestamp: formatSeconds(clock.now()),
    })
    return true
  }

  /** Undefined where nothing can be said any more: the namespace is going. */
  async #create(
    { apiVersion, kind, metadata }: KubeObject,
    { type, reason, message }: Saying,
    namespace: string,
  ): Promise<string | undefined> {
    const { client, clock, random, component } = this.#options
    const now = formatSeconds(clock.now())
    const suffix = Buffer.from(random.bytes(8)).toString('hex')
    try {
      const { metadata: made } = await client.create({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${metadata.name}.${suffix}`, namespace },
        involvedObject: {
          apiVersion,
          kind,
          name: metadata.name,
          ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
          ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
          ...(metadata.resourceVersion === undefined
            ? {}
            : { resourceVersion: metadata.resourceVersion }),
        },
        reason,
        message,
        type,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        source: { component },
        reportingComponent: component,
        reportingInstance: '',
      })
      return made.name
    } catch (error) {
      if (isKubeError(error, 'Forbidden') || isKubeError(error, 'NotFound')) return undefined
      throw error
    }
  }
}
