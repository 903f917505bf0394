// A connection to servers of NATS: where, as whom, and whom it believes. It ends when the server is lost; who uses it
// makes another, and secrets are read anew then.

import type {
  Authenticator,
  ConnectionOptions,
  NatsConnection,
  TlsOptions,
} from '@nats-io/transport-node'
import { AppError, describeError, isAppError } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { CONNECT_TIMEOUT_MS } from '../../limits.ts'
import { PING_INTERVAL_MS, PINGS_OUTSTANDING_MAX } from './limits.ts'

type Client = typeof import('@nats-io/transport-node')

/** Rejects `BROKER_LOST`, `SECRET_MISSING`, and as `checkServer` throws. */
export async function connectNats(access: BrokerAccess): Promise<NatsConnection> {
  const { broker, checkServer } = access
  const client = await import('@nats-io/transport-node')
  const servers = broker.servers.map(withPort)
  for (const server of servers) await checkServer(server.replace(/^\w+:\/\//, ''))
  const tls = await tlsOf(access, servers)
  const options: ConnectionOptions = {
    servers,
    name: 'signalbox',
    timeout: broker.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    reconnect: false,
    // Addresses that a cluster tells of were not looked at by anybody.
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: PINGS_OUTSTANDING_MAX,
    ...(tls === undefined ? {} : { tls }),
  }
  const authenticator = await authenticatorOf(access, client)
  try {
    return await client.connect(
      authenticator === undefined ? options : { ...options, authenticator },
    )
  } catch (error) {
    throw brokerLost(broker.name, error)
  }
}

export function brokerLost(broker: string, error: unknown): AppError {
  if (isAppError(error)) return error
  return new AppError('BROKER_LOST', `broker \`${broker}\`: ${describeError(error)}`, {
    cause: error,
  })
}

function withPort(server: string): string {
  return /:\d+$/.test(server) ? server : `${server}:4222`
}

async function authenticatorOf(
  { broker: { security }, reveal }: BrokerAccess,
  client: Client,
): Promise<Authenticator | undefined> {
  const { username, password, token, nkey, credentials } = security ?? {}
  const encoder = new TextEncoder()
  // The client wants a line to end behind the last of credentials; secrets are kept without.
  if (credentials !== undefined)
    return client.credsAuthenticator(encoder.encode(`${await reveal(credentials)}\n`))
  if (nkey !== undefined)
    return client.nkeyAuthenticator(encoder.encode((await reveal(nkey)).trim()))
  if (token !== undefined) return client.tokenAuthenticator(await reveal(token))
  if (username === undefined) return undefined
  const word = password === undefined ? undefined : await reveal(password)
  return client.usernamePasswordAuthenticator(username, word)
}

/** Beyond what the client's own types have, its transport hands on what `node:tls` takes. */
interface NodeTlsOptions extends TlsOptions {
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

async function tlsOf(
  { broker: { security }, reveal }: BrokerAccess,
  servers: readonly string[],
): Promise<NodeTlsOptions | undefined> {
  const { tls, protocol } = security ?? {}
  const isAsked = protocol === 'SSL' || protocol === 'SASL_SSL'
  if (tls === undefined && !isAsked && !servers.some((server) => server.startsWith('tls://')))
    return undefined
  const { ca, certificate, key, serverName, insecureSkipVerify } = tls ?? {}
  return {
    ...(ca === undefined ? {} : { ca: await reveal(ca) }),
    ...(certificate === undefined ? {} : { cert: await reveal(certificate) }),
    ...(key === undefined ? {} : { key: await reveal(key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
  }
}
