// The schemas of the workflow kinds: parts that several have, and the whole of each.

import type { Schema } from '../structure/index.ts'

const TEXT: Schema = { type: 'string' }
const FREE: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const TEXT_MAP: Schema = { type: 'object', additionalProperties: { type: 'string' } }
const ANYTHING: Schema = { 'x-kubernetes-preserve-unknown-fields': true }

function objectOf(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

function described(schema: Schema, description: string): Schema {
  return { ...schema, description }
}

const CONDITIONS: Schema = {
  type: 'array',
  items: objectOf(
    {
      type: TEXT,
      status: TEXT,
      reason: TEXT,
      message: TEXT,
      lastTransitionTime: { type: 'string', format: 'date-time' },
      observedGeneration: { type: 'integer' },
    },
    ['type', 'status'],
  ),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
}

const STATUS: Schema = {
  type: 'object',
  properties: {
    conditions: CONDITIONS,
    atProvider: FREE,
    observedGeneration: { type: 'integer' },
  },
  'x-kubernetes-preserve-unknown-fields': true,
}

const PUBLISH = objectOf(
  {
    name: described(TEXT, 'Name of the Secret.'),
    configRef: objectOf({ name: TEXT }, ['name']),
    metadata: objectOf({ labels: TEXT_MAP, annotations: TEXT_MAP, type: TEXT }),
  },
  ['name'],
)

/** What an Event, a template and a workflow have in common, and pass on to what they make. */
const COMMON: Readonly<Record<string, Schema>> = {
  forProvider: described(FREE, 'Region, tags and whatever else all resources share.'),
  deletionPolicy: described(
    { type: 'string', enum: ['Delete', 'Orphan'] },
    'Whether what was made outside goes with it; Delete when absent.',
  ),
  managementPolicies: described(
    {
      type: 'array',
      items: {
        type: 'string',
        enum: ['*', 'Create', 'Update', 'Delete', 'LateInitialize', 'Observe'],
      },
    },
    'What may be done with the things outside; everything (*) when absent.',
  ),
  providerConfigRef: described(
    objectOf({ name: TEXT, kind: TEXT }, ['name']),
    'The ProviderConfig that says who makes the resources.',
  ),
  publishConnectionDetailsTo: described(PUBLISH, 'A Secret for how to reach what was made.'),
  writeConnectionSecretsToNamespace: described(
    TEXT,
    'The namespace in which each resource gets a Secret for how to reach it.',
  ),
}

const KEY_REF = objectOf({ name: TEXT, key: TEXT, namespace: TEXT }, ['name', 'key'])

const PARAMETERS_FROM: Schema = {
  type: 'array',
  description: 'Parameters whose values are kept in a Secret or a ConfigMap.',
  items: objectOf({
    name: described(TEXT, 'The parameter; the key when absent.'),
    secretKeyRef: KEY_REF,
    configMapKeyRef: KEY_REF,
  }),
}

const SOURCE = objectOf({
  name: TEXT,
  apiVersion: TEXT,
  kind: TEXT,
  step: described(TEXT, 'An earlier step whose output is meant.'),
  key: described(TEXT, 'Dotted path in the source, status.atProvider.id.'),
})

const DEPENDS_ON = listOf(
  objectOf(
    {
      key: described(TEXT, 'Dotted path under spec.forProvider; numbers index lists.'),
      type: described(TEXT, '"" sets, "list" appends, "object" merges.'),
      subKey: TEXT,
      subKeyPatchMethod: TEXT,
      source: SOURCE,
    },
    ['source'],
  ),
)

// What is within is checked with words that say what would be right; the schema shows what there is.
const STEPS: Schema = {
  type: 'array',
  description: 'What is made and done, in this order.',
  items: {
    type: 'object',
    properties: {
      name: TEXT,
      resources: listOf({
        type: 'object',
        properties: { name: TEXT, spec: FREE, dependsOn: DEPENDS_ON },
        'x-kubernetes-preserve-unknown-fields': true,
      }),
      uses: described(TEXT, 'job, function, http, event, wait or choice.'),
      with: FREE,
      dependsOn: DEPENDS_ON,
      timeout: ANYTHING,
      retry: FREE,
    },
    'x-kubernetes-preserve-unknown-fields': true,
  },
}

function wholeOf(spec: Schema, required: readonly string[] = ['spec']): Schema {
  return objectOf(
    { apiVersion: TEXT, kind: TEXT, metadata: { type: 'object' }, spec, status: STATUS },
    required,
  )
}

export const EVENT_SCHEMA: Schema = wholeOf(
  objectOf(
    {
      ...COMMON,
      workflowTemplate: objectOf(
        {
          id: described(TEXT, 'Name of the WorkflowTemplate.'),
          parameters: FREE,
          parametersFrom: PARAMETERS_FROM,
        },
        ['id'],
      ),
      parametersFrom: PARAMETERS_FROM,
    },
    ['workflowTemplate'],
  ),
)

export const TEMPLATE_SCHEMA: Schema = wholeOf(
  objectOf({
    ...COMMON,
    steps: STEPS,
    parameters: described(FREE, 'An OpenAPI v3 schema of the parameters.'),
    template: described(TEXT, 'The steps as a text with Go template syntax.'),
    templateRef: described(
      objectOf({ name: TEXT, key: TEXT, namespace: TEXT }, ['name']),
      'A ConfigMap that holds such a text.',
    ),
  }),
)

export const WORKFLOW_SCHEMA: Schema = wholeOf(objectOf({ ...COMMON, steps: STEPS }, ['steps']))

const DURATION: Schema = { type: 'string', pattern: '^[1-9][0-9]{0,5}(ms|s|m|h)$' }

export const PROVIDER_CONFIG_SCHEMA: Schema = wholeOf(
  objectOf({
    provider: described({ type: 'string', default: 'local' }, 'Who makes the resources.'),
    region: TEXT,
    endpoint: described(TEXT, 'Where the API of AWS is; `aws` is AWS itself.'),
    endpoints: described(TEXT_MAP, 'The same by service.'),
    timeout: described(DURATION, 'How long one call may take, `10s`; half a minute when absent.'),
    resync: described(
      DURATION,
      'How often what is there is compared with what is wanted, `1h`; ten minutes when absent.',
    ),
    credentials: {
      type: 'object',
      properties: {
        source: described(TEXT, 'Secret, or None for a stand-in that knows no credentials.'),
        secretRef: objectOf({ name: TEXT, namespace: TEXT, key: TEXT }, ['name', 'namespace']),
      },
      'x-kubernetes-preserve-unknown-fields': true,
    },
  }),
)

/** A thing that a provider makes outside. */
export const MANAGED_SCHEMA: Schema = wholeOf(
  objectOf(
    {
      forProvider: described(FREE, 'What is wanted, in the words of the service.'),
      initProvider: FREE,
      deletionPolicy: COMMON['deletionPolicy']!,
      managementPolicies: COMMON['managementPolicies']!,
      providerConfigRef: COMMON['providerConfigRef']!,
      publishConnectionDetailsTo: PUBLISH,
      writeConnectionSecretToRef: objectOf({ name: TEXT, namespace: TEXT }, ['name']),
    },
    ['forProvider'],
  ),
)
