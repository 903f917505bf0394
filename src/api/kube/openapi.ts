// The schemas of what is served, as OpenAPI v3 documents, one for each group and version. kubectl reads from them how
// fields are called (`explain`) and that the server checks fields itself, so that it does not (`apply`, `create`).
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3

import { createHash } from 'node:crypto'
import type { ResourceType } from '../../objects/index.ts'
import type { Schema } from '../../structure/index.ts'
import type { ServedGroup } from './served.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const HASH_LENGTH = 32

/** Which documents there are, each with a hash of what it says: a client keeps one for as long as that is the same. */
export function openApiIndex(
  groups: readonly ServedGroup[],
  documentOf: (apiVersion: string) => string,
): object {
  const versions = groups.flatMap((group) => group.versions)
  return {
    paths: Object.fromEntries(
      versions.map(({ apiVersion }) => {
        const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
        const hash = createHash('sha256').update(documentOf(apiVersion)).digest('hex')
        const url = `/openapi/v3/${path}?hash=${hash.slice(0, HASH_LENGTH).toUpperCase()}`
        return [path, { serverRelativeURL: url }]
      }),
    ),
  }
}

export function openApiDocument(types: readonly ResourceType[], serverVersion: string): object {
  const paths: Record<string, object> = {}
  const schemas: Record<string, object> = {
    [`${META}.ObjectMeta`]: OBJECT_META,
    [`${META}.ListMeta`]: LIST_META,
  }
  for (const type of types) {
    schemas[schemaName(type, type.kind)] = objectSchema(type)
    schemas[schemaName(type, type.listKind)] = listSchema(type)
    Object.assign(paths, pathsOf(type))
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths,
    components: { schemas },
  }
}

/**
 * An OpenAPI v2 document that describes nothing, in the protobuf in which alone clients read it. kubectl asks for it when
 * v3 does not know a kind, and says what is wrong only when it has got it.
 * https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
 */
export function emptyOpenApiV2(serverVersion: string): Uint8Array {
  const info = Buffer.concat([protobufField(1, 'Kubernetes'), protobufField(2, serverVersion)])
  return Buffer.concat([protobufField(1, '2.0'), protobufField(2, info), protobufField(8, '')])
}

/** A field of fewer than 128 bytes. */
function protobufField(number: number, value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
}

/** `io.k8s.api.batch.v1.Job` for kinds of Kubernetes' own, the group turned round for others. */
function schemaName({ group, version, isCustom }: ResourceType, kind: string): string {
  if (!isCustom)
    return `io.k8s.api.${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`
  return `${group.split('.').toReversed().join('.')}.${version}.${kind}`
}

function groupVersionKind({ group, version }: ResourceType, kind: string): object {
  return { group, version, kind }
}

function objectSchema(type: ResourceType): object {
  const { properties = {}, ...schema } = type.schema
  return {
    ...schema,
    type: 'object',
    properties: {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: {
        allOf: [{ $ref: `#/components/schemas/${META}.ObjectMeta` }],
        default: {},
        description:
          "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
      },
      ...Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, withoutRules(member)]),
      ),
    },
    'x-kubernetes-group-version-kind': [groupVersionKind(type, type.kind)],
  }
}

/** What only this server can check is of no use to a client. */
function withoutRules(schema: Schema): Schema {
  const { 'x-kubernetes-validations': _, properties, items, additionalProperties, ...rest } = schema
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, member]) => [name, withoutRules(member)]),
          ),
        }),
    ...(items === undefined ? {} : { items: withoutRules(items) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'boolean'
              ? additionalProperties
              : withoutRules(additionalProperties),
        }),
  }
}

function listSchema(type: ResourceType): object {
  return {
    description: `${type.listKind} is a list of ${type.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { $ref: `#/components/schemas/${META}.ListMeta` },
      items: {
        type: 'array',
        items: { $ref: `#/components/schemas/${schemaName(type, type.kind)}` },
      },
    },
    'x-kubernetes-group-version-kind': [groupVersionKind(type, type.listKind)],
  }
}

function pathsOf(type: ResourceType): Readonly<Record<string, object>> {
  const { group, version, plural, namespaced } = type
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const all = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`
  const one = `${all}/{name}`
  const operation = (action: string, kind = type.kind): object => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': groupVersionKind(type, type.kind),
    parameters: action === 'list' || action === 'get' ? [] : WRITE_PARAMETERS,
    responses: {
      200: {
        description: 'OK',
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${schemaName(type, kind)}` },
          },
        },
      },
    },
  })
  return {
    [all]: { get: operation('list', type.listKind), post: operation('post') },
    [one]: {
      get: operation('get'),
      put: operation('put'),
      patch: operation('patch'),
      delete: operation('delete'),
    },
  }
}

const WRITE_PARAMETERS: readonly object[] = [
  parameter('dryRun', 'All: everything is done but the storing'),
  parameter('fieldManager', 'who owns the fields that the write sets'),
  parameter('fieldValidation', 'Ignore, Warn or Strict: what happens with unknown fields'),
  parameter('force', 'a server-side apply takes fields from other managers'),
]

function parameter(name: string, description: string): object {
  const schema = name === 'force' ? { type: 'boolean' } : { type: 'string' }
  return { name, in: 'query', description, schema: { ...schema, uniqueItems: true } }
}

const API_VERSION: Schema = {
  type: 'string',
  description:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
}

const KIND: Schema = {
  type: 'string',
  description:
    'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
}

const TEXT: Schema = { type: 'string' }
const TEXT_MAP: Schema = { type: 'object', additionalProperties: { type: 'string' } }
const TIME: Schema = { type: 'string', format: 'date-time' }

const OBJECT_META: Schema = {
  type: 'object',
  description: 'What every object has, whatever its kind.',
  properties: {
    name: { ...TEXT, description: 'Unique within a namespace; cannot be changed.' },
    generateName: { ...TEXT, description: 'What a name that the server draws begins with.' },
    namespace: { ...TEXT, description: 'Where the object lives; absent for kinds of the cluster.' },
    uid: { ...TEXT, description: 'Set by the server, unique in time and space.' },
    resourceVersion: { ...TEXT, description: 'The version of the object, for preconditions.' },
    generation: { type: 'integer', format: 'int64', description: 'Counts changes of the spec.' },
    creationTimestamp: TIME,
    deletionTimestamp: { ...TIME, description: 'When the object was asked to go.' },
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
    labels: { ...TEXT_MAP, description: 'What selectors choose by.' },
    annotations: { ...TEXT_MAP, description: 'What tools remember of the object.' },
    finalizers: {
      type: 'array',
      items: TEXT,
      description: 'Who has to agree before a deleted object is gone.',
    },
    ownerReferences: {
      type: 'array',
      description: 'When all of these are gone, so is the object.',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: TEXT,
          kind: TEXT,
          name: TEXT,
          uid: TEXT,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    managedFields: {
      type: 'array',
      description: 'Which manager has set which field.',
      items: {
        type: 'object',
        properties: {
          manager: TEXT,
          operation: TEXT,
          apiVersion: TEXT,
          time: TIME,
          fieldsType: TEXT,
          fieldsV1: { type: 'object' },
          subresource: TEXT,
        },
      },
    },
  },
}

const LIST_META: Schema = {
  type: 'object',
  properties: {
    resourceVersion: TEXT,
    continue: TEXT,
    remainingItemCount: { type: 'integer', format: 'int64' },
  },
}
