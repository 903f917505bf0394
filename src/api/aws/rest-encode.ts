// REST-JSON, outwards: an output's members go to the status, to headers or to the body, as the tables say; a
// payload is the whole body.

import type { HttpResponse } from '../http/exchange.ts'
import type { Output } from './operation.ts'
import { type OperationShape, SERVICES, type ServiceName, type Shape, shapeOf } from './shapes.ts'

export interface RestAnswer {
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: HttpResponse['body']
}

const NO_CONTENT = 204

export function encodeRest(
  service: ServiceName | undefined,
  operation: OperationShape | undefined,
  output: Output,
): RestAnswer {
  if (operation?.http.responseCode === NO_CONTENT) return { headers: {}, body: '' }
  if (typeof output === 'string') return { headers: {}, body: output }
  if (output instanceof Uint8Array) {
    // A blob that is the whole answer goes out as its bytes.
    return { headers: { 'Content-Type': 'application/octet-stream' }, body: output }
  }
  if (service === undefined || operation?.output === undefined) {
    return { headers: {}, body: JSON.stringify(output) }
  }
  const shape = shapeOf(SERVICES[service], operation.output.shape)
  return isPlain(shape)
    ? { headers: {}, body: JSON.stringify(output) }
    : encodeByPlace(shape, output)
}

function isPlain({ payload, members = {} }: Shape): boolean {
  return (
    payload === undefined && Object.values(members).every(({ location }) => location === undefined)
  )
}

function encodeByPlace({ payload, members = {} }: Shape, output: object): RestAnswer {
  const headers: Record<string, string> = {}
  const rest: Record<string, unknown> = {}
  let status: number | undefined
  let body: HttpResponse['body'] | undefined
  for (const [name, value] of Object.entries(output) as [string, unknown][]) {
    if (value === undefined) continue
    const { location, locationName = name } = members[name] ?? {}
    if (location === 'statusCode') status = value as number
    else if (location === 'header') headers[locationName] = value as string
    else if (name === payload) body = value as Uint8Array
    else rest[locationName] = value
  }
  const whole = body ?? (payload === undefined ? JSON.stringify(rest) : '')
  return { headers, body: whole, ...(status === undefined ? {} : { status }) }
}
