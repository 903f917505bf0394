// Profiles: one per identity, which says that something is to be deployed and for what. An event is dealt with when its
// profile is stored; what comes of it is the profile's affair.

import { channels, type Clock, wait } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeKey, type KubeObject } from '../objects/index.ts'
import { referenceOf } from './clusters.ts'
import { CONFLICTS_MAX, EVENTS_TOGETHER_MAX, GONE_LOOK_MS, GONE_LOOKS_MAX } from './limits.ts'
import {
  CLUSTER_LABEL,
  CLUSTER_NAMESPACE_LABEL,
  EVENT_TRIGGER,
  PROFILE,
  PROFILE_FINALIZER,
  RESOURCE_LABEL,
  TRIGGER_LABEL,
  labelValue,
  labelsOf,
  profileName,
  type Identity,
} from './names.ts'
import { occasionHash } from './occasion.ts'
import {
  type CloudEvent,
  type Occasion,
  type ProfileSpec,
  triggerSpecOf,
  profileSpecOf,
  profileStatusOf,
} from './shapes.ts'
import { TriggerFault } from './trigger-fault.ts'

export interface ProfileWish {
  readonly trigger: KubeObject
  readonly cluster: KubeObject
  readonly parts: readonly string[]
  readonly occasion: Occasion
}

/** Waiting ends by itself, soon enough. */
const NEVER = new AbortController().signal

export class Profiles {
  readonly #client: KubeClient
  readonly #clock: Clock

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Stored when it resolves. The same occasion again changes nothing. */
  async put(wish: ProfileWish): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#putOnce(wish)
      } catch (error) {
        const isRace = isKubeError(error, 'Conflict') || isKubeError(error, 'AlreadyExists')
        if (!isRace || attempt >= CONFLICTS_MAX) throw error
      }
    }
  }

  /** Asks it to go, and so everything that it deployed. */
  async remove(wish: Omit<ProfileWish, 'occasion'>): Promise<void> {
    await this.delete(profileName(identityOf(wish)))
  }

  /** Of those that are for objects, deletes all but these. */
  async keepResources(
    { trigger, cluster }: Pick<ProfileWish, 'trigger' | 'cluster'>,
    stay: ReadonlySet<string>,
  ): Promise<void> {
    const names = new Set(
      Array.from(stay, (parts) =>
        profileName(identityOf({ trigger, cluster, parts: JSON.parse(parts) as string[] })),
      ),
    )
    const labels = [
      `${TRIGGER_LABEL}=${labelValue(trigger.metadata.name)}`,
      `${CLUSTER_LABEL}=${labelValue(cluster.metadata.name)}`,
      `${CLUSTER_NAMESPACE_LABEL}=${labelValue(cluster.metadata.namespace ?? '')}`,
      RESOURCE_LABEL,
    ]
    const { items } = await this.#client.list(PROFILE, { labelSelector: labels.join(',') })
    for (const { metadata } of items)
      if (!names.has(metadata.name)) await this.delete(metadata.name)
  }

  async delete(name: string): Promise<void> {
    try {
      await this.#client.delete({ ...PROFILE, name }, { propagationPolicy: 'Background' })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }

  async #putOnce(wish: ProfileWish): Promise<void> {
    const wanted = profileOf(wish)
    const found = await this.#there(wanted.metadata.name)
    if (found === undefined) {
      await this.#client.create(wanted)
      auditFired(wish, wanted.metadata.name)
      return
    }
    const before = profileSpecOf(found)
    const next = profileSpecOf(wanted)
    const isDone = profileStatusOf(found).phase === 'Provisioned'
    if (next.syncMode === 'OneTime' && isDone) return
    const spec = { ...next, ...together(before, next) }
    if (occasionHash(before) === occasionHash(spec) && before.syncMode === spec.syncMode) return
    await this.#client.update({ ...found, spec })
    auditFired(wish, wanted.metadata.name)
  }

  /** One that is on its way out is waited for. */
  async #there(name: string): Promise<KubeObject | undefined> {
    const key: KubeKey = { ...PROFILE, name }
    for (let look = 0; look < GONE_LOOKS_MAX; look += 1) {
      const found = await this.#client.get(key)
      if (found?.metadata.deletionTimestamp === undefined) return found
      await wait(this.#clock, GONE_LOOK_MS, NEVER)
    }
    throw new TriggerFault(`ClusterProfile ${name} is being deleted, which takes too long`)
  }
}

/** Without `oneForEvent` events come together; of one source and subject the last counts. */
function together(before: ProfileSpec, next: ProfileSpec): Pick<ProfileSpec, 'cloudEvents'> {
  if (next.cloudEvents === undefined) return {}
  const kept = (before.cloudEvents ?? []).filter(
    (event) => !next.cloudEvents!.some((one) => isSame(event, one)),
  )
  return { cloudEvents: [...kept, ...next.cloudEvents].slice(-EVENTS_TOGETHER_MAX) }
}

function isSame(a: CloudEvent, b: CloudEvent): boolean {
  return a['source'] === b['source'] && a['subject'] === b['subject']
}

function profileOf(wish: ProfileWish): KubeObject {
  const { trigger, cluster, occasion } = wish
  const { syncMode, stopMatchingBehavior } = triggerSpecOf(trigger)
  const identity = identityOf(wish)
  const { name, uid } = trigger.metadata
  const owner = { ...EVENT_TRIGGER, name, uid: uid!, controller: true, blockOwnerDeletion: false }
  return {
    ...PROFILE,
    metadata: {
      name: profileName(identity),
      labels: labelsOf(identity),
      ownerReferences: [owner],
      finalizers: [PROFILE_FINALIZER],
    },
    spec: {
      clusterRefs: [referenceOf(cluster)],
      ...(syncMode === undefined ? {} : { syncMode }),
      ...(stopMatchingBehavior === undefined ? {} : { stopMatchingBehavior }),
      ...occasion,
    },
  }
}

function identityOf({ trigger, cluster, parts }: Omit<ProfileWish, 'occasion'>): Identity {
  return {
    trigger: trigger.metadata.name,
    clusterNamespace: cluster.metadata.namespace ?? '',
    clusterName: cluster.metadata.name,
    parts,
  }
}

/** What is deployed by the profile is the profile's own; that it was asked for, and by what, is kept. */
function auditFired({ trigger, occasion }: ProfileWish, profile: string): void {
  const event = occasion.cloudEvent ?? occasion.cloudEvents?.at(-1)
  channels.audited.publish({
    plane: 'control',
    action: 'trigger',
    who: `system:trigger:${trigger.metadata.name}`,
    from: event?.['source'] ?? 'objects',
    on: `clusterprofiles ${profile}`,
    result: 'ok',
    ...(event === undefined ? {} : { requestId: event['id'] }),
  })
}
