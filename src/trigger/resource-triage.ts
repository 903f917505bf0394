// Objects as the occasion: for every EventSource with `resourceSelectors` it is known which objects match, and triggers
// that name the source deploy for each of them, or for all together, and withdraw when they match no more. A rule about
// a change matches at the moment of it: what that deployed stays for as long as the object is there.

import { type Clock, describeError, type Logger, type Random } from '../base/index.ts'
import {
  Controller,
  Informer,
  type KubeClient,
  type KubeObject,
  type KubeType,
} from '../objects/index.ts'
import { matchingClusters } from './clusters.ts'
import type { IsNamespaced } from './deployer.ts'
import { FAILED_LOOK_MS, LOOK_MS_MAX, MATCHES_MAX } from './limits.ts'
import { render } from './manifests.ts'
import { CLUSTER, describeObject, EVENT_SOURCE, EVENT_TRIGGER } from './names.ts'
import { templateName } from './occasion.ts'
import { type Profiles, type ProfileWish } from './profiles.ts'
import type { Change } from './rules.ts'
import { chosenByScript } from './scripts.ts'
import { isInPlace, isOfMoment, selects, typeOf } from './selection.ts'
import { type ResourceSelector, sourceSpecOf, triggerSpecOf } from './shapes.ts'
import { Teller } from './teller.ts'
import { TriggerFault } from './trigger-fault.ts'

export interface ResourceTriageOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly profiles: Profiles
  readonly isNamespaced: IsNamespaced
}

interface Matches {
  readonly now: readonly KubeObject[]
  /** At a change that was not dealt with before. */
  readonly changed: readonly Change[]
  /** Those of which a change may have been dealt with: what it deployed stays. */
  readonly kept: ReadonlySet<string>
}

export class ResourceTriage {
  readonly #options: ResourceTriageOptions
  readonly #controller: Controller
  readonly #teller: Teller
  readonly #informers = new Map<string, Informer>()
  /** By source: changes that nobody has looked at yet. */
  readonly #changes = new Map<string, Change[]>()

  constructor(options: ResourceTriageOptions) {
    this.#options = options
    this.#teller = new Teller(options)
    this.#controller = new Controller({
      ...options,
      name: 'event-source-controller',
      type: EVENT_SOURCE,
      related: [EVENT_TRIGGER, CLUSTER].map((type) => ({
        type,
        concerns: (_: KubeObject, all: readonly KubeObject[]) =>
          all
            .filter(hasSelectors)
            .map(({ metadata }) => ({ namespace: undefined, name: metadata.name })),
      })),
      reconcile: ({ name }, source) => this.#reconcile(name, source),
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  async close(): Promise<void> {
    await this.#controller.close()
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.close()))
  }

  async #reconcile(name: string, source: KubeObject | undefined): Promise<number | undefined> {
    const changes = this.#changes.get(name) ?? []
    this.#changes.delete(name)
    try {
      const missing = await this.#watchAll()
      const matches = await this.#match(source, changes)
      await this.#serve(name, matches)
      const lacks = source !== undefined && kindsOf(source).some((kind) => missing.has(kind))
      return lacks ? FAILED_LOOK_MS : undefined
    } catch (error) {
      if (error instanceof TriggerFault && source !== undefined) {
        const message = describeError(error)
        await this.#teller.tell(source, { type: 'Warning', reason: 'EvaluationFailed', message })
        return FAILED_LOOK_MS
      }
      // They are looked at again with everything else.
      if (changes.length > 0)
        this.#changes.set(name, [...changes, ...(this.#changes.get(name) ?? [])])
      throw error
    }
  }

  /** Watches every kind that some source selects, and no other; answers those that are not served. */
  async #watchAll(): Promise<ReadonlySet<string>> {
    const wanted = new Map<string, KubeType>()
    for (const source of this.#controller.objects()) {
      for (const selector of sourceSpecOf(source).resourceSelectors ?? []) {
        wanted.set(keyOf(typeOf(selector)), typeOf(selector))
      }
    }
    for (const [key, informer] of this.#informers) {
      if (wanted.has(key)) continue
      this.#informers.delete(key)
      await informer.close()
    }
    const missing = new Set<string>()
    for (const [key, type] of wanted) {
      if (this.#informers.has(key)) continue
      if ((await this.#options.isNamespaced(type)) === undefined) missing.add(key)
      else await this.#watch(key, type)
    }
    return missing
  }

  async #watch(key: string, type: KubeType): Promise<void> {
    const informer = new Informer({
      ...this.#options,
      type,
      onChange: (next, previous) => {
        this.#changed(key, next, previous)
      },
    })
    this.#informers.set(key, informer)
    await informer.start()
  }

  #changed(key: string, next: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const source of this.#controller.objects()) {
      if (!kindsOf(source).includes(key)) continue
      const { name } = source.metadata
      if (next !== undefined && previous !== undefined) {
        const known = this.#changes.get(name) ?? []
        this.#changes.set(name, [...known, { next, previous }].slice(-MATCHES_MAX))
      }
      this.#controller.enqueue({ namespace: undefined, name })
    }
  }

  async #match(source: KubeObject | undefined, changes: readonly Change[]): Promise<Matches> {
    const { clock } = this.#options
    const until = clock.monotonic() + LOOK_MS_MAX
    const isSelected = async (selector: ResourceSelector, change: Change): Promise<boolean> => {
      if (clock.monotonic() > until) {
        throw new TriggerFault(`looking at all objects takes longer than ${LOOK_MS_MAX} ms`)
      }
      return selects(selector, change, clock)
    }
    const now: KubeObject[] = []
    const changed: Change[] = []
    const kept = new Set<string>()
    const { resourceSelectors = [], aggregatedSelection = '' } =
      source === undefined ? {} : sourceSpecOf(source)
    for (const selector of resourceSelectors) {
      const type = typeOf(selector)
      const objects = this.#informers.get(keyOf(type))?.all() ?? []
      if (isOfMoment(selector)) {
        const those = changes.filter(
          ({ next }) => next.kind === type.kind && next.apiVersion === type.apiVersion,
        )
        for (const change of those) if (await isSelected(selector, change)) changed.push(change)
        for (const next of objects)
          if (isInPlace(selector, { next, previous: undefined })) kept.add(identityOf(next))
      } else {
        for (const next of objects) {
          if (await isSelected(selector, { next, previous: undefined })) now.push(next)
        }
      }
    }
    if (now.length > MATCHES_MAX)
      throw new TriggerFault(`it selects more than ${MATCHES_MAX} objects`)
    const chosen =
      aggregatedSelection === '' ? now : await chosenByScript(aggregatedSelection, now, clock)
    return { now: chosen, changed, kept }
  }

  async #serve(sourceName: string, matches: Matches): Promise<void> {
    const { client } = this.#options
    for (const trigger of (await client.list(EVENT_TRIGGER)).items) {
      if (trigger.metadata.deletionTimestamp !== undefined) continue
      const { eventSourceName, sourceClusterSelector } = triggerSpecOf(trigger)
      if (!eventSourceName.includes('{{') && eventSourceName !== sourceName) continue
      for (const cluster of await matchingClusters(client, sourceClusterSelector)) {
        await this.#serveOne(sourceName, { trigger, cluster }, matches)
      }
    }
  }

  async #serveOne(
    sourceName: string,
    on: Pick<ProfileWish, 'trigger' | 'cluster'>,
    matches: Matches,
  ): Promise<void> {
    const { profiles } = this.#options
    const { trigger, cluster } = on
    try {
      const name = templateName(trigger.metadata.name, cluster)
      const { eventSourceName } = triggerSpecOf(trigger)
      if (render(eventSourceName, name, { Cluster: cluster }) !== sourceName) return
      const wishes = wishesOf(on, matches)
      for (const wish of wishes) await profiles.put(wish)
      const stay = new Set(wishes.map(({ parts }) => JSON.stringify(parts)))
      for (const parts of matches.kept) stay.add(parts)
      await profiles.keepResources(on, stay)
    } catch (error) {
      if (!(error instanceof TriggerFault)) throw error
      await this.#teller.tell(trigger, {
        type: 'Warning',
        reason: 'EventFailed',
        message: describeError(error),
      })
    }
  }
}

function wishesOf(
  on: Pick<ProfileWish, 'trigger' | 'cluster'>,
  { now, changed }: Matches,
): readonly ProfileWish[] {
  if (triggerSpecOf(on.trigger).oneForEvent !== true) {
    const resources = [...now, ...changed.map(({ next }) => next)].map(bare)
    return resources.length === 0 ? [] : [{ ...on, parts: ['resources'], occasion: { resources } }]
  }
  return [
    ...now.map((object) => ({
      ...on,
      parts: partsOf(object),
      occasion: { resource: bare(object) },
    })),
    ...changed.map(({ next, previous }) => ({
      ...on,
      parts: partsOf(next),
      occasion: {
        resource: bare(next),
        ...(previous === undefined ? {} : { oldResource: bare(previous) }),
      },
    })),
  ]
}

/** Who wrote which field is nothing to a template. */
function bare(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function partsOf(object: KubeObject): readonly string[] {
  return ['resource', object.apiVersion, describeObject(object)]
}

function identityOf(object: KubeObject): string {
  return JSON.stringify(partsOf(object))
}

function hasSelectors(source: KubeObject): boolean {
  return (sourceSpecOf(source).resourceSelectors ?? []).length > 0
}

function kindsOf(source: KubeObject): readonly string[] {
  return (sourceSpecOf(source).resourceSelectors ?? []).map((selector) => keyOf(typeOf(selector)))
}

function keyOf({ apiVersion, kind }: KubeType): string {
  return `${apiVersion} ${kind}`
}
