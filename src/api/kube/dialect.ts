// The Kubernetes API: what kubectl, client-go and everything that is built on them speak.
//
// Path → what it names → who asks → one call on the objects → an object, a list, a table, or a stream of changes. What
// cannot be had is answered as a `Status`.

import { assertNever, type Clock, type Random } from '../../base/index.ts'
import {
  apiVersionOf,
  KubeError,
  type KubeObjects,
  type KubeVerb,
  type PodLogs,
} from '../../objects/index.ts'
import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import { allow, type KubeAccess } from './access.ts'
import { auditWrite } from './audit.ts'
import { decodeObjectBody } from './body.ts'
import {
  aggregatedDiscovery,
  groupDocument,
  groupList,
  legacyVersions,
  resourceList,
} from './discovery.ts'
import { negotiateDiscovery } from './negotiate.ts'
import { emptyOpenApiV2, openApiDocument, openApiIndex } from './openapi.ts'
import { type KubePath, parseKubePath, type ResourcePath } from './path.ts'
import { answerPodLog } from './pod-log.ts'
import { type Call, getObject, isWatch, listObjects, watchObjects } from './reads.ts'
import { jsonResponse, withTag } from './respond.ts'
import { answerReview } from './reviews.ts'
import { REVIEWS, servedGroups, type ServedGroup } from './served.ts'
import { failureResponse, methodRefused, noSuchResource, refusalOf } from './status.ts'
import { issueToken } from './tokens.ts'
import { createObject, deleteObject, deleteObjects, patchObject, replaceObject } from './writes.ts'

export interface KubeDialectOptions {
  readonly objects: KubeObjects
  readonly podLogs: PodLogs
  readonly access: KubeAccess
  readonly clock: Clock
  readonly random: Random
}

/** kubectl's dispatcher chooses the kubectl to run by it. */
const SERVER_VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.3+signalbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2025-03-11T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}

export function createKubeDialect(options: KubeDialectOptions): Dialect {
  const server = new KubeServer(options)
  return {
    name: 'kubernetes',
    accepts: () => true,
    handle: (request) => server.handle(request),
  }
}

class KubeServer {
  readonly #options: KubeDialectOptions
  /** What is told of the kinds, until there are others. */
  readonly #told = new Map<string, string>()
  #groups: readonly ServedGroup[] | undefined
  /** With a hash of every document, which is more than one wants to make at each question. */
  #index: object | undefined

  constructor(options: KubeDialectOptions) {
    this.#options = options
    options.objects.types.listen(() => {
      this.#groups = undefined
      this.#index = undefined
      this.#told.clear()
    })
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    let path: KubePath | undefined
    let user: Call['user'] | undefined
    try {
      path = parseKubePath(request.path)
      user = await this.#options.access.authenticate(request)
      if (path.type === 'resource') {
        const response = await this.#callResource(request, path, user)
        auditWrite({ request, path, user, response })
        return response
      }
      await this.#allowPath(request, user)
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodRefused()
      return this.#tell(request, path)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      const response = failureResponse(refusal)
      if (path?.type === 'resource')
        auditWrite({ request, path, user, response, reason: refusal.reason })
      return response
    }
  }

  /** Discovery and the like are no resources: the path itself is what is asked for. */
  async #allowPath({ method, path }: HttpRequest, user: Call['user']): Promise<void> {
    const verb = method.toLowerCase()
    const { isAllowed } = await this.#options.access.authorize({
      user,
      verb,
      group: '',
      resource: '',
      nonResourceUrl: path,
    })
    if (isAllowed) return
    const message = `forbidden: User "${user.name}" cannot ${verb} path "${path}"`
    throw new KubeError('Forbidden', message, {})
  }

  #tell(request: HttpRequest, path: KubePath): HttpResponse {
    const groups = (this.#groups ??= servedGroups(this.#options.objects.types))
    switch (path.type) {
      case 'server-version':
        return jsonResponse(SERVER_VERSION)
      case 'legacy':
      case 'groups':
        return this.#tellGroups(request, groups, path.type === 'legacy')
      case 'group': {
        const group = groups.find(({ name }) => name === path.group)
        if (group === undefined) throw noSuchResource()
        return jsonResponse(groupDocument(group))
      }
      case 'version': {
        const version = groups
          .flatMap(({ versions }) => versions)
          .find(({ apiVersion }) => apiVersion === path.apiVersion)
        if (version === undefined) throw noSuchResource()
        return jsonResponse(resourceList(version))
      }
      case 'openapi-v2':
        return {
          status: 200,
          headers: {
            'Content-Type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
          },
          body: emptyOpenApiV2(SERVER_VERSION.gitVersion),
        }
      case 'openapi':
        this.#index ??= openApiIndex(groups, (apiVersion) => this.#document(apiVersion))
        return jsonResponse(this.#index)
      case 'openapi-document': {
        const isServed = groups.some(({ versions }) =>
          versions.some(({ apiVersion }) => apiVersion === path.apiVersion),
        )
        if (!isServed) throw noSuchResource()
        const body = this.#document(path.apiVersion)
        return { status: 200, headers: { 'Content-Type': 'application/json' }, body }
      }
      case 'resource':
      case 'unknown':
        throw noSuchResource()
      default:
        return assertNever(path)
    }
  }

  #tellGroups(request: HttpRequest, groups: readonly ServedGroup[], isCore: boolean): HttpResponse {
    const wanted = groups.filter(({ name }) => (name === '') === isCore)
    const version = negotiateDiscovery(request.headers.accept)
    if (version === undefined)
      return jsonResponse(isCore ? legacyVersions(request.headers.host ?? '') : groupList(wanted))
    const response = jsonResponse(aggregatedDiscovery(wanted, version))
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
    return withTag({ ...response, headers: { 'Content-Type': type, Vary: 'Accept' } }, request)
  }

  #document(apiVersion: string): string {
    let document = this.#told.get(apiVersion)
    if (document === undefined) {
      const types = this.#options.objects.types
        .all()
        .filter((type) => apiVersionOf(type) === apiVersion)
      document = JSON.stringify(openApiDocument(types, SERVER_VERSION.gitVersion))
      this.#told.set(apiVersion, document)
    }
    return document
  }

  async #callResource(
    request: HttpRequest,
    path: ResourcePath,
    user: Call['user'],
  ): Promise<HttpResponse> {
    const { objects, access } = this.#options
    const review = REVIEWS.find(
      ({ group, version, plural }) =>
        `${group}/${version}` === path.apiVersion && plural === path.plural,
    )
    if (review !== undefined) {
      if (request.method !== 'POST' || path.name !== undefined) throw methodRefused()
      await allow(access, {
        user,
        verb: 'create',
        group: review.group,
        resource: review.plural,
        ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
      })
      const { object } = decodeObjectBody(request, review.kind)
      const named = { ...object, apiVersion: path.apiVersion, kind: review.kind }
      return jsonResponse(await answerReview(access, user, named), 201)
    }
    const type = objects.types.findPlural(path.apiVersion, path.plural)
    if (type === undefined) throw noSuchResource()
    if (!type.namespaced && path.namespace !== undefined) throw noSuchResource()
    const actor = access.actorFor(user)
    const call: Call = {
      ...this.#options,
      request,
      query: new URLSearchParams(request.query),
      type,
      of: { apiVersion: path.apiVersion, kind: type.kind },
      user,
      client: objects.client(actor),
      allowed: objects.client({ ...actor, authorize: async () => ({ isAllowed: true }) }),
      everything: objects.client(),
      namespace: path.namespace,
    }
    const response = await this.#dispatch(call, path)
    return { operation: request.method.toLowerCase(), ...response }
  }

  async #dispatch(call: Call, path: ResourcePath): Promise<HttpResponse> {
    const { type, request } = call
    const { name, subresource } = path
    // All namespaces at once can be read and nothing else; an object has to be named with its own.
    const isNowhere = type.namespaced && path.namespace === undefined
    if (isNowhere && name !== undefined) throw noSuchResource()
    if (subresource !== undefined) return this.#dispatchPart(call, name!, subresource)
    if (name === undefined) return this.#dispatchAll(call, isNowhere)
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return isWatch(call.query) ? watchObjects(call, name) : getObject(call, name)
      case 'PUT':
        return allows(call, 'update') && replaceObject(call, name, undefined)
      case 'PATCH':
        return allows(call, 'patch') && patchObject(call, name, undefined)
      case 'DELETE':
        return allows(call, 'delete') && deleteObject(call, name)
      default:
        throw methodRefused()
    }
  }

  async #dispatchAll(call: Call, isNowhere: boolean): Promise<HttpResponse> {
    const { method } = call.request
    if (method === 'GET' || method === 'HEAD')
      return isWatch(call.query) ? watchObjects(call) : listObjects(call)
    if (method === 'POST' && !isNowhere) return allows(call, 'create') && createObject(call)
    if (method === 'DELETE' && !isNowhere)
      return allows(call, 'deletecollection') && deleteObjects(call)
    throw methodRefused()
  }

  /** The whole object, for whoever may get its status. */
  async #getStatus(call: Call, name: string): Promise<HttpResponse> {
    const { access, user, type, namespace, allowed } = call
    await allow(access, {
      user,
      verb: 'get',
      group: type.group,
      resource: type.plural,
      subresource: 'status',
      name,
      ...(namespace === undefined ? {} : { namespace }),
    })
    return getObject({ ...call, client: allowed }, name)
  }

  async #dispatchPart(call: Call, name: string, subresource: string): Promise<HttpResponse> {
    const { type, request } = call
    const { method } = request
    const isPart = type.subresources.some((part) => part.name === subresource)
    if (!isPart && !(subresource === 'status' && type.hasStatus)) throw noSuchResource()
    if (subresource === 'log' && method === 'GET')
      return answerPodLog(call, name, this.#options.podLogs)
    if (subresource === 'token' && method === 'POST') return issueToken(call, name)
    if (subresource !== 'status' && subresource !== 'finalize') throw methodRefused()
    if (method === 'PUT') return replaceObject(call, name, subresource)
    if (subresource === 'status' && method === 'GET') return this.#getStatus(call, name)
    if (subresource === 'status' && method === 'PATCH') return patchObject(call, name, subresource)
    throw methodRefused()
  }
}

/** True, or throws: so that it stands before what it allows. */
function allows({ type }: Call, verb: KubeVerb): true {
  if (type.verbs.includes(verb)) return true
  throw methodRefused()
}
