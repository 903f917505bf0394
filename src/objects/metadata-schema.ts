// The schema of metadata: which types its fields have, and for patches which of its lists are maps and sets.

import type { Schema } from '../structure/index.ts'

const TEXTS: Schema = { type: 'object', additionalProperties: { type: 'string' } }

const METADATA: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    generateName: { type: 'string' },
    namespace: { type: 'string' },
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer' },
    labels: TEXTS,
    annotations: TEXTS,
    finalizers: {
      type: 'array',
      items: { type: 'string' },
      'x-kubernetes-list-type': 'set',
    },
    ownerReferences: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
    },
  },
}

/** The schema of a whole object, metadata included. */
export function wholeSchema(schema: Schema): Schema {
  return { ...schema, type: 'object', properties: { ...schema.properties, metadata: METADATA } }
}

const TEXT: Schema = { type: 'string' }

/** The schema of a whole object as its rules see it. */
export function withRuleMetadata(schema: Schema): Schema {
  const metadata: Schema = { type: 'object', properties: { name: TEXT, generateName: TEXT } }
  const properties = { ...schema.properties, apiVersion: TEXT, kind: TEXT, metadata }
  return { ...schema, type: 'object', properties }
}
