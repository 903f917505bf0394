// What the machinery knows of one kind: how it is named and served, and what is particular about it. Built-in kinds
// are written down, CRDs make theirs while the server runs, and kinds of our own (rules, buses …) bring their store.

import type { FieldFault, Schema } from '../structure/index.ts'
import type { KubeObject } from './kube-object.ts'

export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  /** `all` puts it into `kubectl get all`. */
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly KubeVerb[]
  readonly hasStatus: boolean
  /** Other subresources for discovery, `pods/log`. */
  readonly subresources: readonly SubresourceType[]
  readonly schema: Schema
  /** A CR: merge and apply patches only, `metadata.resourceVersion` required for an update. */
  readonly isCustom: boolean
  readonly columns: readonly Column[]
  /** JSON paths (`.spec.x`) by which field selectors may choose, beside metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[]
  readonly strategy: ResourceStrategy
  /** Where objects are kept when not in the rows of the machinery itself. */
  readonly backing?: Backing
}

export type KubeVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'

export interface SubresourceType {
  readonly name: string
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly KubeVerb[]
}

/** A column of `kubectl get`. `cell` may use what a JSON path cannot. */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description: string
  /** 0 is always shown, others with `-o wide`. */
  readonly priority: number
  readonly cell: (object: KubeObject, now: number) => string | number | boolean | null
}

/** What is particular about a kind. Every member is pure; what it returns is stored or refused. */
export interface ResourceStrategy {
  /** What names may be: a DNS subdomain when absent; `path` is anything that fits into one part of a URL. */
  readonly nameRule?: 'subdomain' | 'label' | 'path'
  /** How long an object that is asked to go may take, seconds: somebody else removes it. At once when absent or 0. */
  readonly graceSeconds?: (object: KubeObject) => number
  /** Something but finalizers keeps a deleted object: the contents of a namespace. */
  readonly holdsDeletion?: (object: KubeObject) => boolean
  /** Fills in what a creator may leave out (beyond schema defaults), drops what a creator may not say. */
  readonly prepareCreate?: (object: KubeObject, context: StrategyContext) => KubeObject
  readonly prepareUpdate?: (
    next: KubeObject,
    previous: KubeObject,
    context: StrategyContext,
  ) => KubeObject
  /** Beyond the schema: rules that need the kind's own code, immutable fields. */
  readonly validate?: (
    next: KubeObject,
    previous: KubeObject | undefined,
  ) => readonly FieldFault[] | Promise<readonly FieldFault[]>
}

export interface StrategyContext {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly uid: string
}

/** Keeps the objects of a kind that another room owns. Reads of such kinds go through it as well. */
export interface Backing {
  /** The kind of the store's rows, whose revisions and watch are the objects' own. */
  readonly rowKind: string
  /** What may be seen of what is stored; all of it when absent. */
  readonly show?: (stored: KubeObject) => KubeObject
  /** Stores `next` (undefined: removes `previous`) and answers what is there when it has taken effect. */
  write(change: {
    readonly next?: KubeObject
    readonly previous?: KubeObject
    readonly subresource?: string
  }): Promise<KubeObject | undefined>
}

/** Who asks. */
export interface KubeUser {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What is asked, in RBAC's words. */
export interface AccessQuestion {
  readonly user: KubeUser
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  /** A path outside the resources, `/version`; all but the user and the verb is empty then. */
  readonly nonResourceUrl?: string
}

export interface AccessAnswer {
  readonly isAllowed: boolean
  readonly reason?: string
}

/** Decides; room `access` has the RBAC one. */
export type Authorize = (question: AccessQuestion) => Promise<AccessAnswer>

/** As whom a client acts. */
export interface Actor {
  readonly user: KubeUser
  readonly authorize: Authorize
  /** Looks at what a write would store, before it is stored; rejects what may not be. */
  readonly admit?: Admit
  /** Resolves when whoever answers from a copy of the objects has seen a write; its caller waits for that. */
  readonly seen?: (write: SeenWrite) => Promise<void>
}

export type Admit = (change: {
  readonly type: ResourceType
  readonly next: KubeObject
  readonly previous: KubeObject | undefined
}) => Promise<void>

export interface SeenWrite {
  readonly type: ResourceType
  readonly key: { readonly namespace?: string | undefined; readonly name: string }
  readonly uid: string | undefined
  /** The version that was stored; undefined when the object is gone. */
  readonly version: string | undefined
}
