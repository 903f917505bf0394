// How a client connects to a cluster: where, as whom, and whom it believes. Passwords are read each time a
// connection is made, certificates when the client is.

import type { BaseOptions } from '@platformatic/kafka'
import type { BrokerAccess } from '../../broker-access.ts'
import { CONNECT_TIMEOUT_MS } from '../../limits.ts'
import type { ClientRetries } from './client-retries.ts'
import { REQUEST_TIMEOUT_MS } from './limits.ts'

export type ConnectionSettings = BaseOptions & { readonly requestTimeout: number }

/** Rejects `SECRET_MISSING`, and as `checkServer` throws. */
export async function connectionSettings(
  access: BrokerAccess,
  { retries = 2, retryDelayMs = 200 }: ClientRetries = {},
): Promise<ConnectionSettings> {
  const { broker, checkServer } = access
  const servers = broker.servers.map((server) => (/:\d+$/.test(server) ? server : `${server}:9092`))
  for (const server of servers) await checkServer(server)
  const requestTimeout = broker.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  return {
    clientId: 'signalbox',
    bootstrapBrokers: servers.map(parseServer),
    connectTimeout: broker.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    requestTimeout,
    timeout: Math.min(requestTimeout, 5000),
    retries,
    retryDelay: retryDelayMs,
    ...(await tlsOf(access)),
    ...saslOf(access),
  }
}

function parseServer(server: string): { readonly host: string; readonly port: number } {
  const at = server.lastIndexOf(':')
  return { host: server.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(server.slice(at + 1)) }
}

async function tlsOf({
  broker: { security },
  reveal,
}: BrokerAccess): Promise<Pick<BaseOptions, 'tls' | 'tlsServerName'>> {
  if (security?.protocol !== 'SSL' && security?.protocol !== 'SASL_SSL') return {}
  const { ca, certificate, key, serverName, insecureSkipVerify } = security.tls ?? {}
  return {
    tls: {
      ...(ca === undefined ? {} : { ca: await reveal(ca) }),
      ...(certificate === undefined ? {} : { cert: await reveal(certificate) }),
      ...(key === undefined ? {} : { key: await reveal(key) }),
      ...(insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
    },
    ...(serverName === undefined ? {} : { tlsServerName: serverName }),
  }
}

function saslOf({ broker: { security }, reveal }: BrokerAccess): Pick<BaseOptions, 'sasl'> {
  const { protocol, mechanism, username, password } = security ?? {}
  if (protocol?.startsWith('SASL_') !== true || mechanism === undefined) return {}
  return {
    sasl: {
      mechanism,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: () => reveal(password) }),
    },
  }
}
