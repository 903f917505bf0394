// Keeps each EventTrigger's status: which clusters it is about, and how what it deployed there is doing. Takes back what
// it deployed for a cluster that it is not about any more.

import { isDeepStrictEqual } from 'node:util'
import type { Clock, Logger, Random, Timer } from '../base/index.ts'
import { Controller, Informer, type KubeClient, type KubeObject } from '../objects/index.ts'
import { matchingClusters, referenceOf } from './clusters.ts'
import { STATUS_ENTRIES_MAX, STATUS_MS } from './limits.ts'
import { CLUSTER, digest, EVENT_TRIGGER, PROFILE } from './names.ts'
import type { Profiles } from './profiles.ts'
import {
  type ClusterState,
  type ClusterReference,
  triggerSpecOf,
  profileSpecOf,
  triggerStatusOf,
  profileStatusOf,
} from './shapes.ts'
import { Teller } from './teller.ts'
import { ignoredOf, refusalOf } from './unsupported.ts'

export interface TriggerControllerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly profiles: Profiles
  /** What stands in the way of a trigger's last event on a cluster, before there was a profile. */
  readonly faultOf: (trigger: KubeObject, cluster: ClusterReference) => string | undefined
}

export class TriggerController {
  readonly #options: TriggerControllerOptions
  readonly #controller: Controller
  readonly #informer: Informer
  /** By the name of their trigger, then by their own. */
  readonly #profiles = new Map<string, Map<string, KubeObject>>()
  /** Triggers that are looked at soon: many profiles change together. */
  readonly #soon = new Map<string, Timer>()
  readonly #teller: Teller
  /** By name, the form of a trigger of which was said what is not done. */
  readonly #said = new Map<string, string>()

  constructor(options: TriggerControllerOptions) {
    this.#options = options
    this.#teller = new Teller(options)
    this.#controller = new Controller({
      ...options,
      name: 'event-trigger-controller',
      type: EVENT_TRIGGER,
      related: [{ type: CLUSTER, concerns: (_, all) => all.map(nameOf) }],
      reconcile: ({ name }, told) => this.#reconcile(name, told),
    })
    this.#informer = new Informer({
      ...options,
      type: PROFILE,
      onChange: (next, previous) => {
        this.#changed(next, (next ?? previous)!)
      },
    })
  }

  async start(): Promise<void> {
    await this.#informer.start()
    await this.#controller.start()
  }

  /** Looks at it soon: a fault came or went. */
  look({ metadata }: KubeObject): void {
    this.#controller.enqueue({ namespace: undefined, name: metadata.name })
  }

  async close(): Promise<void> {
    for (const timer of this.#soon.values()) timer.cancel()
    this.#soon.clear()
    await this.#informer.close()
    await this.#controller.close()
  }

  #changed(next: KubeObject | undefined, { metadata }: KubeObject): void {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === EVENT_TRIGGER.kind)
    if (owner === undefined) return
    const { name } = owner
    const own = this.#profiles.get(name) ?? new Map<string, KubeObject>()
    if (next === undefined) own.delete(metadata.name)
    else own.set(metadata.name, next)
    if (own.size === 0) this.#profiles.delete(name)
    else this.#profiles.set(name, own)
    if (this.#soon.has(name)) return
    const look = (): void => {
      this.#soon.delete(name)
      this.#controller.enqueue({ namespace: undefined, name })
    }
    this.#soon.set(name, this.#options.clock.setTimer(STATUS_MS, look))
  }

  async #reconcile(name: string, told: KubeObject | undefined): Promise<undefined> {
    const { client } = this.#options
    const trigger = told === undefined ? undefined : await client.get({ ...EVENT_TRIGGER, name })
    if (trigger === undefined) this.#said.delete(name)
    if (trigger === undefined || trigger.metadata.deletionTimestamp !== undefined) return undefined
    const spec = triggerSpecOf(trigger)
    const clusters = (await matchingClusters(client, spec.sourceClusterSelector)).map(referenceOf)
    const profiles = this.#profilesOf(trigger)
    for (const profile of profiles) {
      const isWanted = clusters.some((cluster) => isOn(profile, cluster))
      if (!isWanted) await this.#options.profiles.delete(profile.metadata.name)
    }
    await this.#say(trigger)
    await this.#report(trigger, clusters, profiles)
    return undefined
  }

  /** What of it is not done here: of each form of a trigger once. */
  async #say(trigger: KubeObject): Promise<void> {
    const { uid = '', generation = 0, name } = trigger.metadata
    if (this.#said.get(name) === `${uid} ${generation}`) return
    this.#said.set(name, `${uid} ${generation}`)
    const spec = triggerSpecOf(trigger)
    const refusal = refusalOf(spec)
    for (const message of [...(refusal === undefined ? [] : [refusal]), ...ignoredOf(spec)])
      await this.#teller.tell(trigger, { type: 'Warning', reason: 'NotSupported', message })
  }

  #profilesOf({ metadata }: KubeObject): readonly KubeObject[] {
    const own = this.#profiles.get(metadata.name)?.values() ?? []
    return Array.from(own).filter((profile) =>
      profile.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid),
    )
  }

  async #report(
    trigger: KubeObject,
    clusters: readonly ClusterReference[],
    profiles: readonly KubeObject[],
  ): Promise<void> {
    const before = triggerStatusOf(trigger)
    const clusterInfo = clusters.slice(0, STATUS_ENTRIES_MAX).flatMap((cluster) => {
      const own = profiles.filter((profile) => isOn(profile, cluster))
      const fault = this.#options.faultOf(trigger, cluster)
      const known = before.clusterInfo?.find((one) => isSame(one.cluster, cluster))
      return stateOf({ cluster, trigger, profiles: own, fault, known })
    })
    const status = {
      ...before,
      matchingClusters: clusters.slice(0, STATUS_ENTRIES_MAX),
      clusterInfo,
    }
    if (isDeepStrictEqual(before, status)) return
    await this.#options.client.update({ ...trigger, status }, { subresource: 'status' })
  }
}

interface StateParts {
  readonly cluster: ClusterReference
  readonly trigger: KubeObject
  readonly profiles: readonly KubeObject[]
  readonly fault: string | undefined
  readonly known: ClusterState | undefined
}

/** The worst that is known; a fault from before a restart stands until something else is known. */
function stateOf({
  cluster,
  trigger,
  profiles,
  fault,
  known,
}: StateParts): readonly ClusterState[] {
  const hash = Buffer.from(digest(JSON.stringify(trigger['spec'])), 'hex').toString('base64')
  const refusal = refusalOf(triggerSpecOf(trigger))
  if (refusal !== undefined)
    return [{ cluster, hash, status: 'FailedNonRetriable', failureMessage: refusal }]
  const states = profiles.map((profile) => profileStatusOf(profile))
  const failed = states.find(({ phase }) => phase === 'Failed')
  const failureMessage = fault ?? failed?.message
  if (failureMessage !== undefined) return [{ cluster, hash, status: 'Failed', failureMessage }]
  if (states.length === 0) return known?.status === 'Failed' ? [known] : []
  const isDone = states.every(({ phase }) => phase === 'Provisioned')
  return [{ cluster, hash, status: isDone ? 'Provisioned' : 'Provisioning' }]
}

function isOn(profile: KubeObject, cluster: ClusterReference): boolean {
  return profileSpecOf(profile).clusterRefs.some((one) => isSame(one, cluster))
}

function isSame(a: ClusterReference, b: ClusterReference): boolean {
  return a.namespace === b.namespace && a.name === b.name
}

function nameOf({ metadata }: KubeObject): {
  readonly namespace: undefined
  readonly name: string
} {
  return { namespace: undefined, name: metadata.name }
}
