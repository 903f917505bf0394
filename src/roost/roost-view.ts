// What is looked at of a ManagedRoost, and remembered of it: never its values, credentials or anything of a Secret.
// Of what may hold one only a digest is kept, so that a change is seen and nothing is told.

import { createHash } from 'node:crypto'
import type { KubeObject } from '../objects/index.ts'

export interface RoostView {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly tenant?: string
  readonly chart: {
    readonly name?: string
    readonly version?: string
    /** Without user, password and query. */
    readonly repository?: string
  }
  readonly replicas?: number
  /** Of each part of the spec. */
  readonly digests: Readonly<Record<string, string>>
  readonly phase?: string
  readonly health?: string
  /** What the status says went wrong. */
  readonly error?: string
  /** Somebody asked for it to go, and finalizers hold it. */
  readonly isDeleting: boolean
  /** Its teardown has been told. */
  readonly isTornDown: boolean
}

type Tree = Readonly<Record<string, unknown>>

/** Parts of the spec whose changes are told apart, beside the chart's. */
const PARTS = ['replicas', 'healthChecks', 'teardownPolicy', 'tenancy', 'metadata']

export function viewRoost(roost: KubeObject): RoostView {
  const { metadata } = roost
  const spec = treeOf(roost['spec'])
  const status = treeOf(roost['status'])
  const chart = treeOf(spec['chart'])
  const phase = textOf(status['phase'])
  const health = textOf(status['health'])
  const tenant = textOf(treeOf(spec['tenancy'])['tenantId'] ?? treeOf(spec['tenancy'])['tenant'])
  const error = phase === 'Failed' ? errorOf(status) : undefined
  const name = textOf(chart['name'])
  const version = textOf(chart['version'])
  const repository = repositoryOf(chart['repository'])
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    uid: metadata.uid ?? '',
    ...(tenant === undefined ? {} : { tenant }),
    chart: {
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      ...(repository === undefined ? {} : { repository }),
    },
    ...(typeof spec['replicas'] === 'number' ? { replicas: spec['replicas'] } : {}),
    digests: digestsOf(spec),
    ...(phase === undefined ? {} : { phase }),
    ...(health === undefined ? {} : { health }),
    ...(error === undefined ? {} : { error }),
    isDeleting: metadata.deletionTimestamp !== undefined,
    isTornDown: false,
  }
}

/** `namespace/name`. */
export function keyOf({ namespace, name }: Pick<RoostView, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

function digestsOf(spec: Tree): Readonly<Record<string, string>> {
  const chart = treeOf(spec['chart'])
  const parts = [
    ...Object.entries(chart).map(([name, value]) => [`chart.${name}`, value] as const),
    ...PARTS.map((name) => [name, spec[name]] as const),
    // What this release has no name for.
    ...Object.entries(spec).filter(([name]) => name !== 'chart' && !PARTS.includes(name)),
  ]
  const given = parts.filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(given.map(([name, value]) => [name, digestOf(value)]))
}

function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('base64url')
    .slice(0, 22)
}

/** The same value in one order of members. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, item]) => [name, sorted(item)]))
}

function repositoryOf(value: unknown): string | undefined {
  const text = textOf(typeof value === 'string' ? value : treeOf(value)['url'])
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url === null) return /[@?]/.test(text) ? undefined : text
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  // A URL without a path gets a slash that nobody wrote.
  return text.endsWith('/') ? url.href : url.href.replace(/\/$/, '')
}

/** The message of the condition that says so: statuses are for everybody to read. */
function errorOf(status: Tree): string | undefined {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : []
  const bad = conditions.map((one) => treeOf(one)).find((one) => one['status'] === 'False')
  return textOf(bad?.['message']) ?? textOf(status['message'])
}

function treeOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
