// What `kubectl explain` says of our own kinds, and what their specs may hold. The model refuses what a schema cannot.

import type { Schema } from '../structure/index.ts'

const TEXT: Schema = { type: 'string' }
const WHOLE: Schema = { type: 'integer' }
const TEXT_MAP: Schema = { type: 'object', additionalProperties: TEXT }

function text(description: string): Schema {
  return { type: 'string', description }
}

function oneOf(description: string, values: readonly string[]): Schema {
  return { type: 'string', description, enum: values }
}

function whole(description: string, minimum: number, maximum: number): Schema {
  return { type: 'integer', description, minimum, maximum }
}

function fields(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
  description = '',
): Schema {
  return {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(description === '' ? {} : { description }),
  }
}

function list(items: Schema, description: string): Schema {
  return { type: 'array', items, description, 'x-kubernetes-list-type': 'atomic' }
}

/** Anything, kept as it is. */
function anything(description: string): Schema {
  return { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true }
}

const SCOPE = {
  account: text('Twelve digits; the account that the namespace stands for when absent.'),
  region: text('The region of AWS that it is in; as the name says when absent.'),
}
const TAGS: Schema = { ...TEXT_MAP, description: 'Tags, as AWS has them.' }

const INPUT: Schema = fields(
  {
    kind: oneOf('Which of the forms it is; the fields of the others stay away.', [
      'constant',
      'path',
      'template',
    ]),
    json: text('constant: the JSON that is sent instead of the event.'),
    path: text('path: the part of the event that is sent, `$.detail`.'),
    paths: { ...TEXT_MAP, description: 'template: names for parts of the event.' },
    template: text('template: text in which `<name>` stands for what the paths found.'),
  },
  ['kind'],
  'What the target is sent; the whole event when absent.',
)

const RETRY: Schema = fields(
  {
    attemptsMax: whole('Retries, 185 when absent.', 0, 185),
    ageSecondsMax: whole('How long an event is tried, seconds; 86400 when absent.', 60, 86_400),
  },
  [],
  'How often and how long delivery is tried.',
)

const TARGET: Schema = fields(
  {
    id: text('Tells the targets of a rule apart.'),
    address: text('An ARN, a URL, `kafka://BROKER/TOPIC` or `nats://BROKER/SUBJECT`.'),
    input: INPUT,
    retry: RETRY,
    deadLetterArn: text('The queue that gets what could not be delivered.'),
    roleArn: text('The role that AWS would assume.'),
    messageGroupId: text('Of a first-in first-out queue.'),
    messageDeduplicationId: text('Of a first-in first-out queue.'),
    parameters: anything('Parameters of the kind of target, as AWS writes them.'),
  },
  ['id', 'address'],
)

export const BUS_SPEC: Schema = fields({
  ...SCOPE,
  name: text('Its name in AWS; as its name here says when absent.'),
  description: TEXT,
  kmsKeyIdentifier: TEXT,
  deadLetterArn: text('The queue that gets what no target could be given and no other queue gets.'),
  logConfig: fields({ includeDetail: TEXT, level: TEXT }),
  validation: fields(
    {
      mode: oneOf('What becomes of an event that is not as its schema says.', ['warn', 'reject']),
      registry: text('The registry whose schemas count.'),
      deadLetterArn: text('The queue that gets refused events.'),
      unknown: oneOf('What becomes of events without a schema.', ['accept', 'reject']),
    },
    ['mode', 'registry'],
    'How events are held against schemas when they are published.',
  ),
  policy: list(anything('A statement.'), 'The statements of its resource policy.'),
  tags: TAGS,
})

export const RULE_SPEC: Schema = fields({
  ...SCOPE,
  bus: text('The bus it is on; as its name here says when absent.'),
  name: text('Its name in AWS; as its name here says when absent.'),
  description: TEXT,
  state: {
    ...oneOf('Whether it routes.', [
      'ENABLED',
      'DISABLED',
      'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    ]),
    default: 'ENABLED',
  },
  pattern: text('The event pattern, JSON.'),
  schedule: text('`rate(…)` or `cron(…)`; on the bus `default` only.'),
  roleArn: TEXT,
  managedBy: text('The part of the server that manages it and alone changes it.'),
  createdBy: text('The account that made it.'),
  schemaVersions: text('Only events that were found valid under such a version, `^1`.'),
  tags: TAGS,
  targets: {
    type: 'array',
    items: TARGET,
    description: 'Where matching events go.',
    default: [],
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['id'],
  },
})

export const ARCHIVE_SPEC: Schema = fields(
  {
    ...SCOPE,
    name: text('Its name in AWS; as its name here says when absent.'),
    bus: text('The bus whose events it takes.'),
    description: TEXT,
    pattern: text('The event pattern, JSON; every event when absent.'),
    retentionDays: {
      ...whole('Days after which an event leaves it; 0 is never.', 0, 36_500),
      default: 0,
    },
    kmsKeyIdentifier: TEXT,
  },
  ['bus'],
)

export const SOURCE_SPEC: Schema = fields(
  {
    ...SCOPE,
    name: text('Its name.'),
    description: TEXT,
    state: oneOf('Whether it reads; it does when absent.', ['RUNNING', 'STOPPED']),
    broker: text('The broker that it reads from.'),
    topics: list(TEXT, 'Topics of Kafka.'),
    subjects: list(TEXT, 'Subjects of NATS.'),
    stream: text('A stream of JetStream.'),
    group: text('The consumer group, queue group or durable consumer.'),
    bus: text('The bus that events are put on; `default` when absent.'),
    format: oneOf('How records are read.', ['auto', 'cloudevents', 'plain']),
    mapping: fields({ type: TEXT, source: TEXT, subject: TEXT, id: TEXT }),
    instances: whole('Readers side by side.', 1, 64),
    from: oneOf('Where a group begins that has read nothing.', ['earliest', 'latest']),
    deadLetter: text('Where records go that are no events.'),
  },
  ['broker'],
)

export const SOURCE_STATUS: Schema = fields({
  conditions: {
    type: 'array',
    items: fields(
      {
        type: TEXT,
        status: TEXT,
        reason: TEXT,
        message: TEXT,
        lastTransitionTime: { type: 'string', format: 'date-time' },
        observedGeneration: WHOLE,
      },
      ['type', 'status'],
    ),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
})

export const BROKER_SPEC: Schema = anything(
  'A cluster of Kafka or NATS: `type`, `servers`, `security`.',
)

/** Of kinds that can only be looked at here. */
export const SHOWN_SPEC: Schema = anything('As its own API made it.')
