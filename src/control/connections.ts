// The use cases of connections. Secrets go in and never come out again but for the one who calls the target.

import { describeError, isAppError } from '../base/index.ts'
import {
  encodeName,
  namespaceOf,
  openPartOfSecrets,
  parseArn,
  type ConnectionSecrets,
  type ConnectionSpec,
  type ResourceOf,
  type Scope,
} from '../model/index.ts'
import { Authorizer, type AuthorizerOptions } from './authorizer.ts'
import {
  type AuthorizationChange,
  changeSecrets,
  openSecrets,
  sealSecrets,
} from './connection-secrets.ts'
import { type ConnectionState, type ConnectionView, viewConnection } from './connection-state.ts'
import { fault } from './faults.ts'
import { CONNECTIONS_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { type ControlParts, listAll, modifiedNow, retryConflicts, withSpec } from './resources.ts'

export interface ConnectionChange extends AuthorizationChange {
  readonly name: string
  readonly description?: string | undefined
  readonly kmsKeyIdentifier?: string | undefined
  readonly connectivityArn?: string | undefined
}

export interface ConnectionFilter extends PageRequest {
  readonly namePrefix?: string | undefined
  readonly state?: string | undefined
}

export interface Connections {
  create(scope: Scope, connection: ConnectionChange): Promise<ConnectionView>
  get(scope: Scope, name: string): Promise<ConnectionView>
  list(scope: Scope, filter: ConnectionFilter): Promise<Page<ConnectionView>>
  /** What is not given stays as it is. */
  update(scope: Scope, connection: ConnectionChange): Promise<ConnectionView>
  /** Takes the secrets away; the next update must bring them anew. */
  deauthorize(scope: Scope, name: string): Promise<ConnectionView>
  /** Answers the connection as it was. */
  delete(scope: Scope, name: string): Promise<ConnectionView>
  /** Seals anew what an older key sealed, and goes on asking for tokens that a restart cut short. */
  resume(): Promise<void>
  close(): Promise<void>
}

export interface ConnectionParts extends Omit<AuthorizerOptions, 'resources'> {
  /** Throws for a URL that must not be called. */
  readonly checkUrl: (text: string) => unknown
}

interface Parts extends ControlParts, Omit<ConnectionParts, 'clock'> {
  readonly authorizer: Authorizer
}

export function createConnections(control: ControlParts, own: ConnectionParts): Connections {
  const authorizer = new Authorizer({ ...own, resources: control.resources })
  const parts: Parts = { ...own, ...control, authorizer }
  return {
    create: (scope, connection) => createConnection(parts, scope, connection),
    async get(scope, name) {
      return viewConnection(await findConnection(parts, scope, name))
    },
    list: (scope, filter) => listConnections(parts, scope, filter),
    update: (scope, connection) => updateConnection(parts, scope, connection),
    async deauthorize(scope, name) {
      const changed = await changeConnection(parts, scope, name, withoutSeal)
      parts.tokens.forget(changed.metadata.uid)
      return viewConnection(changed)
    },
    async delete(scope, name) {
      const connection = await findConnection(parts, scope, name)
      await parts.resources.delete('Connection', connectionKeyOf(scope, name))
      parts.tokens.forget(connection.metadata.uid)
      return viewConnection(connection)
    },
    resume: () => resume(parts),
    close: () => authorizer.close(),
  }
}

export interface OpenedConnection extends ConnectionState {
  readonly id: string
  /** Changes with every change of the connection. */
  readonly version: string
  /** Undefined while it is deauthorized. */
  readonly secrets?: ConnectionSecrets
}

/** The connection of an ARN with its secrets, for whoever calls the target; undefined when it is gone. */
export async function openConnection(
  parts: Pick<ControlParts, 'resources'> & Pick<ConnectionParts, 'keyring'>,
  arn: string,
): Promise<OpenedConnection | undefined> {
  const connection = await findByArn(parts, arn)
  if (connection === undefined) return undefined
  const { metadata, spec } = connection
  const secrets = openSecrets(parts.keyring, spec)
  const { state, reason } = viewConnection(connection)
  return {
    id: metadata.uid,
    version: String(metadata.generation),
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(secrets === undefined ? {} : { secrets }),
  }
}

/** Undefined when it is gone, also when another has its name by now. */
export async function findByArn(
  { resources }: Pick<ControlParts, 'resources'>,
  arn: string,
): Promise<ResourceOf<'Connection'> | undefined> {
  const parts = parseArn(arn)
  const [type, name, id] = parts?.resource.split('/') ?? []
  if (parts?.service !== 'events' || type !== 'connection' || name === undefined) return undefined
  const connection = await resources.get('Connection', connectionKeyOf(parts, name))
  return connection?.metadata.uid === id ? connection : undefined
}

async function createConnection(
  parts: Parts,
  scope: Scope,
  change: ConnectionChange,
): Promise<ConnectionView> {
  const secrets = changeSecrets(undefined, change)
  checkEndpoint(parts, secrets)
  const { name } = change
  if ((await connectionsOf(parts, scope)).length >= CONNECTIONS_MAX)
    throw fault('connections-too-many', { max: CONNECTIONS_MAX })
  const key = connectionKeyOf(scope, name)
  const spec = { ...seal(parts, { ...scopeOf(scope), name }, secrets), ...settings(change) }
  try {
    const draft = { ...key, annotations: modifiedNow(parts), spec }
    const connection = await parts.resources.create('Connection', draft)
    authorize(parts, connection)
    return viewConnection(connection)
  } catch (error) {
    if (isAppError(error, 'RESOURCE_EXISTS')) throw fault('connection-exists', { name }, error)
    throw error
  }
}

async function updateConnection(
  parts: Parts,
  scope: Scope,
  change: ConnectionChange,
): Promise<ConnectionView> {
  const changed = await changeConnection(parts, scope, change.name, (spec) => {
    const before = openSecrets(parts.keyring, spec) ?? {
      authorization: spec.authorization,
      ...(spec.parameters === undefined ? {} : { parameters: spec.parameters }),
    }
    const secrets = changeSecrets(before, change)
    checkEndpoint(parts, secrets)
    const { account, region, name } = spec
    return {
      ...seal(parts, { account, region, name }, secrets),
      ...settings(spec),
      ...settings(change),
    }
  })
  parts.tokens.forget(changed.metadata.uid)
  authorize(parts, changed)
  return viewConnection(changed)
}

function withoutSeal(spec: ConnectionSpec): ConnectionSpec {
  const { sealed: _, ...open } = spec
  return open
}

async function changeConnection(
  parts: Parts,
  scope: Scope,
  name: string,
  change: (spec: ConnectionSpec) => ConnectionSpec,
): Promise<ResourceOf<'Connection'>> {
  return retryConflicts(async () => {
    const stored = await findConnection(parts, scope, name)
    const changed = withSpec(parts, stored, change(stored.spec))
    return parts.resources.update('Connection', changed)
  })
}

async function findConnection(
  { resources }: ControlParts,
  scope: Scope,
  name: string,
): Promise<ResourceOf<'Connection'>> {
  const connection = await resources.get('Connection', connectionKeyOf(scope, name))
  if (connection === undefined) throw fault('connection-not-found', { name })
  return connection
}

async function listConnections(
  parts: ControlParts,
  scope: Scope,
  filter: ConnectionFilter,
): Promise<Page<ConnectionView>> {
  const views = (await connectionsOf(parts, scope))
    .map(viewConnection)
    .filter(({ spec }) => spec.name.startsWith(filter.namePrefix ?? ''))
    .filter(({ state }) => filter.state === undefined || state === filter.state)
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  return pageOf(views, ({ spec }) => spec.name, filter)
}

async function connectionsOf(
  { resources }: ControlParts,
  scope: Scope,
): Promise<readonly ResourceOf<'Connection'>[]> {
  const all = await listAll(resources, 'Connection', {
    namespace: namespaceOf(scope.account),
    namePrefix: `${encodeName([scope.region])}.`,
  })
  return all.filter(({ spec }) => spec.region === scope.region)
}

async function resume(parts: Parts): Promise<void> {
  for (const { spec } of await listAll(parts.resources, 'Connection', { namePrefix: '' })) {
    try {
      await sealAnew(parts, spec)
      authorize(parts, await findConnection(parts, spec, spec.name))
    } catch (error) {
      // Others can be used all the same.
      const fields = { connection: spec.name, error: describeError(error) }
      parts.logger.error('a connection cannot be used', fields)
    }
  }
}

async function sealAnew(parts: Parts, { sealed, ...scope }: ConnectionSpec): Promise<void> {
  if (sealed === undefined || parts.keyring.isCurrent(sealed)) return
  await changeConnection(parts, scope, scope.name, (spec) => {
    const secrets = openSecrets(parts.keyring, spec)
    return secrets === undefined ? spec : { ...spec, ...seal(parts, spec, secrets) }
  })
  parts.logger.info('a connection was sealed with the new key', { connection: scope.name })
}

function authorize({ authorizer }: Parts, connection: ResourceOf<'Connection'>): void {
  const { namespace, name } = connection.metadata
  if (viewConnection(connection).state === 'AUTHORIZING') authorizer.start({ namespace, name })
}

function seal<Ref extends Scope & { readonly name: string }>(
  { keyring }: Parts,
  ref: Ref,
  secrets: ConnectionSecrets,
): Ref & Pick<ConnectionSpec, 'authorization' | 'parameters' | 'sealed'> {
  return { ...ref, ...openPartOfSecrets(secrets), sealed: sealSecrets(keyring, ref, secrets) }
}

function checkEndpoint(parts: Parts, { authorization }: ConnectionSecrets): void {
  if (authorization.kind === 'oauth') checkTargetUrl(parts, authorization.endpoint)
}

/** Throws `url-refused` for what must not be called; AWS itself takes https alone. */
export function checkTargetUrl(
  { checkUrl, strict }: Pick<ConnectionParts, 'checkUrl'> & Pick<ControlParts, 'strict'>,
  url: string,
): void {
  try {
    checkUrl(url)
  } catch (error) {
    if (!isAppError(error, 'TARGET_REFUSED')) throw error
    throw fault('url-refused', { url, reason: error.message }, error)
  }
  if (strict && !/^https:/i.test(url))
    throw fault('url-refused', { url, reason: 'expected a URL of https' })
}

function settings(
  given: Pick<ConnectionChange, 'description' | 'kmsKeyIdentifier' | 'connectivityArn'>,
): Pick<ConnectionSpec, 'description' | 'kmsKeyIdentifier' | 'connectivityArn'> {
  const { description, kmsKeyIdentifier, connectivityArn } = given
  return {
    ...(description === undefined ? {} : { description }),
    ...(kmsKeyIdentifier === undefined ? {} : { kmsKeyIdentifier }),
    ...(connectivityArn === undefined ? {} : { connectivityArn }),
  }
}

function scopeOf({ account, region }: Scope): Scope {
  return { account, region }
}

function connectionKeyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}
