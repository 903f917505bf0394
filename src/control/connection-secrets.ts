// What a connection authorizes with: put together from what a caller gives and what is there, and sealed so that
// it opens for this connection alone.

import type { Keyring } from '../keyring/index.ts'
import type { Authorization, ConnectionSecrets, ConnectionSpec } from '../model/index.ts'
import type { HttpParameters, Scope } from '../model/index.ts'
import { fault } from './faults.ts'

type Kind = Authorization['kind']
type Of<K extends Kind> = Extract<Authorization, { readonly kind: K }>
type Given<K extends Kind> = {
  readonly [P in keyof Omit<Of<K>, 'kind'>]?: Of<K>[P] | undefined
}

/** What a caller gives of an authorization; of an existing one, what shall change. */
export interface AuthorizationChange {
  readonly kind?: Kind | undefined
  readonly basic?: Given<'basic'> | undefined
  readonly apiKey?: Given<'api-key'> | undefined
  readonly oauth?: Given<'oauth'> | undefined
  /** Replace those that are there. */
  readonly parameters?: HttpParameters | undefined
}

/** The secrets after a change; throws `connection-incomplete` while something is missing. */
export function changeSecrets(
  before: ConnectionSecrets | undefined,
  change: AuthorizationChange,
): ConnectionSecrets {
  const kind = change.kind ?? before?.authorization.kind
  const parameters = change.parameters ?? before?.parameters
  return {
    authorization: changeAuthorization(kind, before?.authorization, change),
    ...(parameters === undefined ? {} : { parameters }),
  }
}

function changeAuthorization(
  kind: Kind | undefined,
  before: Authorization | undefined,
  { basic, apiKey, oauth }: AuthorizationChange,
): Authorization {
  switch (kind) {
    case 'basic': {
      const { username, password } = { ...ofKind(before, 'basic'), ...given(basic) }
      return {
        kind,
        username: needed('username', username),
        password: needed('password', password),
      }
    }
    case 'api-key': {
      const { name, value } = { ...ofKind(before, 'api-key'), ...given(apiKey) }
      return { kind, name: needed('name of the key', name), value: needed('key', value) }
    }
    case 'oauth': {
      const all = { ...ofKind(before, 'oauth'), ...given(oauth) }
      return {
        kind,
        clientId: needed('client id', all.clientId),
        clientSecret: needed('client secret', all.clientSecret),
        endpoint: needed('authorization endpoint', all.endpoint),
        method: needed('method', all.method),
        ...(all.parameters === undefined ? {} : { parameters: all.parameters }),
      }
    }
    case undefined:
      throw fault('connection-incomplete', { missing: 'authorization' })
  }
}

function ofKind<K extends Kind>(authorization: Authorization | undefined, kind: K): Given<K> {
  // The comparison is what narrows it.
  return authorization?.kind === kind ? (authorization as unknown as Given<K>) : {}
}

function given<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>
}

function needed<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw fault('connection-incomplete', { missing: what })
  return value
}

export function sealSecrets(
  keyring: Keyring,
  connection: ConnectionRef,
  secrets: ConnectionSecrets,
): string {
  return keyring.seal(JSON.stringify(secrets), purposeOf(connection))
}

/** Undefined of a connection that is deauthorized. */
export function openSecrets(keyring: Keyring, spec: ConnectionSpec): ConnectionSecrets | undefined {
  if (spec.sealed === undefined) return undefined
  return JSON.parse(keyring.open(spec.sealed, purposeOf(spec))) as ConnectionSecrets
}

type ConnectionRef = Scope & { readonly name: string }

function purposeOf({ account, region, name }: ConnectionRef): string {
  return `connection ${account}/${region}/${name}`
}
