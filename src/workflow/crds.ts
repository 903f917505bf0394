// The kinds of this room as CustomResourceDefinitions: Events, templates and workflows, in namespaces and without; what
// says who makes things; and the things themselves.

import type { KubeObject } from '../objects/index.ts'
import type { Schema } from '../structure/index.ts'
import {
  EVENT_SCHEMA,
  MANAGED_SCHEMA,
  PROVIDER_CONFIG_SCHEMA,
  TEMPLATE_SCHEMA,
  WORKFLOW_SCHEMA,
} from './crd-schemas.ts'
import { GROUP } from './names.ts'

interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  readonly priority?: number
}

interface Definition {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly isNamespaced: boolean
  readonly categories: readonly string[]
  readonly schema: Schema
  readonly columns: readonly Column[]
}

const SYNCED = condition('Synced')
const READY = condition('Ready')
const REASON: Column = {
  name: 'Reason',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
  priority: 1,
}
const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

function condition(type: string): Column {
  const jsonPath = `.status.conditions[?(@.type=="${type}")].status`
  return { name: type, type: 'string', jsonPath }
}

function text(name: string, jsonPath: string): Column {
  return { name, type: 'string', jsonPath }
}

const CLAIM_COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Event: [
    text('Template', '.spec.workflowTemplate.id'),
    text('Status', '.status.atProvider.workflowStatus'),
    { name: 'Resources', type: 'integer', jsonPath: '.status.atProvider.resourcesCreated' },
    SYNCED,
    READY,
    REASON,
    AGE,
  ],
  WorkflowTemplate: [
    { name: 'Steps', type: 'integer', jsonPath: '.status.atProvider.stepsValidated' },
    { name: 'Resources', type: 'integer', jsonPath: '.status.atProvider.resourcesValidated' },
    READY,
    REASON,
    AGE,
  ],
  Workflow: [
    text('Status', '.status.atProvider.workflowStatus'),
    text('Step', '.status.atProvider.step'),
    { name: 'Resources', type: 'integer', jsonPath: '.status.atProvider.resourcesCreated' },
    SYNCED,
    READY,
    REASON,
    AGE,
  ],
}

const MANAGED_COLUMNS: readonly Column[] = [
  SYNCED,
  READY,
  text('ID', '.status.atProvider.id'),
  { ...text('ARN', '.status.atProvider.arn'), priority: 1 },
  AGE,
]

const CLAIM_SCHEMAS: Readonly<Record<string, Schema>> = {
  Event: EVENT_SCHEMA,
  WorkflowTemplate: TEMPLATE_SCHEMA,
  Workflow: WORKFLOW_SCHEMA,
}

/** A kind in namespaces, and the same without as `X…`. */
function claimDefinitions(kind: string): readonly Definition[] {
  const common = {
    group: GROUP,
    version: 'v1alpha1',
    schema: CLAIM_SCHEMAS[kind]!,
    columns: CLAIM_COLUMNS[kind]!,
  }
  const plural = `${kind.toLowerCase()}s`
  const all = kind === 'Workflow' ? ['all'] : []
  return [
    { ...common, kind, plural, isNamespaced: true, categories: ['claim', ...all] },
    {
      ...common,
      kind: `X${kind}`,
      plural: `x${plural}`,
      isNamespaced: false,
      categories: ['composite', ...all],
    },
  ]
}

interface ManagedGroup {
  readonly group: string
  readonly version: string
  readonly kinds: readonly string[]
}

const OWN = 'aws.livewyer.io'
const UPBOUND = 'aws.m.upbound.io'

const MANAGED_GROUPS: readonly ManagedGroup[] = [
  { group: `mediaconnect.${OWN}`, version: 'v1alpha1', kinds: ['Flow', 'Bridge', 'Gateway'] },
  {
    group: `medialive.${OWN}`,
    version: 'v1alpha1',
    kinds: ['Network', 'MultiplexProgram', 'Channel', 'Input', 'InputSecurityGroup'],
  },
  { group: `mediapackage.${OWN}`, version: 'v1alpha1', kinds: ['Channel', 'OriginEndpoint'] },
  {
    group: `mediapackagev2.${OWN}`,
    version: 'v1alpha1',
    kinds: ['ChannelGroup', 'Channel', 'OriginEndpoint'],
  },
  { group: `mediaconvert.${OWN}`, version: 'v1alpha1', kinds: ['JobTemplate'] },
  {
    group: `medialive.${UPBOUND}`,
    version: 'v1beta1',
    kinds: ['Input', 'InputSecurityGroup', 'Channel'],
  },
  { group: `mediapackage.${UPBOUND}`, version: 'v1beta1', kinds: ['Channel'] },
  { group: `s3.${UPBOUND}`, version: 'v1beta1', kinds: ['Bucket'] },
]

export interface ManagedKind {
  readonly apiVersion: string
  readonly kind: string
}

/** Every kind of thing that providers make. */
export const MANAGED_KINDS: readonly ManagedKind[] = MANAGED_GROUPS.flatMap(
  ({ group, version, kinds }) => kinds.map((kind) => ({ apiVersion: `${group}/${version}`, kind })),
)

const DEFINITIONS: readonly Definition[] = [
  ...['Event', 'WorkflowTemplate', 'Workflow'].flatMap((kind) => claimDefinitions(kind)),
  {
    group: GROUP,
    version: 'v1alpha1',
    kind: 'ProviderConfig',
    plural: 'providerconfigs',
    isNamespaced: false,
    categories: ['provider'],
    schema: PROVIDER_CONFIG_SCHEMA,
    columns: [text('Provider', '.spec.provider'), text('Region', '.spec.region'), AGE],
  },
  ...MANAGED_GROUPS.flatMap(({ group, version, kinds }) =>
    kinds.map((kind): Definition => ({
      group,
      version,
      kind,
      plural: `${kind.toLowerCase()}s`,
      isNamespaced: true,
      categories: ['all', 'managed'],
      schema: MANAGED_SCHEMA,
      columns: MANAGED_COLUMNS,
    })),
  ),
]

export const CRDS: readonly KubeObject[] = DEFINITIONS.map((one) => crdOf(one))

function crdOf(definition: Definition): KubeObject {
  const { group, version, kind, plural, isNamespaced, categories } = definition
  const spec = {
    group,
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    names: {
      kind,
      plural,
      singular: kind.toLowerCase(),
      listKind: `${kind}List`,
      categories,
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: definition.columns,
        schema: { openAPIV3Schema: definition.schema },
      },
    ],
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec,
  }
}
