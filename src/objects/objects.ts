// The objects of this process: kept as rows, planned one by one, written all or nothing. A write that lost a race
// is planned again on what is there now, so that the caller hears what is really wrong, or nothing.

import { AppError, isAppError } from '../base/index.ts'
import { validateSpec, type Kind, type Resource, type ResourceOf } from '../model/index.ts'
import type { RowStore, RowWrite } from '../store/index.ts'
import { APPLY_WRITES_MAX, CONFLICT_RETRIES_MAX, LIST_LIMIT_DEFAULT } from './limits.ts'
import type {
  ObjectChange,
  ObjectClient,
  ObjectDraft,
  ObjectKey,
  ObjectPage,
  ObjectQuery,
  ObjectWatch,
  Preconditions,
} from './object-client.ts'
import { keyOfWish, planWish, type ObjectWish, type PlanParts } from './plan.ts'
import { decodeAs, decodeChange, decodeResource, parseVersion, rowKeyOf } from './resource-rows.ts'

export interface ObjectsOptions extends Omit<PlanParts, 'validate'> {
  readonly rows: RowStore
  /** The model's own validation when absent. */
  readonly validate?: PlanParts['validate']
}

export interface Applied {
  /** The store revision at which all of it holds. */
  readonly revision: number
  /** In the order of the wishes; undefined for an object that is gone. */
  readonly objects: readonly (Resource | undefined)[]
}

/** The in-process objects: the client, and writes of many objects at once. */
export class Objects implements ObjectClient {
  readonly #rows: RowStore
  readonly #parts: PlanParts

  constructor(options: ObjectsOptions) {
    const { clock, random, validate = validateSpec } = options
    this.#rows = options.rows
    this.#parts = { clock, random, validate }
  }

  async get<K extends Kind>(kind: K, key: ObjectKey): Promise<ResourceOf<K> | undefined> {
    const { namespace, name } = key
    const row = await this.#rows.get({ kind, namespace, name })
    return row === undefined ? undefined : decodeAs<K>(row)
  }

  async list<K extends Kind>(kind: K, query: ObjectQuery): Promise<ObjectPage<K>> {
    const { resourceVersion, limit = LIST_LIMIT_DEFAULT, ...rest } = query
    const page = await this.#rows.list({
      kind,
      ...rest,
      limit,
      ...(resourceVersion === undefined ? {} : { revision: parseVersion(resourceVersion) }),
    })
    const items = page.rows.map((row) => decodeAs<K>(row))
    const shown = { items, resourceVersion: String(page.revision) }
    return page.continueToken === undefined
      ? shown
      : { ...shown, continueToken: page.continueToken }
  }

  async create<K extends Kind>(kind: K, draft: ObjectDraft<K>): Promise<ResourceOf<K>> {
    return (await this.#applyOne({ verb: 'create', kind, draft })) as ResourceOf<K>
  }

  async update<K extends Kind>(kind: K, object: ResourceOf<K>): Promise<ResourceOf<K>> {
    // The update that takes the last finalizer away answers what the caller asked to store last.
    return ((await this.#applyOne({ verb: 'update', kind, object })) ?? object) as ResourceOf<K>
  }

  async updateStatus<K extends Kind>(kind: K, object: ResourceOf<K>): Promise<ResourceOf<K>> {
    return (await this.#applyOne({ verb: 'updateStatus', kind, object })) as ResourceOf<K>
  }

  async delete(kind: Kind, key: ObjectKey, preconditions: Preconditions = {}): Promise<void> {
    await this.#applyOne({ verb: 'delete', kind, key, preconditions })
  }

  async *watch<K extends Kind>(
    kind: K,
    { resourceVersion, signal }: ObjectWatch,
  ): AsyncGenerator<ObjectChange<K>, void> {
    const after = parseVersion(resourceVersion)
    for await (const change of this.#rows.watch({ kinds: [kind], after, signal }))
      yield decodeChange<K>(change)
  }

  /** All or nothing, at one revision: the first wish that cannot be met refuses them all. */
  async apply(wishes: readonly ObjectWish[]): Promise<Applied> {
    if (wishes.length > APPLY_WRITES_MAX)
      throw new AppError(
        'REQUEST_TOO_LARGE',
        `expected at most ${APPLY_WRITES_MAX} objects in one apply, got \`${wishes.length}\``,
      )
    for (let tries = 0; tries <= CONFLICT_RETRIES_MAX; tries += 1) {
      const applied = await this.#tryApply(wishes)
      if (applied !== undefined) return applied
    }
    throw new AppError(
      'RESOURCE_CONFLICT',
      `${CONFLICT_RETRIES_MAX} tries to write met another writer each, try again later`,
    )
  }

  async #applyOne(wish: ObjectWish): Promise<Resource | undefined> {
    const { objects } = await this.apply([wish])
    return objects[0]
  }

  /** Undefined when another writer was between plan and write. */
  async #tryApply(wishes: readonly ObjectWish[]): Promise<Applied | undefined> {
    const plans = await Promise.all(wishes.map((wish) => this.#plan(wish)))
    const writes = plans.map((plan) => plan.write).filter((write) => write !== undefined)
    const revision = await this.#writeRows(writes)
    if (revision === undefined) return undefined
    const objects = plans.map(({ write, object }) =>
      write === undefined || object === undefined ? object : atVersion(object, revision),
    )
    return { revision, objects }
  }

  async #plan(wish: ObjectWish): Promise<Plan> {
    const { namespace, name } = keyOfWish(wish)
    const key = { kind: wish.kind, namespace, name }
    const row = await this.#rows.get(key)
    const current = row === undefined ? undefined : decodeResource(row)
    const object = planWish(this.#parts, wish, current)
    if (object === current) return { object, write: undefined }
    const expect = row === undefined ? 'none' : row.revision
    if (object === undefined) return { object, write: { ...key, expect } }
    const labels = object.metadata.labels ?? {}
    const value = { ...object, metadata: { ...object.metadata, resourceVersion: undefined } }
    return { object, write: { ...rowKeyOf(object), value, labels, expect } }
  }

  async #writeRows(writes: readonly RowWrite[]): Promise<number | undefined> {
    try {
      return await this.#rows.write(writes)
    } catch (error) {
      if (isAppError(error, 'RESOURCE_CONFLICT')) return undefined
      throw error
    }
  }
}

interface Plan {
  readonly object: Resource | undefined
  /** Undefined when nothing changes. */
  readonly write: RowWrite | undefined
}

function atVersion(object: Resource, revision: number): Resource {
  const metadata = { ...object.metadata, resourceVersion: String(revision) }
  // What was asked may hold `undefined`; what is answered is what a later read will find.
  return JSON.parse(JSON.stringify({ ...object, metadata })) as Resource
}
