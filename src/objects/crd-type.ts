// The kind that makes kinds.
// https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/

import { type FieldFault, ruleFaults, type Schema } from '../structure/index.ts'
import { builtinType } from './builtin-type.ts'
import { at, CREATED_COLUMN, listAt, NAME_COLUMN, textAt } from './columns.ts'
import { schemaFaults } from './crd-schema.ts'
import { invalidValue } from './kube-metadata.ts'
import { withRuleMetadata } from './metadata-schema.ts'
import type { KubeObject } from './kube-object.ts'
import type { ResourceType } from './resource-type.ts'
import {
  ANYTHING,
  CONDITIONS,
  FLAG,
  listOf,
  objectOf,
  TEXT,
  TEXTS,
  WHOLE,
  withDefault,
} from './schema-parts.ts'

const NAMES = objectOf(
  {
    plural: TEXT,
    singular: TEXT,
    kind: TEXT,
    listKind: TEXT,
    shortNames: TEXTS,
    categories: TEXTS,
  },
  ['plural', 'kind'],
)

const VERSION = objectOf(
  {
    name: TEXT,
    served: FLAG,
    storage: FLAG,
    deprecated: FLAG,
    deprecationWarning: TEXT,
    schema: objectOf({ openAPIV3Schema: ANYTHING }),
    subresources: objectOf({
      status: ANYTHING,
      scale: objectOf(
        { specReplicasPath: TEXT, statusReplicasPath: TEXT, labelSelectorPath: TEXT },
        ['specReplicasPath', 'statusReplicasPath'],
      ),
    }),
    additionalPrinterColumns: listOf(
      objectOf(
        {
          name: TEXT,
          type: TEXT,
          format: TEXT,
          description: TEXT,
          priority: WHOLE,
          jsonPath: TEXT,
        },
        ['name', 'type', 'jsonPath'],
      ),
    ),
    selectableFields: listOf(objectOf({ jsonPath: TEXT }, ['jsonPath'])),
  },
  ['name', 'served', 'storage'],
)

export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

export const CRD_TYPE: ResourceType = builtinType({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  hasStatus: true,
  schema: objectOf(
    {
      spec: objectOf(
        {
          group: TEXT,
          names: NAMES,
          scope: { type: 'string', enum: ['Cluster', 'Namespaced'] },
          versions: listOf(VERSION),
          conversion: withDefault(
            objectOf({ strategy: withDefault(TEXT, 'None'), webhook: ANYTHING }),
            {},
          ),
          preserveUnknownFields: FLAG,
        },
        ['group', 'names', 'scope', 'versions'],
      ),
      status: objectOf({
        conditions: CONDITIONS,
        acceptedNames: objectOf({
          plural: TEXT,
          singular: TEXT,
          kind: TEXT,
          listKind: TEXT,
          shortNames: TEXTS,
          categories: TEXTS,
        }),
        storedVersions: TEXTS,
      }),
    },
    ['spec'],
  ),
  columns: [NAME_COLUMN, CREATED_COLUMN],
  strategy: {
    prepareCreate: (object) => {
      const named = withNames(object)
      const finalizers = [...(named.metadata.finalizers ?? []), CRD_FINALIZER]
      const { status: _, ...wanted } = named
      return { ...wanted, metadata: { ...named.metadata, finalizers } }
    },
    prepareUpdate: (next) => withNames(next),
    validate: async (next, previous) => [
      ...checkNames(next),
      ...(await checkVersions(next, previous)),
    ],
  },
})

/** The names that follow from others. */
function withNames(object: KubeObject): KubeObject {
  const kind = textAt(object, 'spec.names.kind')
  const spec = object['spec'] as Readonly<Record<string, unknown>> | undefined
  if (typeof spec !== 'object' || spec === null || typeof spec['names'] !== 'object') return object
  const names = spec['names'] as Readonly<Record<string, unknown>>
  const defaults = { singular: kind.toLowerCase(), listKind: `${kind}List` }
  return { ...object, spec: { ...spec, names: { ...defaults, ...names } } }
}

function checkNames(object: KubeObject): readonly FieldFault[] {
  const plural = textAt(object, 'spec.names.plural')
  const group = textAt(object, 'spec.group')
  const wanted = `${plural}.${group}`
  if (object.metadata.name === wanted) return []
  const text = 'must be spec.names.plural+"."+spec.group'
  return [invalidValue('metadata.name', object.metadata.name, text)]
}

async function checkVersions(
  object: KubeObject,
  previous: KubeObject | undefined,
): Promise<readonly FieldFault[]> {
  const versions = listAt(object, 'spec.versions')
  const faults: FieldFault[] = []
  if (versions.filter((one) => at(one, 'storage') === true).length !== 1) {
    const text = 'must have exactly one version marked as storage version'
    faults.push(
      invalidValue(
        'spec.versions',
        versions.map((one) => textAt(one, 'name')),
        text,
      ),
    )
  }
  for (const [index, version] of versions.entries()) {
    // What all versions share is said to be wrong once, as the real server's own form has it.
    const holder = versions.length === 1 ? 'spec.validation' : `spec.versions[${index}].schema`
    const path = `${holder}.openAPIV3Schema`
    const schema = at(version, 'schema.openAPIV3Schema')
    if (schema === undefined) {
      const message = 'Required value: schemas are required'
      faults.push({ type: 'FieldValueRequired', field: path, message })
      continue
    }
    const structural = schemaFaults(schema, path)
    faults.push(...structural)
    if (structural.length === 0)
      faults.push(...(await ruleFaults(withRuleMetadata(schema as Schema), path)))
  }
  const stored = listAt(previous, 'status.storedVersions')
  for (const name of stored)
    if (!versions.some((one) => at(one, 'name') === name)) {
      faults.push(invalidValue('status.storedVersions[0]', name, 'must appear in spec.versions'))
    }
  return faults
}
