// Brokers: named clusters of Kafka or NATS that sources read from and targets name, `kafka://NAME/topic`. What is
// secret of them stands as a reference, never as itself.

import type { FaultList, Fields } from './fault-list.ts'
import type { Scope } from './kinds.ts'

/** `${file:PATH}` or `${env:NAME}`, where the configuration file says so, or a key of a secret. */
export type SecretRef = string | { readonly secret: string; readonly key: string }

export interface BrokerTls {
  /** PEM text, or where it stands. */
  readonly ca?: SecretRef
  readonly certificate?: SecretRef
  readonly key?: SecretRef
  readonly serverName?: string
  /** Whoever answers is believed to be the broker. */
  readonly insecureSkipVerify?: boolean
}

export interface BrokerSecurity {
  /** `PLAINTEXT` when absent. */
  readonly protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  /** Of Kafka's SASL. */
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username?: string
  readonly password?: SecretRef
  /** Of NATS: a token, the seed of an nkey, or the content of a `.creds` file. */
  readonly token?: SecretRef
  readonly nkey?: SecretRef
  readonly credentials?: SecretRef
  readonly tls?: BrokerTls
}

/** How Kafka is sent to; what a target's address says stands above it. */
export interface BrokerProducer {
  /** `all` when absent. */
  readonly acks?: 'all' | 'leader' | 'none'
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** True when absent, with `acks` of `all`. */
  readonly idempotent?: boolean
  /** How long records wait for company. */
  readonly lingerMs?: number
  readonly batchSizeBytes?: number
}

export interface BrokerSpec extends Scope {
  readonly name: string
  readonly description?: string
  readonly type: 'kafka' | 'nats'
  /** `host:port`. */
  readonly servers: readonly string[]
  readonly security?: BrokerSecurity
  readonly producer?: BrokerProducer
  readonly connectTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

/** A name of a broker or a source: what a DNS label may be. */
export const CONNECTOR_NAME: RegExp = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** In `nats://local/SUBJECT`: who subscribes at this server itself. */
export const LOCAL_BROKER = 'local'

const SERVERS_MAX = 32
const SERVER = /^(?:(?:nats|tls):\/\/)?(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/
const REFERENCE = /^\$\{(?:file|env):[^{}]+\}$/
const PEM = /^-----BEGIN [A-Z ]+-----/
const TIMEOUT = { min: 100, max: 600_000, isOptional: true }
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

export function checkBroker(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], { lengthMax: 63, pattern: CONNECTOR_NAME })
  faults.text('spec.description', spec['description'], {
    lengthMin: 0,
    lengthMax: 512,
    isOptional: true,
  })
  faults.oneOf('spec.type', spec['type'], ['kafka', 'nats'])
  if (spec['type'] === 'nats' && spec['name'] === LOCAL_BROKER)
    faults.add('spec.name', "another name: it is that of this server's own listener", LOCAL_BROKER)
  const servers = faults.items('spec.servers', spec['servers'], SERVERS_MAX)
  if (Array.isArray(spec['servers']) && servers.length === 0)
    faults.add('spec.servers', 'at least one `host:port`', '[]')
  for (const [index, server] of servers.entries())
    faults.text(`spec.servers[${index}]`, server, { lengthMax: 270, pattern: SERVER })
  faults.integer('spec.connectTimeoutMs', spec['connectTimeoutMs'], TIMEOUT)
  faults.integer('spec.requestTimeoutMs', spec['requestTimeoutMs'], TIMEOUT)
  if (spec['security'] !== undefined) checkSecurity(faults, spec['security'])
  if (spec['producer'] !== undefined) checkProducer(faults, spec['producer'])
}

function checkSecurity(faults: FaultList, value: unknown): void {
  const at = 'spec.security'
  const security = faults.fields(at, value)
  if (security === undefined) return
  const { protocol, mechanism, username, tls } = security
  if (protocol !== undefined) faults.oneOf(`${at}.protocol`, protocol, PROTOCOLS)
  if (mechanism !== undefined) faults.oneOf(`${at}.mechanism`, mechanism, MECHANISMS)
  faults.text(`${at}.username`, username, { lengthMax: 256, isOptional: true })
  for (const name of ['password', 'token', 'nkey', 'credentials'])
    checkSecret(faults, `${at}.${name}`, security[name])
  if (typeof protocol === 'string' && protocol.startsWith('SASL_')) {
    if (mechanism === undefined)
      faults.add(`${at}.mechanism`, `one of ${MECHANISMS.join(', ')}`, mechanism)
    if (username === undefined) faults.add(`${at}.username`, 'a user for SASL', username)
    if (security['password'] === undefined)
      faults.add(`${at}.password`, 'a reference to the password of the user', undefined)
  }
  if (tls !== undefined) checkTls(faults, tls)
}

function checkTls(faults: FaultList, value: unknown): void {
  const at = 'spec.security.tls'
  const tls = faults.fields(at, value)
  if (tls === undefined) return
  for (const name of ['ca', 'certificate']) {
    const given = tls[name]
    if (typeof given !== 'string' || !PEM.test(given)) checkSecret(faults, `${at}.${name}`, given)
  }
  checkSecret(faults, `${at}.key`, tls['key'])
  if ((tls['certificate'] === undefined) !== (tls['key'] === undefined))
    faults.add(at, '`certificate` and `key` together, or neither', Object.keys(tls))
  faults.text(`${at}.serverName`, tls['serverName'], { lengthMax: 253, isOptional: true })
  const skip = tls['insecureSkipVerify']
  if (skip !== undefined && typeof skip !== 'boolean')
    faults.add(`${at}.insecureSkipVerify`, '`true` or `false`', skip)
}

/** The value is never shown: it may be the secret itself. */
function checkSecret(faults: FaultList, path: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value === 'string' && REFERENCE.test(value)) return
  const fields = typeof value === 'object' && value !== null ? (value as Fields) : {}
  if (typeof fields['secret'] === 'string' && typeof fields['key'] === 'string') return
  faults.add(path, '`{secret: NAME, key: KEY}`, `${file:PATH}` or `${env:NAME}`', '[masked]')
}

function checkProducer(faults: FaultList, value: unknown): void {
  const at = 'spec.producer'
  const producer = faults.fields(at, value)
  if (producer === undefined) return
  const { acks, compression, idempotent, lingerMs, batchSizeBytes } = producer
  if (acks !== undefined) faults.oneOf(`${at}.acks`, acks, ['all', 'leader', 'none'])
  if (compression !== undefined)
    faults.oneOf(`${at}.compression`, compression, ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
  if (idempotent !== undefined && typeof idempotent !== 'boolean')
    faults.add(`${at}.idempotent`, '`true` or `false`', idempotent)
  if (idempotent === true && acks !== undefined && acks !== 'all')
    faults.add(`${at}.acks`, '`all` where `idempotent` is true', acks)
  faults.integer(`${at}.lingerMs`, lingerMs, { min: 0, max: 60_000, isOptional: true })
  faults.integer(`${at}.batchSizeBytes`, batchSizeBytes, {
    min: 1,
    max: 16 * 1024 * 1024,
    isOptional: true,
  })
}
