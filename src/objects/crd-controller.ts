// Serves the kinds of CRDs: accepts their names, registers their types, and when one is deleted takes its objects away
// first.
//
//   made ──names are free──► NamesAccepted, Established: served ──deleted──► emptied ──► gone
//     └──names are taken──► NamesAccepted=False, until they are free

import { type Clock, type Logger, formatSeconds } from '../base/index.ts'
import { listAt, textAt } from './columns.ts'
import { Controller } from './controller.ts'
import { resourceTypesOf, type StrategyOf } from './crd-resource-types.ts'
import { CRD_FINALIZER } from './crd-type.ts'
import { isEstablished } from './install-kinds.ts'
import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeObject } from './kube-object.ts'
import { NAMESPACE_LOOK_MS } from './limits.ts'
import { apiVersionOf, type ResourceTypes } from './resource-types.ts'
import type { ResourceType } from './resource-type.ts'

const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }

export interface CrdControllerOptions {
  readonly client: KubeClient
  readonly types: ResourceTypes
  readonly clock: Clock
  readonly logger: Logger
  readonly strategyOf: StrategyOf
}

export class CrdController {
  readonly #options: CrdControllerOptions
  readonly #controller: Controller
  /** What each CRD, by its name, has registered. */
  readonly #served = new Map<string, readonly ResourceType[]>()

  constructor(options: CrdControllerOptions) {
    this.#options = options
    this.#controller = new Controller({
      ...options,
      name: 'crd-controller',
      type: CRD,
      reconcile: ({ name }, definition) => this.#reconcile(name, definition),
    })
  }

  /** Resolves when the kinds of every established CRD are served. */
  async start(): Promise<void> {
    const { items } = await this.#options.client.list(CRD)
    for (const definition of items) {
      // What it says of itself is not enough: whoever may write the status could say it of a name that is taken.
      if (isEstablished(definition) && this.#conflictOf(definition) === undefined)
        this.#serve(definition)
    }
    await this.#controller.start()
  }

  close(): Promise<void> {
    return this.#controller.close()
  }

  async #reconcile(name: string, definition: KubeObject | undefined): Promise<number | undefined> {
    if (definition === undefined) {
      this.#stopServing(name)
      return undefined
    }
    if (definition.metadata.deletionTimestamp !== undefined) return this.#terminate(definition)
    const conflict = this.#conflictOf(definition)
    if (conflict === undefined) this.#serve(definition)
    await this.#report(definition, conflict)
    return conflict === undefined ? undefined : NAMESPACE_LOOK_MS
  }

  #serve(definition: KubeObject): void {
    const { types, strategyOf } = this.#options
    const { name } = definition.metadata
    const next = resourceTypesOf(definition, strategyOf)
    for (const old of this.#served.get(name) ?? [])
      if (!next.some((one) => one.version === old.version)) types.remove(old)
    this.#served.set(name, next)
    for (const type of next) types.add(type)
  }

  #stopServing(name: string): void {
    for (const type of this.#served.get(name) ?? []) this.#options.types.remove(type)
    this.#served.delete(name)
  }

  /** Why its names cannot be had: another of its group has one of them. */
  #conflictOf(definition: KubeObject): string | undefined {
    const group = textAt(definition, 'spec.group')
    const own = new Set(this.#served.get(definition.metadata.name))
    const others = this.#options.types.all().filter((one) => one.group === group && !own.has(one))
    const names: readonly (readonly [string, (type: ResourceType) => string])[] = [
      ['plural', (type) => type.plural],
      ['singular', (type) => type.singular],
      ['kind', (type) => type.kind],
      ['listKind', (type) => type.listKind],
    ]
    for (const [member, nameOf] of names) {
      const wanted = textAt(definition, `spec.names.${member}`)
      if (others.some((type) => nameOf(type) === wanted)) return `"${wanted}" is already in use`
    }
    return undefined
  }

  async #report(definition: KubeObject, conflict: string | undefined): Promise<void> {
    const status = definition['status'] as Readonly<Record<string, unknown>> | undefined
    const isAccepted = conflict === undefined
    const wanted = [
      isAccepted
        ? {
            type: 'NamesAccepted',
            status: 'True',
            reason: 'NoConflicts',
            message: 'no conflicts found',
          }
        : { type: 'NamesAccepted', status: 'False', reason: 'NameConflict', message: conflict },
      isAccepted
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : {
            type: 'Established',
            status: 'False',
            reason: 'NotAccepted',
            message: 'not all names are accepted',
          },
    ]
    const now = formatSeconds(this.#options.clock.now())
    const before = listAt(definition, 'status.conditions') as readonly Record<string, unknown>[]
    const conditions = wanted.map((one) => {
      const old = before.find((other) => other['type'] === one.type)
      return {
        ...one,
        lastTransitionTime: old?.['status'] === one.status ? old['lastTransitionTime'] : now,
      }
    })
    const storage = listAt(definition, 'spec.versions').find(
      (one) => (one as { storage?: boolean }).storage === true,
    )
    const stored = new Set([
      ...listAt(definition, 'status.storedVersions'),
      textAt(storage, 'name'),
    ])
    const spec = definition['spec'] as Readonly<Record<string, unknown>>
    const next = {
      ...status,
      conditions,
      storedVersions: Array.from(stored),
      acceptedNames: isAccepted ? spec['names'] : { plural: '', kind: '' },
    }
    await this.#options.client.update({ ...definition, status: next }, { subresource: 'status' })
  }

  async #terminate(definition: KubeObject): Promise<number | undefined> {
    const { client, types } = this.#options
    const { name, finalizers = [] } = definition.metadata
    if (!finalizers.includes(CRD_FINALIZER)) return undefined
    const [type] = this.#served.get(name) ?? []
    if (
      type !== undefined &&
      types.find({ apiVersion: apiVersionOf(type), kind: type.kind }) === type
    ) {
      const left = await this.#removeAll(type)
      if (left > 0) return NAMESPACE_LOOK_MS
    }
    const others = finalizers.filter((one) => one !== CRD_FINALIZER)
    await client.update({ ...definition, metadata: { ...definition.metadata, finalizers: others } })
    this.#stopServing(name)
    return undefined
  }

  async #removeAll(type: ResourceType): Promise<number> {
    const { client } = this.#options
    const of = { apiVersion: apiVersionOf(type), kind: type.kind }
    const { items } = await client.list(of)
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue
      const { name, namespace } = metadata
      try {
        await client.delete({ ...of, name, namespace })
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error
      }
    }
    return (await client.list(of)).items.length
  }
}
