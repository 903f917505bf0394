// Keeps each EventTrigger's status: which clusters it is about, and how what it deployed there is doing. Takes back what
// it deployed for a cluster that it is not about any more.

import type { Clock, Logger } from '../base/index.ts'
import { Controller, type KubeClient, type KubeObject } from '../objects/index.ts'
import { matchingClusters, referenceOf } from './clusters.ts'
import { STATUS_ENTRIES_MAX } from './limits.ts'
import { CLUSTER, digest, EVENT_TRIGGER, labelValue, PROFILE, TRIGGER_LABEL } from './names.ts'
import type { Profiles } from './profiles.ts'
import {
  type ClusterState,
  type ClusterReference,
  triggerSpecOf,
  profileSpecOf,
  triggerStatusOf,
  profileStatusOf,
} from './shapes.ts'

export interface TriggerControllerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly profiles: Profiles
  /** What stands in the way of a trigger's last event on a cluster, before there was a profile. */
  readonly faultOf: (trigger: KubeObject, cluster: ClusterReference) => string | undefined
}

export class TriggerController {
  readonly #options: TriggerControllerOptions
  readonly #controller: Controller

  constructor(options: TriggerControllerOptions) {
    this.#options = options
    this.#controller = new Controller({
      ...options,
      name: 'event-trigger-controller',
      type: EVENT_TRIGGER,
      related: [
        { type: CLUSTER, concerns: (_, all) => all.map(nameOf) },
        {
          type: PROFILE,
          concerns: (profile) =>
            (profile.metadata.ownerReferences ?? [])
              .filter(({ kind }) => kind === EVENT_TRIGGER.kind)
              .map(({ name }) => ({ namespace: undefined, name })),
        },
      ],
      reconcile: ({ name }, told) => this.#reconcile(name, told),
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  /** Looks at it soon: a fault came or went. */
  look({ metadata }: KubeObject): void {
    this.#controller.enqueue({ namespace: undefined, name: metadata.name })
  }

  /** As last told. */
  triggers(): readonly KubeObject[] {
    return this.#controller.objects()
  }

  close(): Promise<void> {
    return this.#controller.close()
  }

  async #reconcile(name: string, told: KubeObject | undefined): Promise<undefined> {
    const { client } = this.#options
    const trigger = told === undefined ? undefined : await client.get({ ...EVENT_TRIGGER, name })
    if (trigger === undefined || trigger.metadata.deletionTimestamp !== undefined) return undefined
    const spec = triggerSpecOf(trigger)
    const clusters = (await matchingClusters(client, spec.sourceClusterSelector)).map(referenceOf)
    const profiles = await this.#profilesOf(trigger)
    for (const profile of profiles) {
      const isWanted = clusters.some((cluster) => isOn(profile, cluster))
      if (!isWanted) await this.#options.profiles.delete(profile.metadata.name)
    }
    await this.#report(trigger, clusters, profiles)
    return undefined
  }

  async #profilesOf(trigger: KubeObject): Promise<readonly KubeObject[]> {
    const labelSelector = `${TRIGGER_LABEL}=${labelValue(trigger.metadata.name)}`
    const { items } = await this.#options.client.list(PROFILE, { labelSelector })
    const { uid } = trigger.metadata
    return items.filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.uid === uid),
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
    if (JSON.stringify(before) === JSON.stringify(status)) return
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
