// Tokens for service accounts: `kubectl create token`.
// https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/

import { notFound } from '../../objects/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { allow, type TokenWish } from './access.ts'
import { decodeObjectBody } from './body.ts'
import type { Call } from './reads.ts'
import { jsonResponse } from './respond.ts'
import { badRequest } from './status.ts'

export async function issueToken(call: Call, name: string): Promise<HttpResponse> {
  const { access, user, type, of, everything, request } = call
  const namespace = call.namespace ?? ''
  await allow(access, {
    user,
    verb: 'create',
    group: type.group,
    resource: type.plural,
    subresource: 'token',
    namespace,
    name,
  })
  if ((await everything.get({ ...of, namespace, name })) === undefined) throw notFound(type, name)
  const { object } = decodeObjectBody(request, 'TokenRequest')
  const spec = (object['spec'] ?? {}) as Readonly<Record<string, unknown>>
  const issued = await access.issueToken({ namespace, name, ...wishOf(spec) })
  const { token, expirationTimestamp, audiences, expirationSeconds } = issued
  return jsonResponse(
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace },
      spec: { ...spec, audiences, expirationSeconds },
      status: { token, expirationTimestamp },
    },
    201,
  )
}

function wishOf({
  audiences = [],
  expirationSeconds,
  boundObjectRef,
}: Readonly<Record<string, unknown>>): Omit<TokenWish, 'namespace' | 'name'> {
  if (!Array.isArray(audiences) || audiences.some((one) => typeof one !== 'string'))
    throw badRequest('expected `spec.audiences` to be a list of texts')
  if (expirationSeconds !== undefined && !Number.isInteger(expirationSeconds))
    throw badRequest('expected `spec.expirationSeconds` to be a whole number')
  return {
    audiences: audiences as string[],
    expirationSeconds: expirationSeconds as number | undefined,
    boundObject: boundOf(boundObjectRef),
  }
}

function boundOf(value: unknown): TokenWish['boundObject'] {
  if (typeof value !== 'object' || value === null) return undefined
  const { apiVersion, kind, name, uid } = value as Readonly<Record<string, unknown>>
  return {
    apiVersion: textOf(apiVersion),
    kind: textOf(kind),
    name: textOf(name),
    uid: textOf(uid),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
