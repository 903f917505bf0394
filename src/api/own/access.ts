// Tokens and client certificates over our own API: made, shown once, and taken back.

import { AppError, describeError } from '../../base/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { COUNT, type Json, list, object, TEXT } from './json-schema.ts'
import { TOKEN_DAYS_MAX } from './limits.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

export interface AccessDeps {
  listTokens(): Promise<readonly TokenView[]>
  /** For whoever sent the request; throws `ACCESS_DENIED` for a user that he may not act as. */
  createToken(request: HttpRequest, wish: TokenWish): Promise<{ readonly token: string }>
  /** Throws `RESOURCE_NOT_FOUND`. */
  rotateToken(request: HttpRequest, name: string): Promise<{ readonly token: string }>
  revokeToken(request: HttpRequest, name: string): Promise<void>
  /** Throws `NOT_IMPLEMENTED` where there is no HTTPS to show it at. */
  createCertificate(request: HttpRequest, wish: CertificateWish): Promise<CertificateView>
}

export interface TokenView {
  readonly name: string
  readonly user: string
  readonly groups: readonly string[]
  /** RFC 3339. */
  readonly createdAt: string
  readonly expiresAt?: string
}

export interface TokenWish {
  readonly name: string
  readonly user: string
  readonly groups: readonly string[]
  /** For ever when absent. */
  readonly days?: number
}

export interface CertificateWish {
  readonly user: string
  readonly groups: readonly string[]
  readonly days: number
}

/** Both PEM. */
export interface CertificateView {
  readonly certificate: string
  readonly key: string
}

const CERTIFICATE_DAYS_DEFAULT = 365
const NAME = { name: 'name', description: 'name of the token', schema: { type: 'string' } }

export const ACCESS_ROUTES: readonly OwnRoute[] = [
  {
    path: '/access/tokens',
    operation: 'listTokens',
    summary: 'All tokens that were issued and not taken back; never the tokens themselves',
    parameters: [],
    answer: 'TokenList',
    handle: async ({ deps }) => json({ items: await deps.access.listTokens() }),
  },
  {
    path: '/access/tokens/create',
    method: 'POST',
    operation: 'createToken',
    summary: 'A token for a user, which is shown this once',
    parameters: [],
    body: 'TokenWish',
    answer: 'IssuedToken',
    handle: createToken,
  },
  {
    path: '/access/tokens/rotate',
    method: 'POST',
    operation: 'rotateToken',
    summary: 'Another token in the place of one; that one is good no more',
    parameters: [NAME],
    answer: 'IssuedToken',
    handle: async (call) => {
      const name = nameOf(call)
      return json({ name, ...(await call.deps.access.rotateToken(call.request, name)) })
    },
  },
  {
    path: '/access/tokens/revoke',
    method: 'POST',
    operation: 'revokeToken',
    summary: 'Takes a token back',
    parameters: [NAME],
    answer: 'Done',
    handle: async (call) => {
      await call.deps.access.revokeToken(call.request, nameOf(call))
      return json({ status: 'ok' })
    },
  },
  {
    path: '/access/certificates/create',
    method: 'POST',
    operation: 'createCertificate',
    summary: 'A client certificate for a user, and its key, which is shown this once',
    parameters: [],
    body: 'CertificateWish',
    answer: 'Certificate',
    handle: createCertificate,
  },
]

export const ACCESS_SCHEMAS: Readonly<Record<string, Json>> = {
  Token: object(
    {
      name: TEXT,
      user: TEXT,
      groups: { type: 'array', items: TEXT },
      createdAt: TEXT,
      expiresAt: TEXT,
    },
    ['expiresAt'],
  ),
  TokenList: list('Token'),
  TokenWish: object(
    { name: TEXT, user: TEXT, groups: { type: 'array', items: TEXT }, days: COUNT },
    ['user', 'groups', 'days'],
  ),
  IssuedToken: object({ name: TEXT, token: TEXT }),
  CertificateWish: object({ user: TEXT, groups: { type: 'array', items: TEXT }, days: COUNT }, [
    'groups',
    'days',
  ]),
  Certificate: object({ certificate: TEXT, key: TEXT }),
}

async function createToken({ deps, request }: Call): Promise<HttpResponse> {
  const body = parseBody(request, ['name', 'user', 'groups', 'days'])
  const name = textOf(body, 'name')
  const days = daysOf(body)
  const wish = {
    name,
    user: body['user'] === undefined ? name : textOf(body, 'user'),
    groups: groupsOf(body),
    ...(days === undefined ? {} : { days }),
  }
  return json({ name, ...(await deps.access.createToken(request, wish)) })
}

async function createCertificate({ deps, request }: Call): Promise<HttpResponse> {
  const body = parseBody(request, ['user', 'groups', 'days'])
  const days = daysOf(body) ?? CERTIFICATE_DAYS_DEFAULT
  const wish = { user: textOf(body, 'user'), groups: groupsOf(body), days }
  return json(await deps.access.createCertificate(request, wish))
}

type Body = Readonly<Record<string, unknown>>

function parseBody({ body }: HttpRequest, names: readonly string[]): Body {
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch (error) {
    throw invalid(`expected the body to be JSON: ${describeError(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('expected the body to be a JSON object')
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw invalid(
      `unknown member \`${unknown}\`, expected ${names.map((name) => `\`${name}\``).join(', ')}`,
    )
  return value as Body
}

function textOf(body: Body, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && value !== '' && value.length <= 253) return value
  throw invalid(`expected \`${name}\` to be a text of 1 to 253 characters`)
}

function groupsOf({ groups = [] }: Body): readonly string[] {
  const isList = Array.isArray(groups) && groups.length <= 100
  if (isList && groups.every((group) => typeof group === 'string' && group !== ''))
    return groups as string[]
  throw invalid('expected `groups` to be a list of at most 100 texts')
}

function daysOf({ days }: Body): number | undefined {
  if (days === undefined) return undefined
  const isRight = typeof days === 'number' && Number.isInteger(days)
  if (isRight && days >= 1 && days <= TOKEN_DAYS_MAX) return days
  throw invalid(
    `expected \`days\` to be a whole number, 1 to ${TOKEN_DAYS_MAX}, got \`${JSON.stringify(days)}\``,
  )
}

function nameOf({ query }: Call): string {
  const name = query.get('name')
  if (name === undefined) throw invalid('expected `name` to be the name of a token')
  return name
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
