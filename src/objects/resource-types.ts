// Which kinds there are: the built-in ones from the start, those of CRDs while the server runs.
//
// Invariant: a kind, and a plural, of one group and version names at most one type.

import type { KubeType } from './kube-client.ts'
import type { ResourceType } from './resource-type.ts'

/** Told when a type came or went, after it did. */
export type OnTypesChanged = (type: ResourceType, isThere: boolean) => void

export class ResourceTypes {
  readonly #byKind = new Map<string, ResourceType>()
  readonly #byPlural = new Map<string, ResourceType>()
  readonly #listeners = new Set<OnTypesChanged>()

  constructor(types: readonly ResourceType[]) {
    for (const type of types) this.add(type)
  }

  /** Adds a type, or puts it in the place of the one of the same name. */
  add(type: ResourceType): void {
    this.#byKind.set(keyOf(apiVersionOf(type), type.kind), type)
    this.#byPlural.set(keyOf(apiVersionOf(type), type.plural), type)
    for (const listener of this.#listeners) listener(type, true)
  }

  remove(type: ResourceType): void {
    this.#byKind.delete(keyOf(apiVersionOf(type), type.kind))
    this.#byPlural.delete(keyOf(apiVersionOf(type), type.plural))
    for (const listener of this.#listeners) listener(type, false)
  }

  find({ apiVersion, kind }: KubeType): ResourceType | undefined {
    return this.#byKind.get(keyOf(apiVersion, kind))
  }

  findPlural(apiVersion: string, plural: string): ResourceType | undefined {
    return this.#byPlural.get(keyOf(apiVersion, plural))
  }

  /** Every version of a kind, in the order in which they were added. */
  versions(group: string, kind: string): readonly ResourceType[] {
    return this.all().filter((type) => type.group === group && type.kind === kind)
  }

  all(): readonly ResourceType[] {
    return Array.from(this.#byKind.values())
  }

  /** Answers how to stop listening. */
  listen(listener: OnTypesChanged): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** `v1` for the core group, else `group/version`. */
export function apiVersionOf({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** `jobs.batch`, `configmaps`: how messages and rows name a type. */
export function resourceName({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`
}

function keyOf(apiVersion: string, name: string): string {
  return `${apiVersion} ${name}`
}
