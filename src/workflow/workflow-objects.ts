// The objects of workflows: as they were last told, applied and taken away, and why some of them cannot be.

import { type Clock, describeError, type Logger } from '../base/index.ts'
import {
  isKubeError,
  keyOf,
  type KubeClient,
  type KubeObject,
  type KubeType,
  type ObjectName,
} from '../objects/index.ts'
import { applyObject } from './apply-object.ts'
import { HeldObjects } from './held-objects.ts'
import { REFUSED_RETRY_MS_MAX, REFUSED_RETRY_MS_MIN } from './limits.ts'
import { textOf } from './made.ts'
import { ObjectsAtHand } from './objects-at-hand.ts'
import type { ObjectRef } from './plan.ts'
import { placeSecrets, type SecretReader } from './secrets.ts'

export interface WorkflowObjectsOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly readSecret: SecretReader
  /** An object of a workflow has changed. */
  readonly onChange: (workflow: ObjectName) => void
}

interface Refusal {
  readonly message: string
  readonly times: number
}

export class WorkflowObjects {
  readonly #options: WorkflowObjectsOptions
  readonly #atHand: ObjectsAtHand
  readonly #held = new HeldObjects()
  /** Why an object could not be applied, and how often, by workflow and object. */
  readonly #refusals = new Map<string, Map<string, Refusal>>()

  constructor(options: WorkflowObjectsOptions) {
    this.#options = options
    this.#atHand = new ObjectsAtHand(options)
  }

  /** Resolves when the objects of the kind are known. */
  follow(type: KubeType): Promise<void> {
    return this.#atHand.follow(type)
  }

  get(of: ObjectRef): KubeObject | undefined {
    return this.#atHand.get(of)
  }

  /** Whether nobody has changed what the workflow applied. */
  isHeld(object: KubeObject): boolean {
    return this.#held.isHeld(object)
  }

  /** Why the object of the workflow could not be applied. */
  refusal(workflow: string, of: ObjectRef): string | undefined {
    return this.#refusals.get(workflow)?.get(textOf(of))?.message
  }

  /** Whether the workflow is to be looked at again, for what nobody will tell it of. */
  async apply(workflow: string, object: KubeObject): Promise<boolean> {
    const { client, readSecret } = this.#options
    const refusals = this.#refusals.get(workflow) ?? new Map<string, Refusal>()
    const name = textOf(object)
    let isNews = false
    try {
      const seen = this.#atHand.get(object)
      const stored = await applyObject(client, await placeSecrets(object, readSecret))
      this.#held.keep(stored)
      isNews = seen?.metadata.resourceVersion === stored.metadata.resourceVersion
      refusals.delete(name)
    } catch (error) {
      if (!isKubeError(error)) throw error
      const times = (refusals.get(name)?.times ?? 0) + 1
      refusals.set(name, { message: describeError(error), times })
      isNews = times === 1
    }
    if (refusals.size === 0) this.#refusals.delete(workflow)
    else this.#refusals.set(workflow, refusals)
    return isNews
  }

  async remove(object: KubeObject): Promise<void> {
    try {
      await this.#options.client.delete(keyOf(object), { propagationPolicy: 'Background' })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }

  /** When what was refused is to be tried again, milliseconds from now; undefined where nothing was. */
  retryIn(workflow: string): number | undefined {
    const refused = this.#refusals.get(workflow)
    if (refused === undefined) return undefined
    const times = Math.max(...Array.from(refused.values(), (one) => one.times))
    return Math.min(REFUSED_RETRY_MS_MIN * 2 ** (times - 1), REFUSED_RETRY_MS_MAX)
  }

  forget(workflow: string): void {
    this.#refusals.delete(workflow)
  }

  close(): Promise<void> {
    return this.#atHand.close()
  }
}
