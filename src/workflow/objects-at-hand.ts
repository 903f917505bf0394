// Objects of any kind as they were last told, followed from when a kind is first asked for; and whoever wants to know
// told of the workflow that a changed object belongs to.

import type { Clock, Logger } from '../base/index.ts'
import {
  Informer,
  isKubeError,
  type KubeClient,
  type KubeObject,
  type KubeType,
  type ObjectName,
} from '../objects/index.ts'
import { API_VERSION, WORKFLOW_LABEL } from './names.ts'
import type { ObjectRef } from './plan.ts'

export interface ObjectsAtHandOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  /** An object of a workflow has changed. */
  readonly onChange: (workflow: ObjectName) => void
}

export class ObjectsAtHand {
  readonly #options: ObjectsAtHandOptions
  readonly #informers = new Map<string, Informer>()
  readonly #starting = new Map<string, Promise<void>>()

  constructor(options: ObjectsAtHandOptions) {
    this.#options = options
  }

  /** Resolves when the objects of the kind are known; a kind that nobody serves has none. */
  async follow(type: KubeType): Promise<void> {
    const key = keyOf(type)
    const starting = this.#starting.get(key) ?? this.#start(type)
    this.#starting.set(key, starting)
    await starting
  }

  get(of: ObjectRef): KubeObject | undefined {
    return this.#informers.get(keyOf(of))?.get(of.metadata)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.close()))
  }

  async #start(type: KubeType): Promise<void> {
    const { client, clock, logger, onChange } = this.#options
    try {
      await client.list(type, { limit: 1 })
    } catch (error) {
      // Another look is had when the next workflow asks.
      this.#starting.delete(keyOf(type))
      if (isKubeError(error, 'NotFound')) return
      throw error
    }
    const informer = new Informer({
      client,
      clock,
      logger,
      type,
      labelSelector: WORKFLOW_LABEL,
      onChange: (next, previous) => {
        for (const name of workflowsOf((next ?? previous)!)) onChange(name)
      },
    })
    this.#informers.set(keyOf(type), informer)
    await informer.start()
  }
}

/** The workflow that owns an object; of one in no namespace the label says which it is. */
function workflowsOf({ metadata }: KubeObject): readonly ObjectName[] {
  const { namespace, ownerReferences = [], labels = {} } = metadata
  const owners = ownerReferences.filter(({ apiVersion }) => apiVersion === API_VERSION)
  if (owners.length > 0)
    return owners.map(({ kind, name }) => ({
      namespace: kind === 'Workflow' ? namespace : undefined,
      name,
    }))
  const name = labels[WORKFLOW_LABEL]
  return name === undefined
    ? []
    : [{ namespace: undefined, name }, ...(namespace === undefined ? [] : [{ namespace, name }])]
}

function keyOf({ apiVersion, kind }: KubeType): string {
  return `${apiVersion} ${kind}`
}
