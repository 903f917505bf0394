// The types that a CRD makes, one for each version that is served.

import { compileJsonPath, type Schema } from '../structure/index.ts'
import { ALL_VERBS } from './builtin-type.ts'
import { AGE_COLUMN, ageOf, at, listAt, NAME_COLUMN, textAt } from './columns.ts'
import type { KubeObject } from './kube-object.ts'
import type { Column, ResourceStrategy, ResourceType } from './resource-type.ts'

/** What is particular about a kind, by its group and kind; undefined when nothing is. */
export type StrategyOf = (
  type: Pick<ResourceType, 'group' | 'kind'>,
) => ResourceStrategy | undefined

export function resourceTypesOf(
  definition: KubeObject,
  strategyOf: StrategyOf,
): readonly ResourceType[] {
  return listAt(definition, 'spec.versions')
    .filter((version) => at(version, 'served') === true)
    .map((version) => typeOf(definition, version, strategyOf))
}

function typeOf(definition: KubeObject, version: unknown, strategyOf: StrategyOf): ResourceType {
  const names = 'spec.names'
  const schema = at(version, 'schema.openAPIV3Schema') as Schema
  const group = textAt(definition, 'spec.group')
  const kind = textAt(definition, `${names}.kind`)
  return {
    group,
    version: textAt(version, 'name'),
    kind,
    listKind: textAt(definition, `${names}.listKind`),
    plural: textAt(definition, `${names}.plural`),
    singular: textAt(definition, `${names}.singular`),
    shortNames: textsAt(definition, `${names}.shortNames`),
    categories: textsAt(definition, `${names}.categories`),
    namespaced: textAt(definition, 'spec.scope') === 'Namespaced',
    verbs: ALL_VERBS,
    hasStatus: at(version, 'subresources.status') !== undefined,
    subresources: [],
    schema: withoutRoot(schema),
    isCustom: true,
    columns: columnsOf(version),
    selectableFields: listAt(version, 'selectableFields').map((one) => textAt(one, 'jsonPath')),
    strategy: strategyOf({ group, kind }) ?? {},
  }
}

/** The machinery itself sees to what every object has. */
function withoutRoot(schema: Schema): Schema {
  const properties = { ...schema.properties }
  for (const name of ['apiVersion', 'kind', 'metadata']) delete properties[name]
  const required = (schema.required ?? []).filter((name) => name in properties)
  return { ...schema, properties, required }
}

function columnsOf(version: unknown): readonly Column[] {
  const wanted = listAt(version, 'additionalPrinterColumns')
  if (wanted.length === 0) return [NAME_COLUMN, AGE_COLUMN]
  return [NAME_COLUMN, ...wanted.map((one) => columnOf(one))]
}

function columnOf(wanted: unknown): Column {
  const path = textAt(wanted, 'jsonPath')
  const type = textAt(wanted, 'type') as Column['type']
  const find = compileJsonPath(path)
  const format = textAt(wanted, 'format')
  return {
    name: textAt(wanted, 'name'),
    type: type === 'date' ? 'string' : type,
    ...(format === '' ? {} : { format }),
    description:
      textAt(wanted, 'description') ||
      `Custom resource definition column (in JSONPath format): ${path}`,
    priority: Number(at(wanted, 'priority') ?? 0),
    cell: (object, now) => {
      const values = find(object)
      if (values.length === 0) return null
      const [value] = values
      if (type === 'date') return ageOf(value, now)
      return cellOf(value, type)
    },
  }
}

function cellOf(value: unknown, type: Column['type']): string | number | boolean | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number' || typeof value === 'boolean')
    return type === 'string' ? String(value) : value
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function textsAt(object: unknown, path: string): readonly string[] {
  return listAt(object, path).map(String)
}
