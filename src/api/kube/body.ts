// What a request holds: an object, a patch, or options; as JSON, as YAML, or as kubectl's protobuf.

import { parseManifest, YamlError } from '../../base/index.ts'
import { KubeError, type KubeObject, type PatchType } from '../../objects/index.ts'
import type { Json } from '../../structure/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { findDoubledNames } from './json-names.ts'
import { decodeProtobuf, ProtobufError } from './protobuf.ts'
import { badRequest } from './status.ts'

type Fields = Readonly<Record<string, unknown>>

export interface DecodedObject {
  readonly object: KubeObject
  /** Paths of fields that are there twice. */
  readonly doubled: readonly string[]
  /** It was written from Go's own structs: it cannot hold a field that nobody knows. */
  readonly isTyped: boolean
}

const OBJECT_TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const YAML_TYPES: ReadonlySet<string> = new Set([
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
])

/** Throws `BadRequest` for what is no object and `UnsupportedMediaType` for another form. */
export function decodeObjectBody(request: HttpRequest, expected: string): DecodedObject {
  const type = mediaType(request)
  if (type === 'application/vnd.kubernetes.protobuf') {
    const decoded = decodeTyped(request.body)
    return { object: decoded.value as unknown as KubeObject, doubled: [], isTyped: true }
  }
  const isYaml = YAML_TYPES.has(type)
  if (!isYaml && type !== 'application/json' && type !== '') throw unknownFormat(OBJECT_TYPES)
  const value = isYaml ? parseYaml(request.body) : parseJson(request.body)
  const object = asObject(value, expected)
  return { object, doubled: isYaml ? [] : findDoubledNames(request.body), isTyped: false }
}

/** The options in the body of a delete; nothing when there is no body. */
export function decodeOptionsBody(request: HttpRequest): Fields {
  if (request.body.length === 0) return {}
  const type = mediaType(request)
  const value =
    type === 'application/vnd.kubernetes.protobuf'
      ? decodeTyped(request.body).value
      : parseJson(request.body)
  if (isFields(value)) return value
  throw badRequest('expected options of a delete as an object')
}

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

export interface DecodedPatch {
  readonly how: PatchType
  readonly patch: Json
  readonly doubled: readonly string[]
}

export function decodePatchBody(request: HttpRequest): DecodedPatch {
  const how = PATCH_TYPES[mediaType(request)]
  if (how === undefined) throw unknownFormat(Object.keys(PATCH_TYPES).join(', '))
  const { body } = request
  if (how !== 'apply')
    return { how, patch: parseJson(body) as Json, doubled: findDoubledNames(body) }
  // A client may send it as YAML, though most send the JSON that is YAML too.
  const isJson = body.toString('utf8', 0, Math.min(body.length, 1)) === '{'
  const patch = (isJson ? parseJson(body) : parseYaml(body)) as Json
  return { how, patch, doubled: isJson ? findDoubledNames(body) : [] }
}

function decodeTyped(body: Buffer): { readonly value: Fields } {
  try {
    const decoded = decodeProtobuf(body)
    if (decoded !== undefined) return decoded
  } catch (error) {
    if (error instanceof ProtobufError)
      throw badRequest(`the object provided is unrecognized: ${error.message}`)
    throw error
  }
  throw unknownFormat('application/json, application/yaml')
}

function asObject(value: unknown, expected: string): KubeObject {
  if (!isFields(value))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected}): expected an object`,
    )
  const { metadata = {} } = value
  if (!isFields(metadata))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected}): expected \`metadata\` to be an object`,
    )
  return { ...value, metadata } as unknown as KubeObject
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (error) {
    throw badRequest(`the body is not JSON: ${(error as Error).message}`)
  }
}

function parseYaml(body: Buffer): unknown {
  try {
    return parseManifest(body.toString())
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw badRequest(`the body is not YAML: ${error.message}`)
  }
}

function mediaType({ headers }: HttpRequest): string {
  return (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unknownFormat(served: string): KubeError {
  return new KubeError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${served}`,
  )
}
