// The same doors over HTTPS, under a certificate of our own authority: kubectl says who it is over TLS only.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Dialect,
  type HttpServer,
  openHttpServer,
  type ServerCertificate,
} from './api/index.ts'
import type { AppOptions, Closers } from './app-options.ts'
import { AppError, describeError } from './base/index.ts'
import { type Authority, openAuthority } from './certificate/index.ts'
import type { Config } from './config/index.ts'
import type { Keyring } from './keyring/index.ts'

/** Of the data directory. */
export const TLS_DIRECTORY = 'tls'
/** How often a certificate of the configuration is looked at, milliseconds. */
const LOOK_MS = 3_600_000
const LOOPBACK = ['localhost', '127.0.0.1', '::1']
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]'])

export interface HttpsOptions extends AppOptions {
  readonly dialects: readonly Dialect[]
  /** Undefined where there is to be no HTTPS. */
  readonly authority: Authority | undefined
}

/** The authority of the data directory; undefined where there is to be no HTTPS. */
export function openOwnAuthority(
  { config, clock, random }: AppOptions,
  keyring: Keyring,
): Authority | undefined {
  if (config.https.listen === 'off') return undefined
  return openAuthority({ directory: join(config.dataDir, TLS_DIRECTORY), keyring, clock, random })
}

/** Undefined when there is to be none, or under `dev` its port is another's. */
export async function openHttps(
  options: HttpsOptions,
  closers: Closers,
): Promise<HttpServer | undefined> {
  const { config, authority, clock, random } = options
  if (authority === undefined) return undefined
  const given = readGiven(config)
  const { listen, host, port } = config.https
  const logger = options.logger.child({ room: 'https' })
  let certified: ServerCertificate | undefined
  let server: HttpServer | undefined
  const stop = authority.serve(namesOf(host, config.allowedHosts), (next) => {
    certified = next
    server?.useCertificate(next)
  })
  closers.add(stop)
  try {
    server = await openHttpServer({
      host,
      port,
      dialects: options.dialects,
      // By its own address it may be called as well as by loopback's.
      security: {
        allowedHosts: [
          ...config.allowedHosts,
          ...ownNames(host).map(inUrl),
          ...(given?.names ?? []),
        ],
        allowedOrigins: [],
      },
      limits: { bodyBytesMax: config.limits.requestSizeBytesMax },
      tls: { ...certified!, clientAuthority: authority.certificate },
      logger,
      clock,
      random,
    })
  } catch (error) {
    stop()
    // Somebody who asked for it is told; somebody who did not may well run a cluster there.
    if (listen === 'on' || config.mode === 'start') throw error
    const fields = { port, error: describeError(error) }
    logger.warn('the HTTPS listener is off, its port cannot be had; set `https.port`', fields)
    return undefined
  }
  const listening = server
  if (given !== undefined) {
    listening.useCertificate(given, given.names)
    closers.add(followGiven(options, given, listening))
  }
  closers.add(() => listening.drain(0))
  return listening
}

interface Given extends ServerCertificate {
  /** Those that it has, as it has them. */
  readonly names: readonly string[]
}

/** The certificate of the configuration; throws `CONFIG_INVALID` when it is none, or not of its key. */
function readGiven({ https }: Config): Given | undefined {
  const { certificateFile, keyFile } = https
  if (certificateFile === undefined || keyFile === undefined) return undefined
  try {
    const [certificate, key] = [
      readFileSync(certificateFile, 'utf8'),
      readFileSync(keyFile, 'utf8'),
    ]
    const parsed = new X509Certificate(certificate)
    if (!parsed.checkPrivateKey(createPrivateKey(key)))
      throw new AppError('CONFIG_INVALID', `\`${keyFile}\` is not its key`)
    const names = Array.from(
      (parsed.subjectAltName ?? '').matchAll(/DNS:([^,\s"]+)/g),
      ([, name]) => name!,
    )
    if (names.length === 0) throw new AppError('CONFIG_INVALID', 'it has no DNS names')
    return { certificate, key, names }
  } catch (error) {
    const message = `cannot use the certificate \`${certificateFile}\`: ${describeError(error)}`
    throw new AppError('CONFIG_INVALID', message, { cause: error })
  }
}

/** Looks at the files again and again: whoever renews them need not restart the server. */
function followGiven(
  { config, clock, logger }: AppOptions,
  first: Given,
  server: HttpServer,
): () => void {
  let [known, timer] = [first, clock.setTimer(LOOK_MS, look)]
  function look(): void {
    try {
      const next = readGiven(config)
      if (next !== undefined && next.certificate !== known.certificate) {
        server.useCertificate(next, next.names)
        known = next
      }
    } catch (error) {
      logger.warn('the renewed certificate is left aside', { error: describeError(error) })
    }
    timer = clock.setTimer(LOOK_MS, look)
  }
  return () => timer.cancel()
}

/** What clients may call it by: loopback, the address it listens on, and the names that are allowed. */
function namesOf(host: string, allowedHosts: readonly string[]): readonly string[] {
  const named = allowedHosts.map((name) => name.replace(/:\d+$/, ''))
  return Array.from(new Set([...LOOPBACK, ...ownNames(host), ...named]))
}

function ownNames(host: string): readonly string[] {
  return WILDCARDS.has(host) ? [] : [host]
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
