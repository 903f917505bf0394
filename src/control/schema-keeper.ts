// Keeps in memory what the store says of validation and discovery: which buses hold events against which registry,
// the schemas of those registries, and which discoverers are started. It follows the store's watch, so that it is
// the same whichever dialect or process wrote it.
//
// Invariant: `settled` resolves only when every write made before the call is seen.

import type { Logger } from '../base/index.ts'
import { formatBusKey, parseBusKey } from '../event/index.ts'
import type { SchemaGate } from '../ingress/index.ts'
import type { BusValidation, Resource, ResourceOf, SchemaSpec } from '../model/index.ts'
import { listAllRows, type Row, type RowChange, type RowStore } from '../store/index.ts'
import { RowFollower } from './row-follower.ts'
import { SchemaBook, type SchemaBookOptions, shelfKey } from './schema-book.ts'
import { DISCOVERED_REGISTRY } from './schema-names.ts'
import { createSchemaGate, type SchemaGateOptions } from './schema-gate.ts'

export interface SchemaKeeperOptions extends SchemaBookOptions {
  readonly rows: Pick<RowStore, 'list' | 'watch' | 'revision'>
  /** The resource that a row holds. */
  readonly decode: (row: Row) => Resource
  readonly sendDeadLetter: SchemaGateOptions['sendDeadLetter']
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

/** Started discoverers, by the key of their bus. */
export type StartedDiscoverers = ReadonlyMap<string, { readonly crossAccount: boolean }>

export interface SchemaKeeper {
  readonly gate: SchemaGate
  /** Calls back with the started discoverers, now and after each change of them or of what they learnt. */
  onDiscoverers(listener: (discoverers: StartedDiscoverers) => void): void
  settled(): Promise<void>
  close(): Promise<void>
}

/** Resolves when events can be held against every schema there is. */
export async function openSchemaKeeper(options: SchemaKeeperOptions): Promise<SchemaKeeper> {
  const keeper = new FollowingKeeper(options)
  await keeper.start()
  return keeper
}

class FollowingKeeper implements SchemaKeeper {
  readonly gate: SchemaGate
  readonly #options: SchemaKeeperOptions
  readonly #follower: RowFollower
  readonly #book: SchemaBook
  readonly #buses = new Map<string, BusValidation>()
  readonly #discoverers = new Map<string, { readonly crossAccount: boolean }>()
  readonly #listeners: ((discoverers: StartedDiscoverers) => void)[] = []

  constructor(options: SchemaKeeperOptions) {
    this.#options = options
    this.#book = new SchemaBook(options)
    const { rows, sendDeadLetter, logger, onFatal } = options
    this.#follower = new RowFollower({ rows, apply: (change) => this.#apply(change), onFatal })
    this.gate = createSchemaGate({ book: this.#book, buses: this.#buses, sendDeadLetter, logger })
  }

  async start(): Promise<void> {
    const { rows } = this.#options
    const buses = await listAllRows(rows, { kind: 'EventBus' })
    const { revision } = buses
    const discoverers = await listAllRows(rows, { kind: 'SchemaDiscoverer', revision })
    for (const row of buses.rows) this.#putBus(row)
    for (const row of discoverers.rows) this.#putDiscoverer(row)
    await this.#keepBook()
    this.#follower.start(revision)
  }

  onDiscoverers(listener: (discoverers: StartedDiscoverers) => void): void {
    this.#listeners.push(listener)
    listener(new Map(this.#discoverers))
  }

  settled(): Promise<void> {
    return this.#follower.settled()
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  async #apply({ type, row }: RowChange): Promise<void> {
    if (row.kind === 'Schema') {
      const { spec } = this.#options.decode(row) as ResourceOf<'Schema'>
      if (type === 'put') await this.#book.put(spec)
      else this.#deleteSchema(spec)
    } else if (row.kind === 'EventBus') {
      if (type === 'put') this.#putBus(row)
      else this.#buses.delete(this.#busKeyOf(row))
      await this.#keepBook()
    } else if (row.kind === 'SchemaDiscoverer') {
      if (type === 'put') this.#putDiscoverer(row)
      else this.#discoverers.delete(this.#discovererBus(row))
      this.#tellDiscoverers()
    }
  }

  /** A discovered schema that is deleted is learnt anew: the discoverers must not think that they know it. */
  #deleteSchema(spec: SchemaSpec): void {
    this.#book.delete(spec)
    if (spec.registry === DISCOVERED_REGISTRY) this.#tellDiscoverers()
  }

  #tellDiscoverers(): void {
    for (const listener of this.#listeners) listener(new Map(this.#discoverers))
  }

  #putBus(row: Row): void {
    const { spec } = this.#options.decode(row) as ResourceOf<'EventBus'>
    const busKey = formatBusKey(spec)
    if (spec.validation === undefined) this.#buses.delete(busKey)
    else this.#buses.set(busKey, spec.validation)
  }

  #busKeyOf(row: Row): string {
    return formatBusKey((this.#options.decode(row) as ResourceOf<'EventBus'>).spec)
  }

  #putDiscoverer(row: Row): void {
    const { spec } = this.#options.decode(row) as ResourceOf<'SchemaDiscoverer'>
    const busKey = this.#discovererBus(row)
    if (spec.state === 'STOPPED') this.#discoverers.delete(busKey)
    else this.#discoverers.set(busKey, { crossAccount: spec.crossAccount })
  }

  #discovererBus(row: Row): string {
    const { spec } = this.#options.decode(row) as ResourceOf<'SchemaDiscoverer'>
    const { account, region, bus } = spec
    return formatBusKey({ account, region, name: bus })
  }

  async #keepBook(): Promise<void> {
    const wanted = new Map(
      Array.from(this.#buses, ([busKey, { registry }]) => {
        const { account, region } = parseBusKey(busKey)
        const scope = { account, region }
        return [shelfKey(scope, registry), { scope, registry }] as const
      }),
    )
    await this.#book.keep(wanted)
  }
}
