// Decides what an event is for: which EventSources want it, which triggers name those, on which clusters, and what they
// want done.
//
//   event ──wanted by──► EventSource ──named by──► EventTrigger × cluster ──cloudEventAction──► Create | Delete | nothing

import { type Clock, describeError, type Logger, type Random } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import { matchingClusters, referenceOf } from './clusters.ts'
import { wants } from './criteria.ts'
import { SAYING_MS } from './limits.ts'
import { render } from './manifests.ts'
import { EVENT_SOURCE, EVENT_TRIGGER } from './names.ts'
import { templateData, templateName } from './occasion.ts'
import type { Profiles } from './profiles.ts'
import type { ReceivedEvent } from './received-event.ts'
import { type ClusterReference, type Occasion, sourceSpecOf, triggerSpecOf } from './shapes.ts'
import { Teller } from './teller.ts'
import { TriggerFault } from './trigger-fault.ts'

export interface EventTriageOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly profiles: Profiles
  /** A fault of a trigger came or went. */
  readonly onFault: (trigger: KubeObject) => void
}

/** What there is to decide by, read once for many events. */
export interface Circumstances {
  readonly sources: readonly KubeObject[]
  readonly triggers: readonly KubeObject[]
}

export class EventTriage {
  readonly #options: EventTriageOptions
  readonly #teller: Teller
  /** By the trigger's uid and spec and the cluster; gone with the next event that is dealt with. */
  readonly #faults = new Map<string, string>()
  readonly #said = new Map<string, number>()

  constructor(options: EventTriageOptions) {
    this.#options = options
    this.#teller = new Teller(options)
  }

  async look(): Promise<Circumstances> {
    const { client } = this.#options
    const [sources, triggers] = await Promise.all([
      client.list(EVENT_SOURCE),
      client.list(EVENT_TRIGGER),
    ])
    return { sources: sources.items.filter(isStaying), triggers: triggers.items.filter(isStaying) }
  }

  /** Resolves when everything that the event asks for is stored. Rejects when the store does not take it. */
  async see(event: ReceivedEvent, { sources, triggers }: Circumstances): Promise<void> {
    const wanting = sources.filter((source) => wants(sourceSpecOf(source), event))
    if (wanting.length === 0) return
    for (const source of wanting) await this.#tell(source, event)
    const names = new Set(wanting.map(({ metadata }) => metadata.name))
    for (const trigger of triggers) await this.#consider(trigger, event, names)
  }

  faultOf(trigger: KubeObject, cluster: ClusterReference): string | undefined {
    return this.#faults.get(faultKey(trigger, cluster))
  }

  async #consider(
    trigger: KubeObject,
    event: ReceivedEvent,
    sources: ReadonlySet<string>,
  ): Promise<void> {
    const { client } = this.#options
    const spec = triggerSpecOf(trigger)
    // A template names another source on each cluster; any other name is known to be wanted or not.
    const isNamed = spec.eventSourceName.includes('{{') || sources.has(spec.eventSourceName)
    if (!isNamed) return
    for (const cluster of await matchingClusters(client, spec.sourceClusterSelector)) {
      await this.#guard(trigger, cluster, async () => {
        const name = templateName(trigger.metadata.name, cluster)
        const source = render(spec.eventSourceName, name, { Cluster: cluster })
        if (sources.has(source)) await this.#act(trigger, cluster, event)
      })
    }
  }

  async #act(trigger: KubeObject, cluster: KubeObject, event: ReceivedEvent): Promise<void> {
    const { profiles } = this.#options
    const { oneForEvent = false, cloudEventAction = 'Create' } = triggerSpecOf(trigger)
    const cloudEvent = event.cloudEvent()
    const data = templateData({ cloudEvent }, cluster)
    const action = render(cloudEventAction, templateName(trigger.metadata.name, cluster), data)
    const parts = oneForEvent ? ['event', event.source, event.subject] : ['events']
    const occasion: Occasion = oneForEvent ? { cloudEvent } : { cloudEvents: [cloudEvent] }
    if (action.trim() === 'Create') await profiles.put({ trigger, cluster, parts, occasion })
    else if (action.trim() === 'Delete') await profiles.remove({ trigger, cluster, parts })
    else await this.#ignore(trigger, event, action)
  }

  /** Neither is nothing to do: templates give an empty text for events that are not for them. */
  async #ignore(trigger: KubeObject, { type }: ReceivedEvent, action: string): Promise<void> {
    const what = action.trim() === '' ? 'empty' : JSON.stringify(action.trim().slice(0, 100))
    const message = `an event of type ${type} is ignored: its cloudEventAction is ${what}`
    await this.#teller.tell(trigger, { type: 'Normal', reason: 'EventIgnored', message })
  }

  async #guard(trigger: KubeObject, cluster: KubeObject, act: () => Promise<void>): Promise<void> {
    const key = faultKey(trigger, referenceOf(cluster))
    try {
      await act()
      if (this.#faults.delete(key)) this.#options.onFault(trigger)
    } catch (error) {
      const isOrdinary = error instanceof TriggerFault || isKubeError(error, 'Invalid')
      if (!isOrdinary && !isKubeError(error, 'Forbidden')) throw error
      const message = describeError(error)
      this.#faults.set(key, message)
      this.#options.onFault(trigger)
      this.#options.logger.warn('an event could not be dealt with', {
        trigger: trigger.metadata.name,
        error: message,
      })
      await this.#teller.tell(trigger, { type: 'Warning', reason: 'EventFailed', message })
    }
  }

  /** Now and then: `kubectl describe eventsource` shows that it receives something. */
  async #tell(source: KubeObject, { type }: ReceivedEvent): Promise<void> {
    const now = this.#options.clock.monotonic()
    const { name } = source.metadata
    if (now - (this.#said.get(name) ?? -Infinity) < SAYING_MS) return
    this.#said.set(name, now)
    const message = `received an event of type ${type}`
    await this.#teller.tell(source, { type: 'Normal', reason: 'EventReceived', message })
  }
}

function isStaying({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp === undefined
}

function faultKey(
  { metadata, ...trigger }: KubeObject,
  { namespace, name }: ClusterReference,
): string {
  return JSON.stringify([metadata.uid, trigger['spec'], namespace, name])
}
