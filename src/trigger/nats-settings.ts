// The Secret `projectsveltos/sveltos-nats`, which says where messages come from: a server of NATS, what to subscribe to
// there, and as whom.
// https://projectsveltos.github.io/sveltos/main/events/cloudevents/

import { createHash } from 'node:crypto'
import type { KubeObject } from '../objects/index.ts'

export const SETTINGS_NAMESPACE = 'projectsveltos'
export const SETTINGS_NAME = 'sveltos-nats'
const KEY = 'sveltos-nats'

export interface NatsServer {
  readonly url: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** PEM. */
  readonly certificate?: string
  readonly key?: string
  readonly ca?: string
}

export interface NatsSettings {
  /** It was made here for this server's own listener, and nobody has changed it. */
  readonly isOwn?: true
  /** What is published while we listen. */
  readonly core?: NatsServer & { readonly subjects: readonly string[] }
  readonly streams: readonly (NatsServer & {
    readonly stream: string
    readonly subjects: readonly string[]
    /** A consumer that is there already; a name of ours when absent. */
    readonly consumer?: string
  })[]
}

export const NO_SETTINGS: NatsSettings = { streams: [] }

/** The consumer that agents up to 0.51 ask for to be there. */
const OLD_CONSUMER = 'sveltos-agent'

/** Throws a `SyntaxError` that says what is wrong, without what is secret. */
export function parseSettings(secret: KubeObject): NatsSettings {
  const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>
  const text = data[KEY]
  if (text === undefined) throw new SyntaxError(`expected the key \`${KEY}\``)
  const whole = fieldsOf(parseJson(Buffer.from(text, 'base64').toString()))
  const core = configurationOf(whole['nats'])
  const streaming = configurationOf(whole['jetstream'])
  return {
    ...(seededFor(secret) === 'own' ? { isOwn: true as const } : {}),
    ...(core === undefined
      ? {}
      : { core: { ...serverOf(core, 'nats'), subjects: texts(core['subjects']) } }),
    streams: streaming === undefined ? [] : streamsOf(streaming),
  }
}

/** Of which server a Secret is that was made here: of our own listener, or of a broker of the configuration. */
export type SeededFor = 'own' | 'broker'

export interface SeedSettings {
  readonly url: string
  readonly subjects: readonly string[]
  readonly for: SeededFor
}

const SEEDED_FOR = 'signalbox.dev/nats-server'
const SEEDED_HASH = 'signalbox.dev/nats-settings-hash'

/** The Secret for a server of which nothing else is known. */
export function seedSecret({ url, subjects, for: server }: SeedSettings): KubeObject {
  const text = JSON.stringify({ nats: { configuration: { url, subjects } } }, undefined, 2)
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      namespace: SETTINGS_NAMESPACE,
      name: SETTINGS_NAME,
      annotations: { [SEEDED_FOR]: server, [SEEDED_HASH]: hashOf(text) },
    },
    data: { [KEY]: Buffer.from(text).toString('base64') },
  }
}

/** Undefined for a Secret that somebody else made, or has changed. */
export function seededFor(secret: KubeObject): SeededFor | undefined {
  const { [SEEDED_FOR]: server, [SEEDED_HASH]: hash } = secret.metadata.annotations ?? {}
  const text = (secret['data'] as Readonly<Record<string, string>> | undefined)?.[KEY]
  if (server !== 'own' && server !== 'broker') return undefined
  const isUnchanged = text !== undefined && hashOf(Buffer.from(text, 'base64').toString()) === hash
  return isUnchanged ? server : undefined
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function streamsOf(configuration: Fields): NatsSettings['streams'] {
  const server = serverOf(configuration, 'jetstream')
  const named = Array.isArray(configuration['streams']) ? configuration['streams'] : []
  const streams = named.map(fieldsOf).map((stream) => ({
    ...server,
    stream: text(stream['name'], 'jetstream.configuration.streams[].name'),
    subjects: texts(stream['subjects']),
  }))
  // Older ones name streams where the others have subjects.
  const old = texts(configuration['subjects']).map((stream) => ({
    ...server,
    stream,
    subjects: [stream],
    consumer: OLD_CONSUMER,
  }))
  return [...streams, ...old]
}

type Fields = Readonly<Record<string, unknown>>

function configurationOf(part: unknown): Fields | undefined {
  if (part === undefined || part === null) return undefined
  const { configuration } = fieldsOf(part)
  return configuration === undefined || configuration === null ? undefined : fieldsOf(configuration)
}

function serverOf(configuration: Fields, part: string): NatsServer {
  const authorization = fieldsOf(configuration['authorization'] ?? {})
  const user = fieldsOf(authorization['user'] ?? {})
  const certificate = fieldsOf(authorization['clientCert'] ?? {})
  const fields = {
    user: optional(user['user']),
    password: optional(user['password']),
    token: optional(authorization['token']),
    certificate: pem(certificate['certPem']),
    key: pem(certificate['keyPem']),
    ca: pem(authorization['rootCA']),
  }
  const known = Object.entries(fields).filter(([, value]) => value !== undefined)
  return {
    url: text(configuration['url'], `${part}.configuration.url`),
    ...Object.fromEntries(known),
  }
}

/** Bytes of Go come as base64; people write the text itself. */
function pem(value: unknown): string | undefined {
  const given = optional(value)
  if (given === undefined || given.includes('-----BEGIN')) return given
  return Buffer.from(given, 'base64').toString()
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    // The message of a parser shows a piece of what it read.
    throw new SyntaxError(`expected JSON under \`${KEY}\``)
  }
}

function fieldsOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new SyntaxError(`expected an object under \`${KEY}\``)
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new SyntaxError(`expected a text at \`${path}\``)
}

function optional(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
