// Writing: an object made, replaced, changed in part, or taken away.

import {
  type Deleted,
  type DeleteOptions,
  KubeError,
  type KubeObject,
  type ResourceType,
  type WriteOptions,
} from '../../objects/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { allow } from './access.ts'
import { decodeObjectBody, decodeOptionsBody, decodePatchBody, type DecodedObject } from './body.ts'
import { DELETE_PAGE } from './limits.ts'
import { deleteOptionsOf, invalidOptions, isTrue, listQueryOf, writeOptionsOf } from './query.ts'
import { type Call, objectResponse } from './reads.ts'
import { jsonResponse, withWarnings } from './respond.ts'
import { badRequest } from './status.ts'

export async function createObject(call: Call): Promise<HttpResponse> {
  const { client } = call
  const { object, ...decoded } = readObject(call)
  const [options, warnings] = optionsOf(call, 'CreateOptions', decoded)
  const created = await client.create(object, options)
  return withWarnings(objectResponse(call, created, 201), warnings)
}

export async function replaceObject(
  call: Call,
  name: string,
  subresource: string | undefined,
): Promise<HttpResponse> {
  const { client } = call
  const { object, ...decoded } = readObject(call, name)
  const [options, warnings] = optionsOf(call, 'UpdateOptions', decoded, subresource)
  const updated = await client.update(object, options)
  return withWarnings(objectResponse(call, updated), warnings)
}

export async function patchObject(
  call: Call,
  name: string,
  subresource: string | undefined,
): Promise<HttpResponse> {
  const { client, of, namespace, query, request, type } = call
  const { how, patch, doubled } = decodePatchBody(request)
  const force = isTrue(query, 'force')
  if (how === 'apply' && !query.get('fieldManager'))
    throw invalidOptions('PatchOptions', [
      ['fieldManager', 'Required value: is required for apply patch'],
    ])
  if (how !== 'apply' && query.has('force'))
    throw invalidOptions('PatchOptions', [
      ['force', 'Forbidden: may not be specified for non-apply patch'],
    ])
  const decoded = { doubled, isTyped: false }
  const [options, warnings] = optionsOf(call, 'PatchOptions', decoded, subresource)
  const key = { ...of, namespace, name }
  if (how === 'apply') checkApplied(type, patch, key)
  const before = how === 'apply' ? await client.get(key) : undefined
  const patched = await client.patch(key, how, patch, { ...options, force })
  const isNew = how === 'apply' && before === undefined
  return withWarnings(objectResponse(call, patched, isNew ? 201 : 200), warnings)
}

export async function deleteObject(call: Call, name: string): Promise<HttpResponse> {
  const { client, of, namespace, type } = call
  const options = readDeleteOptions(call)
  const key = { ...of, namespace, name }
  return deletedResponse(type, name, await client.delete(key, options))
}

/** The objects that match, one after the other; what somebody else took meanwhile is gone as well. */
export async function deleteObjects(call: Call): Promise<HttpResponse> {
  const { of, namespace, query, type, user, access } = call
  await allow(access, {
    user,
    verb: 'deletecollection',
    group: type.group,
    resource: type.plural,
    ...(namespace === undefined ? {} : { namespace }),
  })
  const client = call.allowed
  const options = readDeleteOptions(call)
  const wanted = { ...listQueryOf(query, namespace), limit: DELETE_PAGE }
  const items: KubeObject[] = []
  let resourceVersion = ''
  for (let continueToken: string | undefined; ;) {
    const page = await client.list(of, {
      ...wanted,
      ...(continueToken === undefined ? {} : { continueToken }),
    })
    resourceVersion ||= page.resourceVersion
    for (const object of page.items) {
      const { name, namespace: within } = object.metadata
      try {
        const key = { ...of, name, ...(within === undefined ? {} : { namespace: within }) }
        await client.delete(key, options)
        items.push(object)
      } catch (error) {
        if (!(error instanceof KubeError && error.reason === 'NotFound')) throw error
      }
    }
    continueToken = page.continueToken
    if (continueToken === undefined) break
  }
  const list = { kind: type.listKind, apiVersion: of.apiVersion }
  return jsonResponse({ ...list, metadata: { resourceVersion }, items })
}

function readDeleteOptions({ request, query }: Call): DeleteOptions {
  return deleteOptionsOf(query, decodeOptionsBody(request))
}

function deletedResponse(
  { group, plural }: ResourceType,
  name: string,
  { uid, object }: Deleted,
): HttpResponse {
  if (object !== undefined) return jsonResponse(object)
  return jsonResponse({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: plural, uid },
  })
}

/** The object of the body, in the place that the path names. */
function readObject(call: Call, name?: string): DecodedObject {
  const { request, type, of, namespace } = call
  const decoded = decodeObjectBody(request, type.kind)
  const given: Partial<KubeObject> = decoded.object
  const { apiVersion = of.apiVersion, kind = type.kind } = given
  const { metadata } = decoded.object
  if (kind !== type.kind)
    throw badRequest(
      `${kind} in version "${type.version}" cannot be handled as a ${type.kind}: expected kind \`${type.kind}\``,
    )
  if (apiVersion !== of.apiVersion)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${of.apiVersion})`,
    )
  if (name !== undefined && (metadata.name ?? name) !== name)
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    )
  const { namespace: within, ...rest } = metadata
  const place = placeOf(type, namespace, within)
  return {
    ...decoded,
    object: {
      ...decoded.object,
      apiVersion,
      kind,
      metadata: { ...rest, ...(name === undefined ? {} : { name }), ...place },
    },
  }
}

/** A kind of the cluster has no namespace, whatever the object says. */
function placeOf(
  type: ResourceType,
  namespace: string | undefined,
  given: string | undefined,
): { readonly namespace?: string } {
  if (!type.namespaced || namespace === undefined) return {}
  if (given !== undefined && given !== '' && given !== namespace)
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  return { namespace }
}

function checkApplied(
  type: ResourceType,
  patch: unknown,
  key: { readonly name: string; readonly namespace?: string | undefined },
): void {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw badRequest('error decoding YAML: expected an object')
  const { metadata } = patch as { readonly metadata?: Readonly<Record<string, unknown>> }
  const name = metadata?.['name'] ?? key.name
  if (name !== key.name)
    throw badRequest(
      `the name of the object (${JSON.stringify(name)}) does not match the name on the URL (${key.name})`,
    )
  placeOf(type, key.namespace, metadata?.['namespace'] as string | undefined)
}

/** The options of a write, and what it warned of when it is done. */
function optionsOf(
  call: Call,
  kind: string,
  { doubled, isTyped }: Pick<DecodedObject, 'doubled' | 'isTyped'>,
  subresource?: string,
): [WriteOptions, readonly string[]] {
  const { query, request, type } = call
  const options = writeOptionsOf(kind, query, request)
  const warnings: string[] = []
  const texts = doubled.map((field) => `duplicate field "${field}"`)
  if (texts.length > 0 && options.fieldValidation === 'Strict')
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${texts.join(', ')}`,
    )
  if (options.fieldValidation === 'Warn') warnings.push(...texts)
  return [
    {
      ...options,
      ...(isTyped ? { fieldValidation: 'Ignore' } : {}),
      ...(subresource === undefined ? {} : { subresource }),
      onWarning: (text) => void warnings.push(text),
    },
    warnings,
  ]
}
