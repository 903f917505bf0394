// REST-JSON, inwards: which operation of schemas, scheduler, pipes or lambda a method and path name, and its input
// put together from path, query, headers and body as the tables say.

import { parseArn } from '../../model/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { malformed } from './faults.ts'
import { type Member, type OperationShape, SERVICES, type ServiceName, shapeOf } from './shapes.ts'

export interface RestMatch {
  readonly service: ServiceName
  readonly shape: OperationShape
  /** Path labels, decoded. */
  readonly labels: ReadonlyMap<string, string>
}

interface RestRow {
  readonly service: ServiceName
  readonly shape: OperationShape
  readonly method: string
  readonly expression: RegExp
  readonly labels: readonly string[]
}

const ROWS: readonly RestRow[] = (['schemas', 'scheduler', 'pipes', 'lambda'] as const).flatMap(
  (service) =>
    Object.values(SERVICES[service].operations).map((shape) => compileRow(service, shape)),
)

/** The operation at a method and path, or undefined. `/tags/{arn}` belongs to the service that the ARN names. */
export function matchRest(method: string, path: string): RestMatch | undefined {
  for (const row of ROWS) {
    if (row.method !== method) continue
    const match = row.expression.exec(path)
    if (match === null) continue
    const labels = new Map(
      row.labels.map((label, index) => [label, decodePart(match[index + 1]!)] as const),
    )
    if (path.startsWith('/tags/') && parseArn([...labels.values()][0]!)?.service !== row.service) {
      continue
    }
    return { service: row.service, shape: row.shape, labels }
  }
  return undefined
}

/** The input that the JSON protocols would carry. */
export function decodeRest(match: RestMatch, request: HttpRequest): unknown {
  const model = SERVICES[match.service]
  const inputName = match.shape.input?.shape
  if (inputName === undefined) return {}
  const inputShape = shapeOf(model, inputName)
  const { payload } = inputShape
  // A payload is the body as it is, and so no object of members.
  const body = payload === undefined ? parseBody(request.body) : new Map<string, unknown>()
  const query = new URLSearchParams(request.query)
  const entries: [string, unknown][] = []
  for (const [name, member] of Object.entries(inputShape.members ?? {})) {
    const wireName = member.locationName ?? name
    const value =
      name === payload
        ? request.body.toString('base64')
        : readMember(wireName, member, { match, request, query, body })
    if (value !== undefined) entries.push([name, value])
  }
  return Object.fromEntries(entries)
}

interface Sources {
  readonly match: RestMatch
  readonly request: HttpRequest
  readonly query: URLSearchParams
  readonly body: ReadonlyMap<string, unknown>
}

function readMember(wireName: string, member: Member, sources: Sources): unknown {
  const { match, request, query, body } = sources
  switch (member.location) {
    case 'uri':
      return match.labels.get(wireName)
    case 'querystring': {
      const { type } = shapeOf(SERVICES[match.service], member.shape)
      return decodeParameter(type, query.getAll(wireName))
    }
    case 'header':
      return request.headers[wireName.toLowerCase()]
    case undefined:
    default:
      return body.get(wireName)
  }
}

function compileRow(service: ServiceName, shape: OperationShape): RestRow {
  const labels: string[] = []
  const source = shape.http.requestUri.replace(/\{([^}]+)\}/g, (_, label: string) => {
    labels.push(label)
    // An ARN in a path may come with its slashes unencoded.
    return label.toLowerCase().replace('-', '') === 'resourcearn' ? '(.+)' : '([^/]+)'
  })
  const expression = new RegExp(`^${source}/?$`)
  return { service, shape, method: shape.http.method, expression, labels }
}

function parseBody(body: Buffer): ReadonlyMap<string, unknown> {
  if (body.length === 0) return new Map()
  try {
    const value: unknown = JSON.parse(body.toString())
    if (typeof value === 'object' && value !== null) return new Map(Object.entries(value))
  } catch {
    // Told below, as for any other value that is no object.
  }
  throw malformed('The request body is not a JSON object.')
}

function decodeParameter(type: string, values: readonly string[]): unknown {
  const first = values[0]
  if (first === undefined) return undefined
  if (type === 'list') return values
  if (type === 'boolean') return first === 'true'
  if (type === 'integer' || type === 'long')
    return /^-?\d{1,15}$/.test(first) ? Number(first) : first
  return first
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
