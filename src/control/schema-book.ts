// The newest schemas of the registries that buses hold their events against, ready to be asked. Only those
// registries are in memory, whole.

import type { Logger } from '../base/index.ts'
import { describeError } from '../base/index.ts'
import type { Scope, SchemaSpec } from '../model/index.ts'
import {
  eventTypeKey,
  parseDocument,
  type Validator,
  type ValidatorCache,
} from '../schema/index.ts'
import { listAwsSchemas } from './aws-schemas.ts'
import type { ResourceClient } from './resources.ts'
import { listAll } from './resources.ts'
import { AWS_REGISTRY, regionPrefix, versionKeyOf } from './schema-names.ts'

/** A version of a schema that events of its type are held against. */
export interface SchemaEntry {
  readonly registry: string
  readonly name: string
  /** As AWS counts. */
  readonly number: string
  readonly semantic: string
  readonly validator: Promise<Validator>
}

interface Shelf {
  readonly entries: Map<string, SchemaEntry>
  /** By schema: the type of event under which it stands. */
  readonly keys: Map<string, string>
}

export interface SchemaBookOptions {
  readonly resources: Pick<ResourceClient, 'get' | 'list'>
  readonly validators: ValidatorCache
  readonly logger: Logger
}

export class SchemaBook {
  readonly #options: SchemaBookOptions
  readonly #shelves = new Map<string, Shelf>()

  constructor(options: SchemaBookOptions) {
    this.#options = options
  }

  /** The schema of a type of event: one that names its source before one that does not. */
  find(scope: Scope, registry: string, event: EventName): SchemaEntry | undefined {
    const entries = this.#shelves.get(shelfKey(scope, registry))?.entries
    if (entries === undefined) return undefined
    const { source, detailType } = event
    return (
      entries.get(eventTypeKey(source, detailType)) ??
      entries.get(eventTypeKey(undefined, detailType))
    )
  }

  /** Registries that are needed are read, those that no longer are go. */
  async keep(
    wanted: ReadonlyMap<string, { readonly scope: Scope; readonly registry: string }>,
  ): Promise<void> {
    for (const key of this.#shelves.keys()) if (!wanted.has(key)) this.#shelves.delete(key)
    for (const [key, { scope, registry }] of wanted) {
      if (this.#shelves.has(key)) continue
      const shelf: Shelf = { entries: new Map(), keys: new Map() }
      this.#shelves.set(key, shelf)
      if (registry === AWS_REGISTRY) {
        for (const { spec, content } of listAwsSchemas(scope)) this.#add(shelf, spec, content)
        continue
      }
      const schemas = await listAll(this.#options.resources, 'Schema', regionPrefix(scope))
      for (const { spec } of schemas) {
        if (spec.region === scope.region && spec.registry === registry) await this.put(spec)
      }
    }
  }

  /** A schema is as its row says now. */
  async put(spec: SchemaSpec): Promise<void> {
    const shelf = this.#shelves.get(shelfKey(spec, spec.registry))
    if (shelf === undefined) return
    this.#remove(shelf, spec.name)
    const { registry, name } = spec
    const version = spec.versions.at(-1)!
    const key = versionKeyOf(spec, { registry, schema: name }, version.number)
    const stored = await this.#options.resources.get('SchemaVersion', key)
    if (stored === undefined) return
    try {
      this.#add(shelf, spec, stored.spec.content)
    } catch (error) {
      // Control lets in only what can be parsed; a row from elsewhere must not stop the others.
      this.#options.logger.error('a schema is not usable and was passed over', {
        registry,
        schema: name,
        error: describeError(error),
      })
    }
  }

  delete(spec: SchemaSpec): void {
    const shelf = this.#shelves.get(shelfKey(spec, spec.registry))
    if (shelf !== undefined) this.#remove(shelf, spec.name)
  }

  #add(shelf: Shelf, { registry, name, versions }: SchemaSpec, content: string): void {
    const { number, semantic, type } = versions.at(-1)!
    const text = { name, type, content }
    const { source, detailType } = parseDocument(text)
    const key = eventTypeKey(source, detailType)
    const validator = this.#options.validators.get(text)
    // Asked by an event or never: its failure is told where it is asked.
    validator.catch(() => {})
    shelf.entries.set(key, { registry, name, number, semantic, validator })
    shelf.keys.set(name, key)
  }

  #remove(shelf: Shelf, name: string): void {
    const key = shelf.keys.get(name)
    shelf.keys.delete(name)
    if (key !== undefined && shelf.entries.get(key)?.name === name) shelf.entries.delete(key)
  }
}

export interface EventName {
  readonly source: string
  readonly detailType: string
}

export function shelfKey({ account, region }: Scope, registry: string): string {
  return `${account}/${region}/${registry}`
}
