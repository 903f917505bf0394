// The request of an API destination: what the target adds, what the connection adds above it, and as whom. The
// connection's values stand above the target's, and the authorization above both.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html

import { AppError } from '../../../base/index.ts'
import { checkJson, objectMembers, skipSpace } from '../../../event/index.ts'
import type { Authorization } from '../../../model/index.ts'
import type { Destination } from '../../destination.ts'
import type { HttpAdditions } from '../../invoke.ts'
import { addToHeaders, addToPath } from './additions.ts'
import { valuesOf } from './oauth-tokens.ts'
import type { OutgoingRequest } from './origin.ts'

export interface DestinationCall {
  readonly body: Uint8Array
  /** What the target adds. */
  readonly added: HttpAdditions
  /** What stands in `Authorization` for OAuth. */
  readonly token: string | undefined
  /** Stable over all attempts of one delivery. */
  readonly deliveryId?: string
}

const BODY_DEPTH_MAX = 1000
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Throws `REQUEST_INVALID` for what cannot be sent. */
export function destinationRequest(
  { method, connection }: Destination,
  url: URL,
  call: DestinationCall,
): OutgoingRequest {
  const { parameters = {}, authorization } = connection
  const { body, added, token, deliveryId } = call
  const query = { ...added.query, ...valuesOf(parameters.query) }
  const base = Object.entries({
    'User-Agent': 'Amazon/EventBridge/ApiDestinations',
    'Content-Type': 'application/json; charset=utf-8',
    Range: 'bytes=0-1048575',
    ...(deliveryId === undefined ? {} : { 'Signalbox-Delivery-Id': deliveryId }),
  }).flat()
  const layers = [
    added.headers ?? {},
    valuesOf(parameters.headers),
    authorizationHeader(authorization, token),
  ]
  let headers: string[] = base
  for (const layer of layers) headers = addToHeaders(headers, { headers: layer })
  return {
    method,
    path: addToPath(`${url.pathname}${url.search}`, { ...added, query }),
    headers,
    ...(BODILESS.has(method) ? {} : { body: withMembers(body, valuesOf(parameters.body)) }),
  }
}

function authorizationHeader(
  authorization: Authorization,
  token: string | undefined,
): Readonly<Record<string, string>> {
  switch (authorization.kind) {
    case 'basic': {
      const { username, password = '' } = authorization
      const basic = Buffer.from(`${username}:${password}`).toString('base64')
      return { Authorization: `Basic ${basic}` }
    }
    case 'api-key':
      return { [authorization.name]: authorization.value ?? '' }
    case 'oauth':
      return { Authorization: token ?? '' }
  }
}

/**
 * A JSON object with further members, which stand in place of those that have their names; the others stay as
 * they were written.
 */
function withMembers(body: Uint8Array, members: Readonly<Record<string, string>>): Uint8Array {
  if (Object.keys(members).length === 0) return body
  if (checkJson(body, { depthMax: BODY_DEPTH_MAX }).kind !== 'object') {
    throw new AppError(
      'REQUEST_INVALID',
      'expected a JSON object, to which the connection can add its body parameters',
    )
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const kept = objectMembers(bytes, skipSpace(bytes, 0))
    .filter(({ name }) => !Object.hasOwn(members, name))
    .map(
      ({ name, value }) =>
        `${JSON.stringify(name)}:${bytes.toString('utf8', value.start, value.end)}`,
    )
  const added = Object.entries(members).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  )
  return Buffer.from(`{${[...kept, ...added].join(',')}}`)
}
