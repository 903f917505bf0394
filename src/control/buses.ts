// The use cases of buses. Every account has a bus `default` in every region without anybody making it: it is
// stored only once something about it was changed, or to be shown.

import {
  type BusSpec,
  busArn,
  DEFAULT_BUS,
  encodeName,
  namespaceOf,
  type ResourceOf,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { eventSourceKeyOf, getEventSource, setEventSourceState } from './event-source-rows.ts'
import { fault } from './faults.ts'
import { busKeyOf, resolveBusName } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import {
  type ControlParts,
  createdAtOf,
  listAll,
  modifiedAtOf,
  modifiedNow,
  retryConflicts,
  withSpec,
} from './resources.ts'
import { hasRules } from './rule-store.ts'
import { checkTags } from './tag-set.ts'

export interface BusView {
  readonly arn: string
  readonly spec: BusSpec
  /** Whole seconds since the epoch; absent while `default` is only there by itself. */
  readonly createdAt?: number
  readonly modifiedAt?: number
}

export interface BusSettings {
  readonly description?: string | undefined
  readonly kmsKeyIdentifier?: string | undefined
  readonly deadLetterArn?: string | undefined
  readonly logConfig?: BusSpec['logConfig']
}

export interface NewBus extends BusSettings {
  readonly name: string
  /** The partner event source it belongs to. */
  readonly eventSourceName?: string | undefined
  readonly tags?: Tags
}

export interface BusFilter extends PageRequest {
  readonly namePrefix?: string | undefined
}

export interface Buses {
  create(scope: Scope, bus: NewBus): Promise<BusView>
  get(scope: Scope, nameOrArn: string | undefined): Promise<BusView>
  list(scope: Scope, filter: BusFilter): Promise<Page<BusView>>
  /** Settings that are not given are taken away. */
  update(scope: Scope, nameOrArn: string | undefined, settings: BusSettings): Promise<BusView>
  delete(scope: Scope, nameOrArn: string): Promise<void>
}

export function createBuses(parts: ControlParts): Buses {
  return {
    create: (scope, bus) => createBus(parts, scope, bus),
    async get(scope, nameOrArn) {
      return findBus(parts, scope, resolveBusName(scope, nameOrArn))
    },
    list: (scope, filter) => listBuses(parts, scope, filter),
    async update(scope, nameOrArn, settings) {
      const bus = resolveBusName(scope, nameOrArn)
      return changeBus(parts, scope, bus, (spec) => ({
        ...withoutSettings(spec),
        ...given(settings),
      }))
    },
    delete: (scope, nameOrArn) => deleteBus(parts, scope, nameOrArn),
  }
}

/** The bus of a name, or `bus-not-found`. */
export async function findBus(parts: ControlParts, scope: Scope, bus: string): Promise<BusView> {
  const resource = await parts.resources.get('EventBus', busKeyOf(scope, bus))
  if (resource !== undefined) return toView(resource)
  if (bus === DEFAULT_BUS) return defaultBus(scope)
  throw fault('bus-not-found', { bus })
}

/** Changes a bus's spec and publishes it; `default` is stored by its first change. */
export async function changeBus(
  parts: ControlParts,
  scope: Scope,
  bus: string,
  change: (spec: BusSpec) => BusSpec,
): Promise<BusView> {
  const view = await parts.serial.run(serialKey(scope, bus), () =>
    retryConflicts(async () => {
      const key = busKeyOf(scope, bus)
      const stored = await parts.resources.get('EventBus', key)
      if (stored !== undefined) {
        const changed = withSpec(parts, stored, change(stored.spec))
        return toView(await parts.resources.update('EventBus', changed))
      }
      if (bus !== DEFAULT_BUS) throw fault('bus-not-found', { bus })
      const spec = change(defaultBus(scope).spec)
      const draft = { ...key, annotations: modifiedNow(parts), spec }
      return toView(await parts.resources.create('EventBus', draft))
    }),
  )
  await parts.publisher.publish()
  return view
}

/** The name under which changes of a bus and its rules follow one another. */
export function serialKey(scope: Scope, bus: string): string {
  return `${scope.account}/${scope.region}/${bus}`
}

async function createBus(parts: ControlParts, scope: Scope, bus: NewBus): Promise<BusView> {
  const { name, eventSourceName, tags } = bus
  if (name === DEFAULT_BUS) throw fault('bus-exists', { bus: name })
  if (eventSourceName !== undefined) await checkSource(parts, scope, { name, eventSourceName })
  else if (name.includes('/')) throw fault('bus-name-has-slash', { bus: name })
  if (tags !== undefined) checkTags(tags, name)
  const key = busKeyOf(scope, name)
  const spec: BusSpec = {
    account: scope.account,
    region: scope.region,
    name,
    ...given(bus),
    ...(tags === undefined ? {} : { tags }),
  }
  const view = await parts.serial.run(serialKey(scope, name), async () => {
    if ((await parts.resources.get('EventBus', key)) !== undefined) {
      throw fault('bus-exists', { bus: name })
    }
    const draft = { ...key, annotations: modifiedNow(parts), spec }
    return toView(await parts.resources.create('EventBus', draft))
  })
  await parts.publisher.publish()
  if (eventSourceName !== undefined) await setEventSourceState(parts, scope, name, 'ACTIVE')
  return view
}

/** A bus takes up the partner event source whose name it has. */
async function checkSource(
  parts: ControlParts,
  scope: Scope,
  { name, eventSourceName }: { readonly name: string; readonly eventSourceName: string },
): Promise<void> {
  const source = await getEventSource(parts, scope, eventSourceName)
  if (source === undefined) throw fault('event-source-not-found', { source: eventSourceName })
  if (source.spec.state === 'DELETED') throw fault('event-source-deleted', { source: name })
  if (name !== eventSourceName)
    throw fault('event-source-misnamed', { source: eventSourceName, bus: name })
}

async function listBuses(
  parts: ControlParts,
  scope: Scope,
  filter: BusFilter,
): Promise<Page<BusView>> {
  const resources = await listAll(parts.resources, 'EventBus', {
    namespace: namespaceOf(scope.account),
    namePrefix: `${encodeName([scope.region])}.`,
  })
  const stored = resources.filter(({ spec }) => spec.region === scope.region).map(toView)
  const hasDefault = stored.some(({ spec }) => spec.name === DEFAULT_BUS)
  const views = (hasDefault ? stored : [...stored, defaultBus(scope)])
    .filter(({ spec }) => spec.name.startsWith(filter.namePrefix ?? ''))
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  return pageOf(views, ({ spec }) => spec.name, filter)
}

async function deleteBus(parts: ControlParts, scope: Scope, nameOrArn: string): Promise<void> {
  const bus = resolveBusName(scope, nameOrArn)
  if (bus === DEFAULT_BUS) throw fault('bus-is-default', { bus })
  await parts.serial.run(serialKey(scope, bus), async () => {
    const key = busKeyOf(scope, bus)
    if ((await parts.resources.get('EventBus', key)) === undefined) {
      throw fault('bus-not-found', { bus })
    }
    if (await hasRules(parts.resources, scope, bus)) throw fault('bus-has-rules', { bus })
    await parts.resources.delete('EventBus', key)
  })
  await parts.publisher.publish()
  await releaseSource(parts, scope, bus)
}

/** Without its bus a partner event source waits again, or goes if the partner deleted it. */
async function releaseSource(parts: ControlParts, scope: Scope, name: string): Promise<void> {
  const source = await getEventSource(parts, scope, name)
  if (source === undefined) return
  if (source.spec.state !== 'DELETED') await setEventSourceState(parts, scope, name, 'PENDING')
  else await parts.resources.delete('EventSource', eventSourceKeyOf(scope, name))
}

function defaultBus(scope: Scope): BusView {
  const spec = { account: scope.account, region: scope.region, name: DEFAULT_BUS }
  return { arn: busArn(scope, DEFAULT_BUS), spec }
}

function toView(resource: ResourceOf<'EventBus'>): BusView {
  const { spec } = resource
  return {
    arn: busArn(spec, spec.name),
    spec,
    createdAt: createdAtOf(resource),
    modifiedAt: modifiedAtOf(resource),
  }
}

function withoutSettings(spec: BusSpec): BusSpec {
  const { account, region, name, policy, validation, tags } = spec
  return {
    account,
    region,
    name,
    ...(validation === undefined ? {} : { validation }),
    ...(policy === undefined ? {} : { policy }),
    ...(tags === undefined ? {} : { tags }),
  }
}

function given(settings: BusSettings): Partial<BusSpec> {
  const { description, kmsKeyIdentifier, deadLetterArn, logConfig } = settings
  return {
    ...(description === undefined ? {} : { description }),
    ...(kmsKeyIdentifier === undefined ? {} : { kmsKeyIdentifier }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(logConfig === undefined ? {} : { logConfig }),
  }
}
