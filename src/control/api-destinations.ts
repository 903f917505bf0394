// The use cases of API destinations: an HTTP endpoint, how to call it, and the connection as whom.

import { isAppError } from '../base/index.ts'
import type { DestinationLookup } from '../connect/index.ts'
import {
  apiDestinationArn,
  type ApiDestinationSpec,
  encodeName,
  namespaceOf,
  parseArn,
  type ResourceOf,
  type Scope,
} from '../model/index.ts'
import { stateOf } from './connection-state.ts'
import { checkTargetUrl, type ConnectionParts, findByArn, openConnection } from './connections.ts'
import { fault } from './faults.ts'
import { API_DESTINATIONS_MAX, INVOCATIONS_PER_SECOND_DEFAULT } from './limits.ts'
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

export interface ApiDestinationView {
  readonly arn: string
  readonly spec: ApiDestinationSpec
  /** Inactive while its connection is not authorized, or gone. */
  readonly state: 'ACTIVE' | 'INACTIVE'
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface ApiDestinationChange {
  readonly name: string
  readonly description?: string | undefined
  readonly connectionArn?: string | undefined
  readonly endpoint?: string | undefined
  readonly method?: ApiDestinationSpec['method'] | undefined
  readonly ratePerSecondMax?: number | undefined
}

export type NewApiDestination = ApiDestinationChange &
  Pick<ApiDestinationSpec, 'connectionArn' | 'endpoint' | 'method'>

export interface ApiDestinationFilter extends PageRequest {
  readonly namePrefix?: string | undefined
  readonly connectionArn?: string | undefined
}

export interface ApiDestinations {
  create(scope: Scope, destination: NewApiDestination): Promise<ApiDestinationView>
  get(scope: Scope, name: string): Promise<ApiDestinationView>
  list(scope: Scope, filter: ApiDestinationFilter): Promise<Page<ApiDestinationView>>
  /** What is not given stays as it is. */
  update(scope: Scope, destination: ApiDestinationChange): Promise<ApiDestinationView>
  delete(scope: Scope, name: string): Promise<void>
  /** How the destination of an ARN is called just now, secrets included: for the sink alone. */
  resolve(arn: string): Promise<DestinationLookup>
}

type Parts = ControlParts & Pick<ConnectionParts, 'keyring' | 'checkUrl'>
type ApiDestination = ResourceOf<'ApiDestination'>

export function createApiDestinations(
  control: ControlParts,
  own: ConnectionParts,
): ApiDestinations {
  const { keyring, checkUrl } = own
  const parts: Parts = { ...control, keyring, checkUrl }
  return {
    create: (scope, destination) => createDestination(parts, scope, destination),
    async get(scope, name) {
      return view(parts, await findDestination(parts, scope, name))
    },
    list: (scope, filter) => listDestinations(parts, scope, filter),
    update: (scope, destination) => updateDestination(parts, scope, destination),
    async delete(scope, name) {
      await findDestination(parts, scope, name)
      await parts.resources.delete('ApiDestination', keyOf(scope, name))
    },
    resolve: (arn) => resolve(parts, arn),
  }
}

async function createDestination(
  parts: Parts,
  scope: Scope,
  destination: NewApiDestination,
): Promise<ApiDestinationView> {
  const { name, connectionArn, endpoint, method } = destination
  await check(parts, { connectionArn, endpoint })
  if ((await destinationsOf(parts, scope)).length >= API_DESTINATIONS_MAX)
    throw fault('destinations-too-many', { max: API_DESTINATIONS_MAX })
  const { account, region } = scope
  const spec = { account, region, name, connectionArn, endpoint, method, ...settings(destination) }
  try {
    const draft = { ...keyOf(scope, name), annotations: modifiedNow(parts), spec }
    return await view(parts, await parts.resources.create('ApiDestination', draft))
  } catch (error) {
    if (isAppError(error, 'RESOURCE_EXISTS')) throw fault('destination-exists', { name }, error)
    throw error
  }
}

async function updateDestination(
  parts: Parts,
  scope: Scope,
  change: ApiDestinationChange,
): Promise<ApiDestinationView> {
  await check(parts, change)
  const { connectionArn, endpoint, method } = change
  const changed = await retryConflicts(async () => {
    const stored = await findDestination(parts, scope, change.name)
    const spec: ApiDestinationSpec = {
      ...stored.spec,
      ...(connectionArn === undefined ? {} : { connectionArn }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(method === undefined ? {} : { method }),
      ...settings(change),
    }
    return parts.resources.update('ApiDestination', withSpec(parts, stored, spec))
  })
  return view(parts, changed)
}

async function check(
  parts: Parts,
  { connectionArn, endpoint }: Pick<ApiDestinationChange, 'connectionArn' | 'endpoint'>,
): Promise<void> {
  if (endpoint !== undefined) checkTargetUrl(parts, endpoint)
  if (connectionArn !== undefined && (await findByArn(parts, connectionArn)) === undefined)
    throw fault('connection-not-found', { name: connectionArn })
}

async function listDestinations(
  parts: Parts,
  scope: Scope,
  { namePrefix = '', connectionArn, ...page }: ApiDestinationFilter,
): Promise<Page<ApiDestinationView>> {
  const found = (await destinationsOf(parts, scope))
    .filter(({ spec }) => spec.name.startsWith(namePrefix))
    .filter(({ spec }) => connectionArn === undefined || spec.connectionArn === connectionArn)
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  const { items, ...rest } = pageOf(found, ({ spec }) => spec.name, page)
  return { items: await Promise.all(items.map((item) => view(parts, item))), ...rest }
}

async function destinationsOf(
  { resources }: Parts,
  scope: Scope,
): Promise<readonly ApiDestination[]> {
  const all = await listAll(resources, 'ApiDestination', {
    namespace: namespaceOf(scope.account),
    namePrefix: `${encodeName([scope.region])}.`,
  })
  return all.filter(({ spec }) => spec.region === scope.region)
}

async function findDestination(
  { resources }: Parts,
  scope: Scope,
  name: string,
): Promise<ApiDestination> {
  const destination = await resources.get('ApiDestination', keyOf(scope, name))
  if (destination === undefined) throw fault('destination-not-found', { name })
  return destination
}

async function view(parts: Parts, destination: ApiDestination): Promise<ApiDestinationView> {
  const { spec, metadata } = destination
  const connection = await findByArn(parts, spec.connectionArn)
  const isActive = connection !== undefined && stateOf(connection).state === 'AUTHORIZED'
  return {
    arn: apiDestinationArn(spec, spec.name, metadata.uid),
    spec,
    state: isActive ? 'ACTIVE' : 'INACTIVE',
    createdAt: createdAtOf(destination),
    modifiedAt: modifiedAtOf(destination),
  }
}

async function resolve(parts: Parts, arn: string): Promise<DestinationLookup> {
  const { resource = '', ...scope } = parseArn(arn) ?? { account: '', region: '' }
  const [, name = '', id] = resource.split('/')
  const destination = await parts.resources.get('ApiDestination', keyOf(scope, name))
  if (destination === undefined || destination.metadata.uid !== id)
    return refused('NO_RESOURCE', `API destination \`${arn}\` does not exist`)
  const { connectionArn, endpoint, method, ratePerSecondMax } = destination.spec
  const connection = await openConnection(parts, connectionArn)
  if (connection === undefined)
    return refused('NO_RESOURCE', `connection \`${connectionArn}\` does not exist`)
  const { secrets, state, reason } = connection
  // While it is being authorized the call itself asks for the token, or fails in a way that is tried again.
  if (secrets === undefined || state === 'DEAUTHORIZED') {
    const why = reason === undefined ? '' : `: ${reason}`
    return refused('NO_PERMISSIONS', `connection \`${connectionArn}\` is not authorized${why}`)
  }
  return {
    kind: 'found',
    destination: {
      endpoint,
      method,
      ratePerSecondMax: ratePerSecondMax ?? INVOCATIONS_PER_SECOND_DEFAULT,
      connection: { key: connection.id, version: connection.version, ...secrets },
    },
  }
}

function refused(code: string, message: string): DestinationLookup {
  return { kind: 'refused', failure: { code, message } }
}

function settings(
  given: ApiDestinationChange,
): Pick<ApiDestinationSpec, 'description' | 'ratePerSecondMax'> {
  const { description, ratePerSecondMax } = given
  return {
    ...(description === undefined ? {} : { description }),
    ...(ratePerSecondMax === undefined ? {} : { ratePerSecondMax }),
  }
}

function keyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}
