// Schedules as stored: their keys, and pages of them straight from the store, since there may be very many.

import {
  encodeName,
  namespaceOf,
  type ResourceOf,
  type ScheduleSpec,
  type Scope,
} from '../model/index.ts'
import { isAppError } from '../base/index.ts'
import { fault } from './faults.ts'
import { LIST_CHUNK_SIZE, PAGE_SIZE_MAX, PAGE_TOKEN_LENGTH_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import type { ResourceClient, ResourcePage } from './resources.ts'

/** The group that is there without being made. */
export const DEFAULT_GROUP = 'default'

export function scheduleKeyOf(scope: Scope, group: string, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, group, name]) }
}

export function groupKeyOf(scope: Scope, group: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, group]) }
}

/** The name under which creations of schedules in a group, and its deletion, follow one another. */
export function groupSerialKey(scope: Scope, group: string): string {
  return `${scope.account}/${scope.region}/$schedules/${group}`
}

// Longer names are stored shortened, and a shortened name keeps at least this much of its beginning.
const PREFIX_LENGTH_MAX = 190

export interface ScheduleQuery {
  readonly group?: string | undefined
  readonly namePrefix?: string | undefined
  readonly state?: ScheduleSpec['state'] | undefined
  readonly limit?: number | undefined
  readonly token?: string | undefined
}

export interface StoredSchedules {
  readonly items: readonly ResourceOf<'Schedule'>[]
  readonly nextToken?: string
}

/** A page in order of the stored names. */
export async function listSchedules(
  resources: ResourceClient,
  scope: Scope,
  query: ScheduleQuery,
): Promise<StoredSchedules> {
  const size = Math.min(query.limit ?? PAGE_SIZE_MAX, PAGE_SIZE_MAX)
  const items: ResourceOf<'Schedule'>[] = []
  let token = query.token
  do {
    const page = await readPage(resources, scope, { ...query, limit: size - items.length, token })
    items.push(...page.items.filter(({ spec }) => isWanted(spec, scope, query)))
    token = page.continueToken
  } while (token !== undefined && items.length < size)
  return { items, ...(token === undefined ? {} : { nextToken: token }) }
}

/** All schedules of a group, a part at a time. */
export async function* schedulesOf(
  resources: ResourceClient,
  scope: Scope,
  group: string,
): AsyncIterable<ResourceOf<'Schedule'>> {
  let token: string | undefined
  do {
    const page = await readPage(resources, scope, { group, limit: LIST_CHUNK_SIZE, token })
    yield* page.items.filter(({ spec }) => isWanted(spec, scope, { group }))
    token = page.continueToken
  } while (token !== undefined)
}

async function readPage(
  resources: ResourceClient,
  scope: Scope,
  { group, limit, token }: ScheduleQuery & { readonly limit: number },
): Promise<ResourcePage<'Schedule'>> {
  if (token !== undefined && token.length > PAGE_TOKEN_LENGTH_MAX) {
    throw fault('page-token-invalid', { token: token.slice(0, 100) })
  }
  try {
    return await resources.list('Schedule', {
      namespace: namespaceOf(scope.account),
      namePrefix: prefixOf(scope, group),
      limit,
      ...(token === undefined ? {} : { continueToken: token }),
    })
  } catch (error) {
    if (!isAppError(error, 'REQUEST_INVALID') && !isAppError(error, 'REVISION_COMPACTED'))
      throw error
    throw fault('page-token-invalid', { token: (token ?? '').slice(0, 100) }, error)
  }
}

function prefixOf(scope: Scope, group: string | undefined): string {
  const prefix = `${encodeName(group === undefined ? [scope.region] : [scope.region, group])}.`
  return prefix.length <= PREFIX_LENGTH_MAX ? prefix : `${encodeName([scope.region])}.`
}

function isWanted(spec: ScheduleSpec, scope: Scope, query: ScheduleQuery): boolean {
  return (
    spec.region === scope.region &&
    (query.group === undefined || spec.group === query.group) &&
    (query.state === undefined || spec.state === query.state) &&
    spec.name.startsWith(query.namePrefix ?? '')
  )
}
