// Calls of AWS as one request for one object makes them, and what is common to their answers.

import { createHash } from 'node:crypto'
import type { AwsApi, AwsReply } from '../../../connect/index.ts'
import type { Json } from '../../../structure/index.ts'
import { isObject, type JsonObject } from '../../json-tree.ts'
import type { ProviderRequest } from '../../provider.ts'
import { credentialsOf, endpointOf, regionOf } from './account.ts'
import type { Ask, Naming } from './aws-kinds.ts'

const MESSAGE_LENGTH_MAX = 500
const MISSING = /NotFound|NoSuch|not found/i
/** Members of `forProvider` that are ours. */
const OURS: ReadonlySet<string> = new Set(['region', 'name', 'id'])

/** Calls as the request's config makes them. */
export type Calls = (service: string, ask: Ask) => Promise<AwsReply>

export function callsOf(api: AwsApi, { config, wanted, signal }: ProviderRequest): Calls {
  return (service, { method, path, query, body, text: given, headers = {} }) => {
    const endpoint = endpointOf(service, config)
    const text = given ?? (body === undefined ? undefined : JSON.stringify(body))
    return api.call(
      {
        service,
        region: regionOf(wanted, config),
        credentials: credentialsOf(config),
        method,
        path,
        ...(query === undefined ? {} : { query }),
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(text === undefined ? {} : { body: text }),
      },
      signal,
    )
  }
}

export function namingOf({ object, wanted, config }: ProviderRequest): Naming {
  const { name, id } = wanted
  const said = [id, name].find((one): one is string => typeof one === 'string' && one !== '')
  return {
    name: said ?? object.metadata.name,
    token: object.metadata.uid!,
    region: regionOf(wanted, config),
    wanted: Object.fromEntries(Object.entries(wanted).filter(([key]) => !OURS.has(key))),
  }
}

/** Services say it by the status, Cloud Control and stand-ins of services by the name of the error. */
export function isMissing({ status, text }: AwsReply): boolean {
  // An answer of somebody else, at a wrong endpoint, says nothing of the kind.
  return (
    (status === 404 && text === '') || ((status === 404 || status === 400) && MISSING.test(text))
  )
}

/** Rejects with what the service said. */
export function refuse(service: string, { status, text }: AwsReply): void {
  if (status >= 200 && status < 300) return
  const value = parse(text)
  const said = [
    value['message'],
    value['Message'],
    /<(?:Message|title)>([^<]*)/.exec(text)?.[1],
  ].find((one) => typeof one === 'string' && one !== '')
  const why = typeof said === 'string' ? said : text
  throw new Error(`${service} answered ${status}: ${why.slice(0, MESSAGE_LENGTH_MAX)}`.trim())
}

export function parse(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

export function hashOf(value: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)
}
