// What the audit log is told of a call of the Kubernetes API: of writes who made them, to which object, and how they
// ended. Questions that come as writes (reviews) and what is only tried (`dryRun`) change nothing and leave nothing.

import { channels } from '../../base/index.ts'
import type { KubeUser } from '../../objects/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import type { ResourcePath } from './path.ts'
import { REVIEWS } from './served.ts'

export interface AuditedWrite {
  readonly request: HttpRequest
  readonly path: ResourcePath
  /** Undefined when it is not known. */
  readonly user: KubeUser | undefined
  readonly response: HttpResponse
  /** Why it was refused, in a word. */
  readonly reason?: string
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

export function auditWrite({ request, path, user, response, reason }: AuditedWrite): void {
  const verb = VERBS[request.method]
  if (verb === undefined || !channels.audited.hasSubscribers || !isWrite(request, path)) return
  const isDenied = response.status === 401 || response.status === 403
  channels.audited.publish({
    plane: user === undefined ? 'data' : 'control',
    action: verb === 'delete' && path.name === undefined ? 'deletecollection' : verb,
    who: user?.name ?? 'unknown',
    from: request.remoteAddress,
    on: placeOf(path, path.name ?? (verb === 'create' ? nameOf(response) : undefined)),
    result: isDenied ? 'denied' : response.status < 300 ? 'ok' : 'failed',
    ...(reason === undefined ? {} : { code: reason }),
    requestId: request.requestId,
  })
}

function isWrite({ query }: HttpRequest, { apiVersion, plural }: ResourcePath): boolean {
  if (new URLSearchParams(query).has('dryRun')) return false
  return !REVIEWS.some(
    (review) => review.plural === plural && `${review.group}/${review.version}` === apiVersion,
  )
}

/** `jobs.batch/v1 default/nightly/status` */
function placeOf(
  { apiVersion, plural, namespace, subresource }: ResourcePath,
  name: string | undefined,
): string {
  const object = [namespace, name, subresource].filter((part) => part !== undefined).join('/')
  return object === '' ? `${plural}.${apiVersion}` : `${plural}.${apiVersion} ${object}`
}

/** Of what was just made, which its path does not name. */
function nameOf({ body }: HttpResponse): string | undefined {
  if (typeof body !== 'string') return undefined
  try {
    const { metadata } = JSON.parse(body) as { readonly metadata?: { readonly name?: unknown } }
    return typeof metadata?.name === 'string' ? metadata.name : undefined
  } catch {
    // Not JSON: it was asked for in another form.
    return undefined
  }
}
