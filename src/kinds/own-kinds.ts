// Our own kinds as Kubernetes shows them: the same resources that the AWS dialect and the own API make and read, so that
// `kubectl get rules` sees what `aws events put-rule` put, and the other way round. They are stored once, as rows of the
// store; what writes them is the use cases alone.

import type { ArchiveUses, ConnectorUses, Declared, DeclaredUses } from '../control/index.ts'
import { accountOf, decodeName, encodeName, type Kind } from '../model/index.ts'
import {
  AGE_COLUMN,
  type Column,
  column,
  type KubeObject,
  type KubeVerb,
  NAME_COLUMN,
  type ResourceType,
} from '../objects/index.ts'
import type { Schema } from '../structure/index.ts'
import { createBacking, GROUP } from './backing.ts'
import {
  CONNECTION_COLUMNS,
  showConnection,
  showSubscription,
  SUBSCRIPTION_COLUMNS,
} from './shown.ts'
import {
  ARCHIVE_SPEC,
  BROKER_SPEC,
  BUS_SPEC,
  RULE_SPEC,
  SHOWN_SPEC,
  SOURCE_SPEC,
  SOURCE_STATUS,
} from './schemas.ts'

export interface KindUses {
  readonly declared: Pick<Declared, 'buses' | 'rules'>
  readonly archives: Pick<ArchiveUses, 'declared'>
  readonly connectors: Pick<ConnectorUses, 'declared'>
}

interface OwnKind<K extends Kind> {
  readonly kind: K
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly columns: readonly Column[]
  readonly spec: Schema
  readonly status?: Schema
  /** What the parts of its name are, in the spec's words. */
  readonly parts: readonly string[]
  /** What may be seen of it; all of it when absent. */
  readonly show?: (stored: KubeObject) => KubeObject
  /** Absent where it can only be looked at. */
  readonly uses?: DeclaredUses<K>
}

const READ: readonly KubeVerb[] = ['get', 'list', 'watch']
const ALL: readonly KubeVerb[] = [...READ, 'create', 'update', 'patch', 'delete']
const REGION_DEFAULT = 'us-east-1'

const IN_REGION = ['region', 'name']

export function ownKinds({ declared, archives, connectors }: KindUses): readonly ResourceType[] {
  return [
    ownKind({
      kind: 'EventBus',
      plural: 'eventbuses',
      shortNames: ['buses', 'bus'],
      columns: [awsName(), region(), ofSpec('Description', 'description')],
      spec: BUS_SPEC,
      parts: IN_REGION,
      uses: declared.buses,
    }),
    ownKind({
      kind: 'Rule',
      plural: 'rules',
      columns: [
        ofSpec('Bus', 'bus'),
        ofSpec('Rule', 'name'),
        ofSpec('State', 'state'),
        column('Targets', (object) => targetsOf(object).length, { type: 'integer' }),
        column('Pattern', (object) => textOf(object, 'pattern') ?? '', { priority: 1 }),
        ofSpec('Schedule', 'schedule', 1),
        region(1),
      ],
      spec: RULE_SPEC,
      parts: ['region', 'bus', 'name'],
      uses: declared.rules,
    }),
    ownKind({
      kind: 'Archive',
      plural: 'archives',
      columns: [
        awsName('Archive'),
        ofSpec('Bus', 'bus'),
        column('Retention', retentionOf),
        region(1),
      ],
      spec: ARCHIVE_SPEC,
      parts: IN_REGION,
      uses: archives.declared,
    }),
    ownKind({
      kind: 'Source',
      plural: 'sources',
      columns: [
        ofSpec('Broker', 'broker'),
        column('Connected', connectedOf),
        ofSpec('Bus', 'bus'),
        column('Reason', (object) => connection(object)?.reason ?? '', { priority: 1 }),
      ],
      spec: SOURCE_SPEC,
      status: SOURCE_STATUS,
      parts: ['name'],
      uses: connectors.declared('Source'),
    }),
    ownKind({
      kind: 'Broker',
      plural: 'brokers',
      columns: [ofSpec('Type', 'type'), column('Servers', (object) => serversOf(object))],
      spec: BROKER_SPEC,
      parts: ['name'],
      uses: connectors.declared('Broker'),
    }),
    ...shownKinds(),
  ]
}

/** What their own APIs alone make. */
function shownKinds(): readonly ResourceType[] {
  return [
    shown('Queue', 'queues', [awsName('Queue'), region()]),
    shown('Topic', 'topics', [awsName('Topic'), region()]),
    shown('Pipe', 'pipes', [
      awsName('Pipe'),
      ofSpec('State', 'state'),
      ofSpec('Source', 'source', 1),
      ofSpec('Target', 'target', 1),
    ]),
    shown('Schedule', 'schedules', [
      ofSpec('Group', 'group'),
      awsName('Schedule'),
      ofSpec('State', 'state'),
      ofSpec('Expression', 'expression'),
    ]),
    shown('ScheduleGroup', 'schedulegroups', [awsName('Group'), ofSpec('State', 'state')]),
    shown('Replay', 'replays', [awsName('Replay'), ofSpec('Archive', 'archive')]),
    shown('SchemaRegistry', 'schemaregistries', [awsName('Registry'), region()]),
    shown('Schema', 'schemas', [ofSpec('Registry', 'registry'), awsName('Schema')]),
    shown('ApiDestination', 'apidestinations', [
      awsName('Destination'),
      ofSpec('Method', 'method'),
      ofSpec('Endpoint', 'endpoint'),
      region(1),
    ]),
    shown('Connection', 'connections', CONNECTION_COLUMNS, showConnection),
    shown('Subscription', 'subscriptions', SUBSCRIPTION_COLUMNS, showSubscription),
    shown('Endpoint', 'endpoints', [
      awsName('Endpoint'),
      ofSpec('Id', 'endpointId'),
      region(),
      ofSpec('Secondary', 'secondaryRegion'),
    ]),
    shown('SchemaDiscoverer', 'discoverers', [ofSpec('Bus', 'bus'), ofSpec('State', 'state')]),
  ]
}

function shown(
  kind: Kind,
  plural: string,
  columns: readonly Column[],
  show?: (stored: KubeObject) => KubeObject,
): ResourceType {
  const seen = show === undefined ? {} : { show }
  return ownKind({ kind, plural, columns, spec: SHOWN_SPEC, parts: [], ...seen })
}

function ownKind<K extends Kind>(own: OwnKind<K>): ResourceType {
  const { kind, plural, shortNames = [], columns, spec, status, parts, uses, show } = own
  return {
    group: GROUP,
    version: 'v1',
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames,
    categories: ['signalbox'],
    namespaced: true,
    verbs: uses === undefined ? READ : ALL,
    hasStatus: false,
    subresources: [],
    isCustom: true,
    schema: {
      type: 'object',
      properties: { spec, ...(status === undefined ? {} : { status }) },
      required: ['spec'],
    },
    columns: [NAME_COLUMN, ...columns, AGE_COLUMN],
    selectableFields: [],
    strategy: {
      prepareCreate: (object) => named(object, parts),
      prepareUpdate: (next) => named(next, parts),
      validate: (next) => misnamed(next, parts),
    },
    backing: createBacking({ kind, plural }, uses, show),
  }
}

/** The spec says where it is; what it leaves out its name and namespace say. */
function named(object: KubeObject, parts: readonly string[]): KubeObject {
  const { name, namespace = 'default' } = object.metadata
  const decoded = decodeName(name)
  const byName = decoded?.length === parts.length ? decoded : []
  const said = Object.fromEntries(byName.map((value, index) => [parts[index]!, value]))
  const spec = object['spec'] as object
  const whole = { account: accountOf(namespace), region: REGION_DEFAULT, ...said, ...spec }
  return { ...object, spec: whole }
}

/** A name that is not what the spec makes of it: another name would be another resource. */
function misnamed({ metadata, spec }: KubeObject, parts: readonly string[]) {
  const said = spec as Readonly<Record<string, unknown>>
  // A name of one word is a name in the default region, and for a rule on the default bus.
  const values = parts.map((part) => said[part] ?? (part === 'bus' ? 'default' : metadata.name))
  const wanted = encodeName(values.map(String))
  if (parts.length === 0 || wanted === metadata.name) return []
  return [
    {
      type: 'FieldValueInvalid' as const,
      field: 'metadata.name',
      message: `Invalid value: "${metadata.name}": must be "${wanted}", made of ${parts.map((part) => `spec.${part}`).join(', ')}`,
    },
  ]
}

function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return (object['spec'] ?? {}) as Readonly<Record<string, unknown>>
}

function textOf(object: KubeObject, field: string): string | undefined {
  const value = specOf(object)[field]
  return typeof value === 'string' ? value : undefined
}

function ofSpec(name: string, field: string, priority = 0): Column {
  return column(name, (object) => textOf(object, field) ?? '', { priority })
}

function awsName(name = 'Bus'): Column {
  return ofSpec(name, 'name')
}

function region(priority = 0): Column {
  return ofSpec('Region', 'region', priority)
}

function targetsOf(object: KubeObject): readonly unknown[] {
  const { targets } = specOf(object)
  return Array.isArray(targets) ? targets : []
}

function retentionOf(object: KubeObject): string {
  const { retentionDays } = specOf(object)
  return typeof retentionDays === 'number' && retentionDays > 0 ? `${retentionDays}d` : '<forever>'
}

function serversOf(object: KubeObject): string {
  const { servers } = specOf(object)
  return Array.isArray(servers) ? servers.map(String).join(',') : ''
}

interface Connected {
  readonly status: string
  readonly reason: string
}

function connection(object: KubeObject): Connected | undefined {
  const { conditions = [] } = (object['status'] ?? {}) as {
    readonly conditions?: readonly Connected[]
  }
  return conditions[0]
}

function connectedOf(object: KubeObject): string {
  return connection(object)?.status ?? 'Unknown'
}
