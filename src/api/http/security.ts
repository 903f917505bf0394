// What keeps a web page away from a server on the reader's own machine: only expected Host names (DNS
// rebinding), no foreign Origin, nothing a browser calls cross-site, and a header that only our own console
// and CLI send before anything of the own API changes. There is no CORS: no answer ever allows an origin.
//
// Each check returns what to refuse with, or undefined.

import { AppError } from '../../base/index.ts'
import type { HttpRequest } from './exchange.ts'
import { HOSTS_REMEMBERED_MAX } from './limits.ts'
import { isConsolePath, isOwnPath } from './routes.ts'

export interface SecurityOptions {
  /**
   * Names a Host header may have beside loopback's: `box.test` (any port) or `box.test:8443`. `any` leaves
   * the check to what stands in front.
   */
  readonly allowedHosts: readonly string[] | 'any'
  /** Origins beside the server's own, as browsers write them: `https://box.test:8443`. */
  readonly allowedOrigins: readonly string[]
}

export type Gate = (request: HttpRequest) => AppError | undefined

/** The header that the console and the CLI put on what changes something. */
export const CONSOLE_HEADER = 'x-signalbox-console'

/** The checks for a server that listens on `port`. */
export function createGate(options: SecurityOptions, port: number): Gate {
  const isHostAllowed = createHostCheck(options.allowedHosts, port)
  const origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()))
  return (request) =>
    refuseMethod(request) ??
    refuseHost(request, isHostAllowed) ??
    refuseOrigin(request, origins) ??
    refuseFetchSite(request) ??
    refuseUnmarkedChange(request)
}

function refuseMethod({ method, headers, target }: HttpRequest): AppError | undefined {
  if (method === 'TRACE' || method === 'CONNECT') {
    return new AppError('NOT_IMPLEMENTED', `method \`${method}\` is not served`)
  }
  // Java's HTTP client offers h2c on every first request and is content to be ignored.
  if (headers.upgrade !== undefined && headers.upgrade.toLowerCase() !== 'h2c') {
    return new AppError('NOT_IMPLEMENTED', `upgrade to \`${headers.upgrade}\` is not served`)
  }
  if (!target.startsWith('/')) {
    return new AppError(
      'REQUEST_INVALID',
      `expected a request target that begins with \`/\`, got \`${target}\``,
    )
  }
  return undefined
}

function refuseHost(
  { headers }: HttpRequest,
  isHostAllowed: (host: string) => boolean,
): AppError | undefined {
  const host = headers.host
  if (host === undefined) return new AppError('REQUEST_INVALID', 'expected a Host header, got none')
  if (isHostAllowed(host)) return undefined
  return new AppError(
    'ACCESS_DENIED',
    `host \`${host}\` is not one this server answers to; add it to the allowed hosts`,
  )
}

function refuseOrigin(
  { headers }: HttpRequest,
  origins: ReadonlySet<string>,
): AppError | undefined {
  if (headers.origin === undefined) return undefined
  const origin = headers.origin.toLowerCase()
  const host = headers.host!.toLowerCase()
  if (origin === `http://${host}` || origin === `https://${host}`) return undefined
  if (origins.has(origin)) return undefined
  return new AppError(
    'ACCESS_DENIED',
    `origin \`${headers.origin}\` is foreign; pages may call this server from its own origin only`,
  )
}

function refuseFetchSite(request: HttpRequest): AppError | undefined {
  const site = request.headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined
  // Another port of localhost is the same site, and no friend either. A link to the console may be followed.
  if (isNavigationToConsole(request)) return undefined
  return new AppError('ACCESS_DENIED', `a browser calls this request \`${site}\``)
}

function isNavigationToConsole({ method, path, headers }: HttpRequest): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    (path === '/' || isConsolePath(path))
  )
}

function refuseUnmarkedChange({ method, path, headers }: HttpRequest): AppError | undefined {
  if (method === 'GET' || method === 'HEAD' || !isOwnPath(path)) return undefined
  if (headers[CONSOLE_HEADER] !== undefined) return undefined
  return new AppError('ACCESS_DENIED', `expected the header \`${CONSOLE_HEADER}: 1\` on a change`)
}

function createHostCheck(
  allowed: readonly string[] | 'any',
  port: number,
): (host: string) => boolean {
  if (allowed === 'any') return () => true
  const configured = new Set(allowed.map((host) => host.toLowerCase()))
  const remembered = new Set<string>()
  return (host) => {
    if (remembered.has(host)) return true
    if (!isExpectedHost(host.toLowerCase(), configured, port)) return false
    if (remembered.size < HOSTS_REMEMBERED_MAX) remembered.add(host)
    return true
  }
}

function isExpectedHost(host: string, configured: ReadonlySet<string>, port: number): boolean {
  const [, name, portText] = /^(\[[0-9a-f:.]+\]|[^:[\]/?#@\\\s]+)(?::(\d{1,5}))?$/.exec(host) ?? []
  if (name === undefined) return false
  if (configured.has(host) || configured.has(name)) return true
  if (portText !== undefined && Number(portText) !== port) return false
  return (
    name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || name.endsWith('.localhost')
  )
}
