// What a path of the Kubernetes API names.
//
//   /api/v1/…                                  the core group, /apis/{group}/{version}/… any other
//   …/{plural}                                 all of a kind, in every namespace or of the cluster
//   …/namespaces/{namespace}/{plural}          all of a kind in one
//   …/{plural}/{name}[/{subresource}]          one object, or a part of it

import { badRequest } from './status.ts'

export interface ResourcePath {
  /** `v1`, `batch/v1`. */
  readonly apiVersion: string
  readonly namespace?: string
  readonly plural: string
  readonly name?: string
  readonly subresource?: string
}

export type KubePath =
  | { readonly type: 'legacy' }
  | { readonly type: 'groups' }
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'version'; readonly apiVersion: string }
  | { readonly type: 'server-version' }
  | { readonly type: 'openapi-v2' }
  | { readonly type: 'openapi' }
  | { readonly type: 'openapi-document'; readonly apiVersion: string }
  | ({ readonly type: 'resource' } & ResourcePath)
  | { readonly type: 'unknown' }

/** Throws `BadRequest` for what is not percent-encoded as it should be. */
export function parseKubePath(path: string): KubePath {
  const [root, ...parts] = path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decode)
  switch (root) {
    case 'version':
      return parts.length === 0 ? { type: 'server-version' } : { type: 'unknown' }
    case 'openapi':
      return openApiPath(parts)
    case 'api':
      return corePath(parts)
    case 'apis':
      return groupPath(parts)
    case undefined:
    default:
      return { type: 'unknown' }
  }
}

function openApiPath([form, root, ...parts]: readonly string[]): KubePath {
  if (form === 'v2' && root === undefined) return { type: 'openapi-v2' }
  if (form !== 'v3') return { type: 'unknown' }
  if (root === undefined) return { type: 'openapi' }
  const isNamed = (root === 'api' && parts.length === 1) || (root === 'apis' && parts.length === 2)
  return isNamed ? { type: 'openapi-document', apiVersion: parts.join('/') } : { type: 'unknown' }
}

function corePath([version, ...rest]: readonly string[]): KubePath {
  if (version === undefined) return { type: 'legacy' }
  return rest.length === 0 ? { type: 'version', apiVersion: version } : resourcePath(version, rest)
}

function groupPath([group, version, ...rest]: readonly string[]): KubePath {
  if (group === undefined) return { type: 'groups' }
  if (version === undefined) return { type: 'group', group }
  const apiVersion = `${group}/${version}`
  return rest.length === 0 ? { type: 'version', apiVersion } : resourcePath(apiVersion, rest)
}

/** What may follow a namespace's own name; anything else there is a kind within it. */
const NAMESPACE_PARTS: ReadonlySet<string> = new Set(['status', 'finalize'])

function resourcePath(apiVersion: string, parts: readonly string[]): KubePath {
  if (parts.includes('')) return { type: 'unknown' }
  const isWithin =
    parts[0] === 'namespaces' &&
    parts.length > 2 &&
    !(apiVersion === 'v1' && parts.length === 3 && NAMESPACE_PARTS.has(parts[2]!))
  const [plural, name, subresource, ...more] = isWithin ? parts.slice(2) : parts
  if (more.length > 0) return { type: 'unknown' }
  return {
    type: 'resource',
    apiVersion,
    ...(isWithin ? { namespace: parts[1]! } : {}),
    plural: plural!,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw badRequest(`expected a percent-encoded path, got \`${part.slice(0, 100)}\``)
  }
}
