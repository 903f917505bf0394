// The use cases of global endpoints. Which bus takes the events is the endpoint's status: whoever watches the primary
// region, Route 53 or a person, says so (`setHealth`).

import { isAppError } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { formatBusKey } from '../event/index.ts'
import {
  type Arn,
  encodeName,
  endpointArn,
  type EndpointSpec,
  type EndpointStatus,
  namespaceOf,
  parseArn,
  type ResourceOf,
  type Scope,
} from '../model/index.ts'
import { findBus } from './buses.ts'
import { fault } from './faults.ts'
import { ENDPOINTS_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
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

export interface EndpointView {
  readonly arn: string
  readonly spec: EndpointSpec
  readonly isFailedOver: boolean
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface EndpointChange {
  readonly name: string
  readonly description?: string | undefined
  readonly healthCheckArn?: string | undefined
  readonly secondaryRegion?: string | undefined
  readonly buses?: readonly string[] | undefined
  readonly isReplicated?: boolean | undefined
  readonly roleArn?: string | undefined
}

export type NewEndpoint = EndpointChange &
  Pick<EndpointSpec, 'healthCheckArn' | 'secondaryRegion' | 'buses'>

/** Where an endpoint sends just now. */
export interface EndpointRoute {
  readonly busName: string
  /** The bus that takes the events first, then the one that gets copies. */
  readonly places: readonly EndpointPlace[]
}

export interface EndpointPlace {
  readonly busKey: string
  readonly account: string
  readonly region: string
  /** What a copy carries in its resources. */
  readonly resource?: string
}

export interface EndpointFilter extends PageRequest {
  readonly namePrefix?: string | undefined
}

export interface Endpoints {
  create(scope: Scope, endpoint: NewEndpoint): Promise<EndpointView>
  get(scope: Scope, name: string): Promise<EndpointView>
  list(scope: Scope, filter: EndpointFilter): Promise<Page<EndpointView>>
  /** What is not given stays as it is. */
  update(scope: Scope, endpoint: EndpointChange): Promise<EndpointView>
  delete(scope: Scope, name: string): Promise<void>
  /** Those of every account: for operators. */
  listEverywhere(): Promise<readonly EndpointView[]>
  /** What the health check of the primary region says, of an endpoint by name, id or ARN. */
  setHealth(endpoint: string, health: 'healthy' | 'unhealthy'): Promise<EndpointView>
  route(account: string, endpointId: string): Promise<EndpointRoute>
}

type Endpoint = ResourceOf<'Endpoint'>

export function createEndpoints(parts: ControlParts, random: Random): Endpoints {
  return {
    create: (scope, endpoint) => createEndpoint(parts, scope, endpoint, random),
    async get(scope, name) {
      return view(await findEndpoint(parts, scope, name))
    },
    async list(scope, { namePrefix = '', ...page }) {
      const found = (await endpointsOf(parts, scope))
        .filter(({ spec }) => spec.region === scope.region && spec.name.startsWith(namePrefix))
        .map(view)
        .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
      return pageOf(found, ({ spec }) => spec.name, page)
    },
    update: (scope, change) => updateEndpoint(parts, scope, change),
    async delete(scope, name) {
      await findEndpoint(parts, scope, name)
      await parts.resources.delete('Endpoint', keyOf(scope, name))
    },
    listEverywhere: async () => (await everywhere(parts)).map(view),
    setHealth: (endpoint, health) => setHealth(parts, endpoint, health),
    async route(account, endpointId) {
      const all = await endpointsOf(parts, { account })
      const endpoint = all.find(({ spec }) => spec.endpointId === endpointId)
      if (endpoint === undefined) throw fault('endpoint-not-found', { name: endpointId })
      return routeOf(endpoint)
    },
  }
}

async function createEndpoint(
  parts: ControlParts,
  scope: Scope,
  endpoint: NewEndpoint,
  random: Random,
): Promise<EndpointView> {
  const { name, healthCheckArn, secondaryRegion, buses, isReplicated = true } = endpoint
  await checkBuses(parts, scope, { buses, secondaryRegion })
  const all = await endpointsOf(parts, scope)
  if (all.length >= ENDPOINTS_MAX) throw fault('endpoints-too-many', { max: ENDPOINTS_MAX })
  const spec: EndpointSpec = {
    account: scope.account,
    region: scope.region,
    name,
    endpointId: createEndpointId(random),
    healthCheckArn,
    secondaryRegion,
    buses,
    isReplicated,
    ...settings(endpoint),
  }
  try {
    const draft = { ...keyOf(scope, name), annotations: modifiedNow(parts), spec }
    return view(await parts.resources.create('Endpoint', draft))
  } catch (error) {
    if (isAppError(error, 'RESOURCE_EXISTS')) throw fault('endpoint-exists', { name }, error)
    throw error
  }
}

async function updateEndpoint(
  parts: ControlParts,
  scope: Scope,
  change: EndpointChange,
): Promise<EndpointView> {
  const { healthCheckArn, secondaryRegion, buses, isReplicated } = change
  const changed = await retryConflicts(async () => {
    const stored = await findEndpoint(parts, scope, change.name)
    const spec: EndpointSpec = {
      ...stored.spec,
      ...(healthCheckArn === undefined ? {} : { healthCheckArn }),
      ...(secondaryRegion === undefined ? {} : { secondaryRegion }),
      ...(buses === undefined ? {} : { buses }),
      ...(isReplicated === undefined ? {} : { isReplicated }),
      ...settings(change),
    }
    await checkBuses(parts, scope, spec)
    return parts.resources.update('Endpoint', withSpec(parts, stored, spec))
  })
  return view(changed)
}

async function setHealth(
  parts: ControlParts,
  named: string,
  health: 'healthy' | 'unhealthy',
): Promise<EndpointView> {
  const found = (await everywhere(parts)).filter(({ spec }) =>
    [spec.name, spec.endpointId, endpointArn(spec, spec.name)].includes(named),
  )
  const [first, second] = found
  if (first === undefined) throw fault('endpoint-not-found', { name: named })
  if (second !== undefined) throw fault('endpoint-ambiguous', { name: named })
  const isFailedOver = health === 'unhealthy'
  const changed = await retryConflicts(async () => {
    const stored = await findEndpoint(parts, first.spec, first.spec.name)
    if ((statusOf(stored)?.isFailedOver ?? false) === isFailedOver) return stored
    const status: EndpointStatus = { isFailedOver, since: Math.floor(parts.clock.now() / 1000) }
    return parts.resources.updateStatus('Endpoint', { ...stored, status })
  })
  return view(changed)
}

function everywhere({ resources }: ControlParts): Promise<readonly Endpoint[]> {
  return listAll(resources, 'Endpoint', { namePrefix: '' })
}

/** Two buses of the caller's that are there, of one name, one at home and one in the other region. */
async function checkBuses(
  parts: ControlParts,
  scope: Scope,
  { buses, secondaryRegion }: Pick<EndpointSpec, 'buses' | 'secondaryRegion'>,
): Promise<void> {
  const refs = buses.map(parseBusArn)
  const isPair =
    refs.length === 2 &&
    refs[0]?.name !== undefined &&
    refs[0].name === refs[1]?.name &&
    refs.every((ref) => ref?.account === scope.account)
  const regions = new Set(refs.map((ref) => ref?.region))
  if (!isPair || regions.size !== 2 || !regions.has(scope.region) || !regions.has(secondaryRegion))
    throw fault('endpoint-buses-invalid', { buses: buses.join(', '), region: secondaryRegion })
  for (const ref of refs) if (ref !== undefined) await findBus(parts, ref, ref.name)
}

function routeOf({ spec, ...endpoint }: Endpoint): EndpointRoute {
  const refs = spec.buses.map(parseBusArn).filter((ref) => ref !== undefined)
  const isFailedOver = statusOf(endpoint)?.isFailedOver === true
  const first = isFailedOver ? spec.secondaryRegion : spec.region
  const ordered = refs.toSorted((a, b) => Number(b.region === first) - Number(a.region === first))
  const resource = endpointArn(spec, spec.name)
  const places = ordered.map(({ account, region, name }, index) => ({
    busKey: formatBusKey({ account, region, name }),
    account,
    region,
    ...(index === 0 ? {} : { resource }),
  }))
  return {
    busName: refs[0]?.name ?? '',
    places: spec.isReplicated ? places : places.slice(0, 1),
  }
}

function parseBusArn(text: string): (Arn & { readonly name: string }) | undefined {
  const arn = parseArn(text)
  const isBus = arn?.service === 'events' && arn.resource.startsWith('event-bus/')
  return isBus ? { ...arn, name: arn.resource.slice('event-bus/'.length) } : undefined
}

async function endpointsOf(
  { resources }: ControlParts,
  { account }: Pick<Scope, 'account'>,
): Promise<readonly Endpoint[]> {
  return listAll(resources, 'Endpoint', { namespace: namespaceOf(account), namePrefix: '' })
}

async function findEndpoint(
  { resources }: ControlParts,
  scope: Scope,
  name: string,
): Promise<Endpoint> {
  const endpoint = await resources.get('Endpoint', keyOf(scope, name))
  if (endpoint === undefined) throw fault('endpoint-not-found', { name })
  return endpoint
}

function view(endpoint: Endpoint): EndpointView {
  const { spec } = endpoint
  return {
    arn: endpointArn(spec, spec.name),
    spec,
    isFailedOver: statusOf(endpoint)?.isFailedOver === true,
    createdAt: createdAtOf(endpoint),
    modifiedAt: modifiedAtOf(endpoint),
  }
}

function statusOf({ status }: Pick<Endpoint, 'status'>): EndpointStatus | undefined {
  // Written here alone.
  return status as EndpointStatus | undefined
}

function settings(given: EndpointChange): Pick<EndpointSpec, 'description' | 'roleArn'> {
  const { description, roleArn } = given
  return {
    ...(description === undefined ? {} : { description }),
    ...(roleArn === undefined ? {} : { roleArn }),
  }
}

/** Ten letters, a dot and three, as AWS makes them. */
function createEndpointId(random: Random): string {
  const letters = Array.from(random.bytes(13), (byte) => String.fromCharCode(97 + (byte % 26)))
  return `${letters.slice(0, 10).join('')}.${letters.slice(10).join('')}`
}

function keyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}
