// The kind ManagedRoost: its definition, installed when the keeper starts, so that kubectl knows it.

import {
  installKinds,
  type InstallKindsOptions,
  type KubeObject,
  type KubeType,
} from '../objects/index.ts'
import type { Schema } from '../structure/index.ts'

export const MANAGED_ROOST: KubeType = {
  apiVersion: 'roost.birb.party/v1alpha1',
  kind: 'ManagedRoost',
}

const CRD: KubeType = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }
const NAME = 'managedroosts.roost.birb.party'

const TEXT: Schema = { type: 'string' }
const FLAG: Schema = { type: 'boolean' }
const OPEN: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function open(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return {
    type: 'object',
    properties,
    'x-kubernetes-preserve-unknown-fields': true,
    ...(required.length === 0 ? {} : { required }),
  }
}

const SPEC: Schema = open(
  {
    chart: open(
      {
        name: { ...TEXT, minLength: 1 },
        version: TEXT,
        repository: open({
          url: TEXT,
          type: { type: 'string', enum: ['http', 'oci', 'git'] },
        }),
        values: OPEN,
      },
      ['name'],
    ),
    replicas: { type: 'integer', minimum: 0 },
    healthChecks: {
      type: 'array',
      items: open(
        {
          name: TEXT,
          type: {
            type: 'string',
            enum: ['http', 'tcp', 'udp', 'grpc', 'prometheus', 'kubernetes'],
          },
        },
        ['name', 'type'],
      ),
    },
    teardownPolicy: open({
      requireManualApproval: FLAG,
      triggers: { type: 'array', items: open({ type: TEXT }, ['type']) },
    }),
    tenancy: OPEN,
    metadata: OPEN,
  },
  ['chart'],
)

const STATUS: Schema = open({
  phase: TEXT,
  health: TEXT,
  replicas: { type: 'integer' },
  conditions: { type: 'array', items: open({ type: TEXT, status: TEXT, message: TEXT }) },
})

const COLUMNS = [
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Health', type: 'string', jsonPath: '.status.health' },
  { name: 'Chart', type: 'string', jsonPath: '.spec.chart.name' },
  { name: 'Version', type: 'string', jsonPath: '.spec.chart.version' },
  { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]

const DEFINITION: KubeObject = {
  ...CRD,
  metadata: { name: NAME },
  spec: {
    group: 'roost.birb.party',
    scope: 'Namespaced',
    names: {
      plural: 'managedroosts',
      singular: 'managedroost',
      kind: 'ManagedRoost',
      listKind: 'ManagedRoostList',
      shortNames: ['mr'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: COLUMNS,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: SPEC, status: STATUS },
            required: ['spec'],
          },
        },
      },
    ],
  },
}

/**
 * Resolves when the kind is served, or the signal aborted: who looks for roosts before that finds no such kind. A
 * definition that is there is the cluster's own, and stays as it is.
 */
export function installManagedRoost(options: InstallKindsOptions): Promise<void> {
  return installKinds(options, [DEFINITION])
}
