// The use cases of discoverers: one for a bus, which learns schemas from what is published there while it is started.

import {
  busArn,
  type ResourceOf,
  type SchemaDiscovererSpec,
  schemasArn,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { findBus } from './buses.ts'
import { fault } from './faults.ts'
import { resolveBusName } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { listAll, modifiedNow, retryConflicts, withSpec } from './resources.ts'
import { discovererKeyOf, regionPrefix } from './schema-names.ts'
import type { SchemaParts } from './schema-parts.ts'
import { checkTags } from './tag-set.ts'

export interface DiscovererView {
  readonly arn: string
  /** ARN of the bus. */
  readonly sourceArn: string
  readonly spec: SchemaDiscovererSpec
}

export interface NewDiscoverer {
  readonly sourceArn: string
  readonly description?: string | undefined
  readonly crossAccount?: boolean | undefined
  readonly tags?: Tags | undefined
}

export interface DiscovererFilter extends PageRequest {
  readonly idPrefix?: string | undefined
  readonly sourceArnPrefix?: string | undefined
}

export interface Discoverers {
  create(scope: Scope, discoverer: NewDiscoverer): Promise<DiscovererView>
  get(scope: Scope, id: string): Promise<DiscovererView>
  list(scope: Scope, filter: DiscovererFilter): Promise<Page<DiscovererView>>
  update(
    scope: Scope,
    id: string,
    update: Pick<NewDiscoverer, 'description' | 'crossAccount'>,
  ): Promise<DiscovererView>
  start(scope: Scope, id: string): Promise<DiscovererView>
  stop(scope: Scope, id: string): Promise<DiscovererView>
  delete(scope: Scope, id: string): Promise<void>
}

export function createDiscoverers(parts: SchemaParts): Discoverers {
  return {
    create: (scope, discoverer) => createDiscoverer(parts, scope, discoverer),
    get: async (scope, id) => toView(await findDiscoverer(parts, scope, id)),
    list: (scope, filter) => listDiscoverers(parts, scope, filter),
    update: (scope, id, { description, crossAccount }) =>
      changeDiscoverer(parts, scope, id, (spec) => ({
        ...spec,
        ...(description === undefined ? {} : { description }),
        ...(crossAccount === undefined ? {} : { crossAccount }),
      })),
    start: (scope, id) =>
      changeDiscoverer(parts, scope, id, (spec) => ({ ...spec, state: 'STARTED' })),
    stop: (scope, id) =>
      changeDiscoverer(parts, scope, id, (spec) => ({ ...spec, state: 'STOPPED' })),
    async delete(scope, id) {
      await findDiscoverer(parts, scope, id)
      await parts.resources.delete('SchemaDiscoverer', discovererKeyOf(scope, id))
      await parts.schemasSettled()
    },
  }
}

/** Changes a discoverer; the next event is seen by it as it is then. */
export async function changeDiscoverer(
  parts: SchemaParts,
  scope: Scope,
  id: string,
  change: (spec: SchemaDiscovererSpec) => SchemaDiscovererSpec,
): Promise<DiscovererView> {
  const view = await retryConflicts(async () => {
    const stored = await findDiscoverer(parts, scope, id)
    const changed = withSpec(parts, stored, change(stored.spec))
    return toView(await parts.resources.update('SchemaDiscoverer', changed))
  })
  await parts.schemasSettled()
  return view
}

async function createDiscoverer(
  parts: SchemaParts,
  scope: Scope,
  { sourceArn, description, crossAccount = true, tags }: NewDiscoverer,
): Promise<DiscovererView> {
  if (tags !== undefined) checkTags(tags, sourceArn)
  const bus = await findSource(parts, scope, sourceArn)
  const id = `events-event-bus-${bus.replaceAll('/', '-')}`
  const key = discovererKeyOf(scope, id)
  const { account, region } = scope
  const spec: SchemaDiscovererSpec = {
    account,
    region,
    id,
    bus,
    state: 'STARTED',
    crossAccount,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  }
  const view = await parts.serial.run(`${account}/${region}/discoverers/${id}`, async () => {
    if ((await parts.resources.get('SchemaDiscoverer', key)) !== undefined) {
      throw fault('discoverer-exists', { discoverer: id })
    }
    const draft = { ...key, annotations: modifiedNow(parts), spec }
    return toView(await parts.resources.create('SchemaDiscoverer', draft))
  })
  await parts.schemasSettled()
  return view
}

async function findSource(parts: SchemaParts, scope: Scope, sourceArn: string): Promise<string> {
  if (!sourceArn.startsWith('arn:')) throw fault('discoverer-source-invalid', { arn: sourceArn })
  const bus = resolveBusName(scope, sourceArn)
  await findBus(parts, scope, bus)
  return bus
}

async function findDiscoverer(
  parts: SchemaParts,
  scope: Scope,
  id: string,
): Promise<ResourceOf<'SchemaDiscoverer'>> {
  const stored = await parts.resources.get('SchemaDiscoverer', discovererKeyOf(scope, id))
  if (stored === undefined) throw fault('discoverer-not-found', { discoverer: id })
  return stored
}

async function listDiscoverers(
  parts: SchemaParts,
  scope: Scope,
  { idPrefix = '', sourceArnPrefix = '', ...request }: DiscovererFilter,
): Promise<Page<DiscovererView>> {
  const resources = await listAll(parts.resources, 'SchemaDiscoverer', regionPrefix(scope))
  const views = resources
    .filter(({ spec }) => spec.region === scope.region)
    .map((resource) => toView(resource))
    .filter(
      ({ spec, sourceArn }) =>
        spec.id.startsWith(idPrefix) && sourceArn.startsWith(sourceArnPrefix),
    )
    .sort((a, b) => (a.spec.id < b.spec.id ? -1 : 1))
  return pageOf(views, ({ spec }) => spec.id, request)
}

function toView({ spec }: ResourceOf<'SchemaDiscoverer'>): DiscovererView {
  return {
    arn: schemasArn(spec, `discoverer/${spec.id}`),
    sourceArn: busArn(spec, spec.bus),
    spec,
  }
}
