// Kinds of the core group that hold things: namespaces, configuration, secrets, what happened, and accounts.
// https://kubernetes.io/docs/reference/kubernetes-api/

import type { FieldFault } from '../structure/index.ts'
import { builtinType } from './builtin-type.ts'
import {
  AGE_COLUMN,
  ageOf,
  at,
  column,
  countAt,
  listAt,
  NAME_COLUMN,
  textAt,
  wide,
} from './columns.ts'
import type { KubeObject } from './kube-object.ts'
import type { ResourceType } from './resource-type.ts'
import {
  CONDITIONS,
  FLAG,
  listOf,
  mapBy,
  objectOf,
  TEXT,
  TEXT_MAP,
  TEXTS,
  TIME,
  WHOLE,
  withDefault,
} from './schema-parts.ts'

const NAMESPACE_FINALIZER = 'kubernetes'

export const NAMESPACE_TYPE: ResourceType = builtinType({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  selectableFields: ['.status.phase'],
  schema: objectOf({
    spec: objectOf({ finalizers: TEXTS }),
    status: objectOf({ phase: TEXT, conditions: CONDITIONS }),
  }),
  columns: [NAME_COLUMN, column('Status', (object) => textAt(object, 'status.phase')), AGE_COLUMN],
  strategy: {
    nameRule: 'label',
    prepareCreate: (object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
      },
      spec: { finalizers: [NAMESPACE_FINALIZER] },
      status: { phase: 'Active' },
    }),
    holdsDeletion: (object) => listAt(object, 'spec.finalizers').length > 0,
  },
})

const CONFIG_MAP_TYPE: ResourceType = builtinType({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  schema: objectOf({ data: TEXT_MAP, binaryData: TEXT_MAP, immutable: FLAG }),
  columns: [
    NAME_COLUMN,
    column('Data', (object) => sizeOf(object, 'data') + sizeOf(object, 'binaryData')),
    AGE_COLUMN,
  ],
  strategy: { validate: (next, previous) => [...dataKeys(next), ...immutable(next, previous)] },
})

const SECRET_TYPE: ResourceType = builtinType({
  kind: 'Secret',
  plural: 'secrets',
  selectableFields: ['.type'],
  schema: objectOf({
    data: { type: 'object', additionalProperties: { type: 'string', format: 'byte' } },
    stringData: TEXT_MAP,
    type: withDefault(TEXT, 'Opaque'),
    immutable: FLAG,
  }),
  columns: [
    NAME_COLUMN,
    column('Type', (object) => textAt(object, 'type')),
    column('Data', (object) => sizeOf(object, 'data')),
    AGE_COLUMN,
  ],
  strategy: {
    prepareCreate: (object) => withStringData(object),
    prepareUpdate: (next) => withStringData(next),
    validate: (next, previous) => [
      ...dataKeys(next),
      ...immutable(next, previous),
      ...(previous !== undefined && previous['type'] !== next['type']
        ? [unchangeable('type', next['type'])]
        : []),
    ],
  },
})

const OBJECT_REFERENCE = objectOf({
  apiVersion: TEXT,
  kind: TEXT,
  name: TEXT,
  namespace: TEXT,
  uid: TEXT,
  resourceVersion: TEXT,
  fieldPath: TEXT,
})

const EVENT_TYPE: ResourceType = builtinType({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  selectableFields: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  schema: objectOf({
    involvedObject: OBJECT_REFERENCE,
    reason: TEXT,
    message: TEXT,
    source: objectOf({ component: TEXT, host: TEXT }),
    firstTimestamp: { ...TIME, nullable: true },
    lastTimestamp: { ...TIME, nullable: true },
    count: WHOLE,
    type: TEXT,
    eventTime: { ...TIME, nullable: true },
    series: objectOf({ count: WHOLE, lastObservedTime: TIME }),
    action: TEXT,
    related: OBJECT_REFERENCE,
    reportingComponent: TEXT,
    reportingInstance: TEXT,
  }),
  columns: [
    column('Last Seen', (object, now) => ageOf(lastSeen(object), now)),
    column('Type', (object) => textAt(object, 'type')),
    column('Reason', (object) => textAt(object, 'reason')),
    column('Object', (object) => {
      const kind = textAt(object, 'involvedObject.kind').toLowerCase()
      return `${kind}/${textAt(object, 'involvedObject.name')}`
    }),
    wide('Subobject', (object) => textAt(object, 'involvedObject.fieldPath')),
    wide('Source', (object) => textAt(object, 'source.component')),
    column('Message', (object) => textAt(object, 'message').trim()),
    wide('First Seen', (object, now) => ageOf(at(object, 'firstTimestamp'), now)),
    wide('Count', (object) => Math.max(1, countAt(object, 'count'))),
    wide('Name', ({ metadata }) => metadata.name),
  ],
})

const SERVICE_ACCOUNT_TYPE: ResourceType = builtinType({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  subresources: [
    {
      name: 'token',
      kind: 'TokenRequest',
      group: 'authentication.k8s.io',
      version: 'v1',
      verbs: ['create'],
    },
  ],
  schema: objectOf({
    secrets: mapBy(['name'], OBJECT_REFERENCE),
    imagePullSecrets: listOf(objectOf({ name: TEXT })),
    automountServiceAccountToken: FLAG,
  }),
  columns: [
    NAME_COLUMN,
    column('Secrets', (object) => listAt(object, 'secrets').length),
    AGE_COLUMN,
  ],
})

export const CORE_TYPES: readonly ResourceType[] = [
  NAMESPACE_TYPE,
  CONFIG_MAP_TYPE,
  SECRET_TYPE,
  EVENT_TYPE,
  SERVICE_ACCOUNT_TYPE,
]

/** A field that may not be changed once it is set. */
export function unchangeable(field: string, value: unknown): FieldFault {
  const message = `Invalid value: ${JSON.stringify(value)}: field is immutable`
  return { type: 'FieldValueInvalid', field, message }
}

function sizeOf(object: KubeObject, field: string): number {
  return Object.keys(object[field] ?? {}).length
}

function lastSeen(object: KubeObject): unknown {
  return at(object, 'series.lastObservedTime') ?? object['lastTimestamp'] ?? object['eventTime']
}

/** What is given as plain text is kept as base64 like the rest. */
function withStringData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object
  if (stringData === undefined) return object
  const data: Record<string, unknown> = { ...(rest['data'] as object | undefined) }
  for (const [key, value] of Object.entries(stringData as Readonly<Record<string, string>>))
    data[key] = Buffer.from(value).toString('base64')
  return { ...rest, data }
}

const DATA_KEY = /^[-._a-zA-Z0-9]{1,253}$/

function dataKeys(object: KubeObject): readonly FieldFault[] {
  const keys = Object.keys(object['data'] ?? {})
  return keys
    .filter((key) => !DATA_KEY.test(key))
    .map((key) => ({
      type: 'FieldValueInvalid',
      field: `data[${key}]`,
      message: `Invalid value: ${JSON.stringify(key)}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    }))
}

function immutable(next: KubeObject, previous: KubeObject | undefined): readonly FieldFault[] {
  if (previous?.['immutable'] !== true) return []
  const isSame = JSON.stringify(next['data']) === JSON.stringify(previous['data'])
  if (isSame && next['immutable'] === true) return []
  const field = isSame ? 'immutable' : 'data'
  const message = 'Forbidden: field is immutable when `immutable` is set'
  return [{ type: 'FieldValueForbidden', field, message }]
}
