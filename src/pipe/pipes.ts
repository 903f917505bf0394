// The pipes that there are, as their resources say: each is started, changed and stopped here. A change of what a pipe
// does ends the one that runs (what it has in hand is finished first) and starts another.
//
//   STOPPED ──▶ STARTING ──▶ RUNNING ⇄ START_FAILED (its source cannot be read)
//      ▲                        │
//      └────── STOPPING ◀───────┘

import { describeError } from '../base/index.ts'
import { findSourceKind, type SourceKind } from '../connect/index.ts'
import type { PipeSpec, ResourceOf } from '../model/index.ts'
import { Pipe, type PipeParts } from './pipe.ts'
import { planPipe } from './plan.ts'

export interface PipeStatus {
  readonly state: 'RUNNING' | 'STOPPED' | 'STARTING' | 'STOPPING' | 'START_FAILED'
  readonly reason?: string
}

export interface PipesOptions extends PipeParts {
  readonly sources: readonly SourceKind[]
}

interface Entry {
  resource: ResourceOf<'Pipe'>
  pipe: Pipe | undefined
  /** Why it could not be started. */
  fault: string | undefined
  /** Changes, one after the other. */
  work: Promise<void>
  isChanging: boolean
}

export class Pipes {
  readonly #options: PipesOptions
  readonly #entries = new Map<string, Entry>()
  readonly #deadline = new AbortController()
  #isClosed = false

  constructor(options: PipesOptions) {
    this.#options = options
  }

  /** Whether a source kind serves the address. */
  canRead(address: string): boolean {
    return findSourceKind(this.#options.sources, address) !== undefined
  }

  define(resource: ResourceOf<'Pipe'>): void {
    if (this.#isClosed) return
    const key = keyOf(resource)
    const before = this.#entries.get(key)
    const entry: Entry = before ?? {
      resource,
      pipe: undefined,
      fault: undefined,
      work: Promise.resolve(),
      isChanging: false,
    }
    this.#entries.set(key, entry)
    const isSame = before !== undefined && doesTheSame(before.resource, resource)
    entry.resource = resource
    if (!isSame) this.#change(entry, () => this.#restart(entry, resource))
  }

  forget(key: { readonly namespace: string; readonly name: string }): void {
    const entry = this.#entries.get(`${key.namespace}/${key.name}`)
    if (entry === undefined) return
    this.#entries.delete(`${key.namespace}/${key.name}`)
    this.#change(entry, () => this.#end(entry))
  }

  status(resource: ResourceOf<'Pipe'>): PipeStatus {
    const entry = this.#entries.get(keyOf(resource))
    const isWanted = resource.spec.state === 'RUNNING'
    if (entry === undefined) return { state: isWanted ? 'STARTING' : 'STOPPED' }
    if (entry.isChanging) return { state: isWanted ? 'STARTING' : 'STOPPING' }
    const reason = entry.fault ?? entry.pipe?.problem()
    if (isWanted && reason !== undefined) return { state: 'START_FAILED', reason }
    return { state: isWanted ? 'RUNNING' : 'STOPPED' }
  }

  /** Every pipe there is. */
  resources(): readonly ResourceOf<'Pipe'>[] {
    return Array.from(this.#entries.values(), ({ resource }) => resource)
  }

  /** Where pipes send and ask, as long as they run. */
  addresses(): readonly string[] {
    return [...this.#entries.values()].flatMap(({ resource: { spec } }) =>
      spec.state === 'RUNNING' ? [spec.target, ...(spec.enrichment ? [spec.enrichment] : [])] : [],
    )
  }

  /** Reads no more; waits for what is under way until `deadline` aborts. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#isClosed = true
    const onDeadline = (): void => this.#deadline.abort()
    deadline.addEventListener('abort', onDeadline, { once: true })
    if (deadline.aborted) onDeadline()
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(
      entries.map((entry) => {
        this.#change(entry, () => this.#end(entry))
        return entry.work
      }),
    )
    deadline.removeEventListener('abort', onDeadline)
  }

  #change(entry: Entry, change: () => Promise<void>): void {
    entry.isChanging = true
    const work: Promise<void> = entry.work.then(change).finally(() => {
      if (entry.work === work) entry.isChanging = false
    })
    entry.work = work
  }

  async #restart(entry: Entry, resource: ResourceOf<'Pipe'>): Promise<void> {
    await this.#end(entry)
    // Overtaken by the next change, which starts what it says itself.
    if (entry.resource !== resource || this.#isClosed) return
    entry.fault = undefined
    if (resource.spec.state === 'STOPPED') return
    try {
      entry.pipe = this.#start(resource.spec, resource.metadata.uid)
    } catch (error) {
      entry.fault = describeError(error)
      const { logger } = this.#options
      logger.error('a pipe cannot be started', { pipe: resource.spec.name, error: entry.fault })
    }
  }

  async #end(entry: Entry): Promise<void> {
    const { pipe } = entry
    entry.pipe = undefined
    await pipe?.close(this.#deadline.signal)
  }

  #start(spec: PipeSpec, uid: string): Pipe {
    const { sources, ...parts } = this.#options
    const plan = planPipe(spec, uid)
    const kind = findSourceKind(sources, spec.source)
    if (kind === undefined) throw new Error(`nothing reads \`${spec.source}\``)
    const source = kind.open(spec.source, spec.sourceParameters ?? {}, plan.arn)
    return new Pipe({ ...parts, plan, source })
  }
}

/** Whether nothing changed that a running pipe would have to know. */
function doesTheSame(one: ResourceOf<'Pipe'>, other: ResourceOf<'Pipe'>): boolean {
  return one.metadata.uid === other.metadata.uid && workOf(one.spec) === workOf(other.spec)
}

function workOf(spec: PipeSpec): string {
  const { description: _description, tags: _tags, kmsKeyIdentifier: _key, ...work } = spec
  return JSON.stringify(work)
}

function keyOf({ metadata }: ResourceOf<'Pipe'>): string {
  return `${metadata.namespace}/${metadata.name}`
}
