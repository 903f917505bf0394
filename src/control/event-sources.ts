// The use cases of partner event sources, from both sides: the partner's, who offers them and puts their events,
// and the account's, which takes them up with a bus of the same name.
//
//   create ─► PENDING ──bus made, activated──► ACTIVE ──deactivated, bus deleted──► PENDING
//                │                                └──partner deletes──► DELETED (until the bus goes too)
//                └──two weeks, partner deletes──► gone

import { formatBusKey } from '../event/index.ts'
import { encodeName, namespaceOf, type Scope } from '../model/index.ts'
import {
  type EventSource,
  eventSourceKeyOf,
  type EventSourceState,
  getEventSource,
  isExpired,
  setEventSourceState,
} from './event-source-rows.ts'
import { fault } from './faults.ts'
import { EVENT_SOURCE_PENDING_SECONDS_MAX } from './limits.ts'
import { busKeyOf } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { type ControlParts, createdAtOf, listAll, modifiedNow } from './resources.ts'

export interface EventSourceView {
  readonly arn: string
  readonly name: string
  /** The account it is offered to. */
  readonly account: string
  readonly state: EventSourceState
  readonly createdAt: number
  /** While it is pending. */
  readonly expiresAt?: number
}

export interface EventSourceFilter extends PageRequest {
  readonly namePrefix?: string | undefined
}

export interface EventSources {
  create(
    partner: Scope,
    source: { readonly name: string; readonly account: string },
  ): Promise<EventSourceView>
  delete(partner: Scope, source: { readonly name: string; readonly account: string }): Promise<void>
  getOffered(partner: Scope, name: string): Promise<EventSourceView>
  /** One of each name. */
  listOffered(partner: Scope, filter: EventSourceFilter): Promise<Page<EventSourceView>>
  listAccounts(partner: Scope, name: string, page: PageRequest): Promise<Page<EventSourceView>>
  get(scope: Scope, name: string): Promise<EventSourceView>
  list(scope: Scope, filter: EventSourceFilter): Promise<Page<EventSourceView>>
  activate(scope: Scope, name: string): Promise<void>
  deactivate(scope: Scope, name: string): Promise<void>
  /** The buses that a partner's event goes to; undefined when no such source is offered. */
  route(partner: Scope, name: string): Promise<readonly EventSourcePlace[] | undefined>
}

export interface EventSourcePlace {
  readonly busKey: string
  readonly account: string
  readonly region: string
}

export function createEventSources(parts: ControlParts): EventSources {
  return {
    create: (partner, source) => createSource(parts, partner, source),
    delete: (partner, source) => deleteSource(parts, partner, source),
    async getOffered(partner, name) {
      const [source] = (await offeredBy(parts, partner)).filter(({ spec }) => spec.name === name)
      if (source === undefined) throw fault('event-source-not-found', { source: name })
      return view(source)
    },
    async listOffered(partner, filter) {
      const byName = new Map((await offeredBy(parts, partner)).map((one) => [one.spec.name, one]))
      return pageOfSources([...byName.values()], filter)
    },
    async listAccounts(partner, name, page) {
      const sources = (await offeredBy(parts, partner)).filter(({ spec }) => spec.name === name)
      if (sources.length === 0) throw fault('event-source-not-found', { source: name })
      const views = sources.map(view).sort((a, b) => (a.account < b.account ? -1 : 1))
      return pageOf(views, ({ account }) => account, page)
    },
    get: async (scope, name) => view(await findSource(parts, scope, name)),
    list: async (scope, filter) => pageOfSources(await offeredTo(parts, scope), filter),
    activate: (scope, name) => activate(parts, scope, name),
    async deactivate(scope, name) {
      const { spec } = await findSource(parts, scope, name)
      if (spec.state === 'DELETED') throw fault('event-source-deleted', { source: name })
      await setEventSourceState(parts, scope, name, 'PENDING')
    },
    async route(partner, name) {
      const sources = (await offeredBy(parts, partner)).filter(({ spec }) => spec.name === name)
      if (sources.length === 0) return undefined
      return sources
        .filter(({ spec }) => spec.state === 'ACTIVE')
        .map(({ spec: { account, region } }) => ({
          busKey: formatBusKey({ account, region, name }),
          account,
          region,
        }))
    },
  }
}

async function createSource(
  parts: ControlParts,
  partner: Scope,
  { name, account }: { readonly name: string; readonly account: string },
): Promise<EventSourceView> {
  const scope = { account, region: partner.region }
  const key = eventSourceKeyOf(scope, name)
  const stored = await parts.resources.get('EventSource', key)
  if (stored !== undefined) {
    const isOver = isExpired(parts, stored) || stored.spec.state === 'DELETED'
    if (!isOver) throw fault('event-source-exists', { source: name })
    await parts.resources.delete('EventSource', key)
  }
  const stateSince = Math.floor(parts.clock.now() / 1000)
  const source = await parts.resources.create('EventSource', {
    ...key,
    annotations: modifiedNow(parts),
    spec: { ...scope, name, partnerAccount: partner.account, state: 'PENDING', stateSince },
  })
  return view(source)
}

/** A source that a bus took up stays as `DELETED` for its account to see. */
async function deleteSource(
  parts: ControlParts,
  partner: Scope,
  { name, account }: { readonly name: string; readonly account: string },
): Promise<void> {
  const scope = { account, region: partner.region }
  const source = await getEventSource(parts, scope, name)
  if (source?.spec.partnerAccount !== partner.account) return
  if (await hasBus(parts, scope, name)) await setEventSourceState(parts, scope, name, 'DELETED')
  else await parts.resources.delete('EventSource', eventSourceKeyOf(scope, name))
}

async function activate(parts: ControlParts, scope: Scope, name: string): Promise<void> {
  const { spec } = await findSource(parts, scope, name)
  if (spec.state === 'DELETED') throw fault('event-source-deleted', { source: name })
  if (!(await hasBus(parts, scope, name))) throw fault('event-source-without-bus', { source: name })
  await setEventSourceState(parts, scope, name, 'ACTIVE')
}

async function hasBus(parts: ControlParts, scope: Scope, name: string): Promise<boolean> {
  return (await parts.resources.get('EventBus', busKeyOf(scope, name))) !== undefined
}

async function findSource(parts: ControlParts, scope: Scope, name: string): Promise<EventSource> {
  const source = await getEventSource(parts, scope, name)
  if (source === undefined) throw fault('event-source-not-found', { source: name })
  return source
}

async function offeredTo(parts: ControlParts, scope: Scope): Promise<readonly EventSource[]> {
  const namespace = namespaceOf(scope.account)
  return (await sourcesIn(parts, scope, namespace)).filter((one) => !isExpired(parts, one))
}

/** In every account. */
async function offeredBy(parts: ControlParts, partner: Scope): Promise<readonly EventSource[]> {
  return (await sourcesIn(parts, partner, undefined)).filter(
    (one) =>
      one.spec.partnerAccount === partner.account &&
      one.spec.state !== 'DELETED' &&
      !isExpired(parts, one),
  )
}

async function sourcesIn(
  { resources }: ControlParts,
  { region }: Scope,
  namespace: string | undefined,
): Promise<readonly EventSource[]> {
  const all = await listAll(resources, 'EventSource', {
    namePrefix: `${encodeName([region])}.`,
    ...(namespace === undefined ? {} : { namespace }),
  })
  return all.filter(({ spec }) => spec.region === region)
}

function pageOfSources(
  sources: readonly EventSource[],
  { namePrefix = '', ...page }: EventSourceFilter,
): Page<EventSourceView> {
  const views = sources
    .map(view)
    .filter(({ name }) => name.startsWith(namePrefix))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return pageOf(views, ({ name }) => name, page)
}

function view(source: EventSource): EventSourceView {
  const { name, account, region, state, stateSince } = source.spec
  return {
    arn: `arn:aws:events:${region}::event-source/${name}`,
    name,
    account,
    state,
    createdAt: createdAtOf(source),
    ...(state === 'PENDING' ? { expiresAt: stateSince + EVENT_SOURCE_PENDING_SECONDS_MAX } : {}),
  }
}
