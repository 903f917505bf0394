// What each operation of AWS is to roles: verbs on a resource of our own group, so that one role speaks of both dialects.
//
//   events:PutRule ── create and update `rules.signalbox.dev` in the namespace of the account

import type { ServiceName } from './shapes.ts'

export interface Right {
  /** All of them are needed. */
  readonly verbs: readonly string[]
  readonly resource: string
}

/** The first pattern that an operation's name has decides its resource. */
const RESOURCES: Readonly<Record<ServiceName, readonly (readonly [RegExp, string])[]>> = {
  events: [
    [/^Put(?:Partner)?Events$/, 'events'],
    [/Rule|Target/, 'rules'],
    [/EventBus|Permission|EventPattern/, 'buses'],
    [/Archive/, 'archives'],
    [/Replay/, 'replays'],
    [/Connection/, 'connections'],
    [/ApiDestination/, 'apidestinations'],
    [/Endpoint/, 'endpoints'],
    [/EventSource/, 'eventsources'],
    [/[Tt]ag/, 'tags'],
  ],
  lambda: [[/./, 'functions']],
  monitoring: [[/./, 'metrics']],
  pipes: [
    [/[Tt]ag/, 'tags'],
    [/Pipe/, 'pipes'],
  ],
  scheduler: [
    [/[Tt]ag/, 'tags'],
    [/ScheduleGroup/, 'schedulegroups'],
    [/Schedule/, 'schedules'],
  ],
  schemas: [
    [/[Tt]ag/, 'tags'],
    [/Discoverer/, 'discoverers'],
    [/Registr|ResourcePolicy/, 'registries'],
    [/Schema|CodeBinding/, 'schemas'],
  ],
  sns: [
    [/^Publish/, 'events'],
    [/./, 'topics'],
  ],
  sqs: [
    [/MoveTask/, 'queues'],
    [/Message/, 'messages'],
    [/./, 'queues'],
  ],
  sts: [],
}

const VERBS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:Describe|Get|Test|Export)/, ['get']],
  [/^(?:List|Search)/, ['list']],
  [/^(?:Create|SendMessage|Publish|Invoke|Put(?:Partner)?Events$)/, ['create']],
  [/^Delete/, ['delete']],
  // These make what is not there.
  [/^Put/, ['create', 'update']],
  [/./, ['update']],
]

/** Undefined for what everybody may ask: who one is. */
export function rightOf(service: ServiceName, operation: string): Right | undefined {
  const resource = RESOURCES[service].find(([pattern]) => pattern.test(operation))?.[1]
  if (resource !== undefined) return { verbs: verbsOf(operation), resource }
  if (RESOURCES[service].length === 0) return undefined
  throw new Error(`\`${service}:${operation}\` is nothing to roles: it needs a row in RESOURCES`)
}

function verbsOf(operation: string): readonly string[] {
  return VERBS.find(([pattern]) => pattern.test(operation))![1]
}
