// Reading: one object, all of a kind, and what happens to them.

import type { Clock, Random } from '../../base/index.ts'
import type {
  KubeClient,
  KubeObject,
  KubeQuery,
  KubeTexts,
  KubeUser,
  LocalClient,
  ResourceType,
} from '../../objects/index.ts'
import { nameSelected, notFound } from '../../objects/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { allow, type KubeAccess } from './access.ts'
import { WATCH_SECONDS_MIN } from './limits.ts'
import { negotiateForm } from './negotiate.ts'
import { isTrue, listQueryOf, type Query, rowObjectOf, watchOptionsOf } from './query.ts'
import { jsonResponse } from './respond.ts'
import { encodeTable, metadataOnly } from './table.ts'
import { streamWatch } from './watch-stream.ts'

const SECOND_MS = 1000

/** One call on a kind, and all that it is made with. */
export interface Call {
  readonly request: HttpRequest
  readonly query: Query
  readonly type: ResourceType
  readonly of: { readonly apiVersion: string; readonly kind: string }
  readonly user: KubeUser
  /** Acts as the user. */
  readonly client: LocalClient
  /** Acts as the user and may do everything: for a part of what the user was let do as a whole. */
  readonly allowed: LocalClient
  /** Acts as the server itself, for what the user was let have in another way. */
  readonly everything: KubeClient
  readonly access: KubeAccess
  readonly clock: Clock
  readonly random: Random
  readonly namespace: string | undefined
}

export async function getObject(call: Call, name: string): Promise<HttpResponse> {
  const { client, of, namespace, type } = call
  const object = await client.get({ ...of, namespace, name })
  if (object === undefined) throw notFound(type, name)
  return objectResponse(call, object)
}

/** An object in the form that the client asked for. */
export function objectResponse(call: Call, object: KubeObject, status = 200): HttpResponse {
  const { request, query, type, clock } = call
  const form = negotiateForm(request.headers.accept)
  if (form === 'json') return jsonResponse(object, status)
  if (form === 'metadata') return jsonResponse(metadataOnly(object), status)
  const { resourceVersion = '' } = object.metadata
  const options = { type, include: rowObjectOf(query), now: clock.now() }
  return jsonResponse(encodeTable([object], { resourceVersion }, options), status)
}

export async function listObjects(call: Call): Promise<HttpResponse> {
  const { request, query, type, of, client, namespace, clock } = call
  const form = negotiateForm(request.headers.accept)
  const wanted = listQueryOf(query, namespace)
  if (form === 'json' && isWhole(wanted))
    return textsResponse(call, await client.listTexts(of, wanted))
  const list = await client.list(of, wanted)
  const metadata = {
    resourceVersion: list.resourceVersion,
    ...(list.continueToken === undefined ? {} : { continue: list.continueToken }),
    ...(list.remainingItemCount === undefined
      ? {}
      : { remainingItemCount: list.remainingItemCount }),
  }
  if (form === 'table') {
    const options = { type, include: rowObjectOf(query), now: clock.now() }
    return jsonResponse(encodeTable(list.items, metadata, options))
  }
  if (form === 'metadata')
    return jsonResponse({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: list.items.map((object) => metadataOnly(object)),
    })
  return jsonResponse({
    kind: type.listKind,
    apiVersion: of.apiVersion,
    metadata,
    items: list.items,
  })
}

/** Nothing has to be looked into, and nothing is left for another page. */
function isWhole({ limit = 0, continueToken, fieldSelector }: KubeQuery): boolean {
  return limit <= 0 && continueToken === undefined && fieldSelector === undefined
}

/** The list as it is read: however long it is, little of it is held at a time. */
function textsResponse({ type, of }: Call, texts: KubeTexts): HttpResponse {
  const { resourceVersion } = texts
  const head = JSON.stringify({
    kind: type.listKind,
    apiVersion: of.apiVersion,
    metadata: { resourceVersion },
  })
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' },
    body: listBody(head, texts),
  }
}

async function* listBody(head: string, { pieces }: KubeTexts): AsyncGenerator<string> {
  let before = `${head.slice(0, -1)},"items":[`
  for await (const objects of pieces) {
    if (objects.length === 0) continue
    yield before + objects.join(',')
    before = ','
  }
  yield before === ',' ? ']}\n' : `${before}]}\n`
}

/** `name`: of one object alone, as `kubectl get NAME -w` of old asked for it. */
export async function watchObjects(call: Call, name?: string): Promise<HttpResponse> {
  const { request, query, type, of, client, namespace, clock, random, access, user } = call
  const wanted = name ?? nameSelected(query.get('fieldSelector'))
  await allow(access, {
    user,
    verb: 'watch',
    group: type.group,
    resource: type.plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(wanted === undefined ? {} : { name: wanted }),
  })
  const options = watchOptionsOf(query)
  const { resourceVersionMatch: _, ...selected } = listQueryOf(query, namespace)
  const fieldSelector = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }
  const seconds = options.timeoutSeconds ?? WATCH_SECONDS_MIN * (1 + random.next())
  const body = streamWatch({
    type,
    form: negotiateForm(request.headers.accept),
    include: rowObjectOf(query),
    clock,
    timeoutMs: seconds * SECOND_MS,
    signal: request.signal,
    open: (signal) =>
      client.watch(of, {
        ...selected,
        ...fieldSelector,
        signal,
        allowBookmarks: options.allowBookmarks,
        ...(options.sendInitialEvents ? { sendInitialEvents: true } : {}),
      }),
  })
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' },
    body,
    operation: 'watch',
  }
}

export function isWatch(query: Query): boolean {
  return isTrue(query, 'watch')
}
