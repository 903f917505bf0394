// The kinds of resource that are routed: each becomes a rule with its targets, so that the one delivery engine
// sees its events through. A kind without a bus of its own takes one that no user can name, such as
// `ACCOUNT/REGION/$schedules`, and is reached by events directed at its key.

import { formatBusKey } from '../event/index.ts'
import { routeSchedule } from './schedule-route.ts'
import {
  functionArn,
  ARCHIVE_MANAGER,
  type Kind,
  type Resource,
  type ResourceOf,
  type RoutedRule,
  ruleArn,
  subscriptionArn,
  topicArn,
} from '../model/index.ts'
import { filterPattern } from './filter-policy.ts'
import { invocationBusKey, PAYLOAD_PATH } from './invocations.ts'
import { subscriptionTarget } from './subscription-target.ts'
import { TOPIC_RULE, topicBusKey } from './topics.ts'

export interface Routed {
  readonly rule: RoutedRule
  /** Whether new events reach it; one that is off still owns the deliveries it has begun. */
  readonly isOn: boolean
}

type Route<K extends Kind> = (resource: ResourceOf<K>) => Routed | undefined

// Add a kind here, and its rows are watched, published and routed.
const ROUTES: { readonly [K in Kind]?: Route<K> } = {
  Rule: routeRule,
  FunctionSettings: routeInvocations,
  Schedule: routeSchedule,
  Subscription: routeSubscription,
  Topic: routeTopic,
}

export const ROUTED_KINDS: readonly string[] = Object.keys(ROUTES)

export function isRoutedKind(kind: string): kind is keyof typeof ROUTES {
  return Object.hasOwn(ROUTES, kind)
}

/** What a resource of a routed kind is to route; undefined when it takes no part. */
export function routedOf(resource: Resource): Routed | undefined {
  if (!isRoutedKind(resource.kind)) return undefined
  // The row's kind decides its spec: decoding has checked it.
  const route = ROUTES[resource.kind] as ((resource: Resource) => Routed | undefined) | undefined
  return route?.(resource)
}

const WITH_READ_ONLY_CALLS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'

function routeRule({ metadata, spec }: ResourceOf<'Rule'>): Routed {
  const rule: RoutedRule = {
    key: metadata.uid,
    name: spec.name,
    arn: ruleArn(spec, spec.bus, spec.name),
    busKey: formatBusKey({ account: spec.account, region: spec.region, name: spec.bus }),
    ...(spec.pattern === undefined ? {} : { pattern: spec.pattern }),
    ...(spec.schemaVersions === undefined ? {} : { schemaVersions: spec.schemaVersions }),
    ...(spec.state === WITH_READ_ONLY_CALLS ? { takesReadOnlyCalls: true } : {}),
    targets: spec.targets,
  }
  // An archive reads the log by itself: the rule that shows it has nothing to route.
  return { rule, isOn: spec.state !== 'DISABLED' && spec.managedBy !== ARCHIVE_MANAGER }
}

/** One that nobody has confirmed has no pattern: only its own confirmation, directed at it, gets through. */
function routeSubscription({ metadata, spec }: ResourceOf<'Subscription'>): Routed {
  const { topic, id, state, attributes } = spec
  const rule: RoutedRule = {
    key: metadata.uid,
    name: id,
    arn: subscriptionArn(spec, topic, id),
    busKey: topicBusKey(spec, topic),
    ...(state === 'confirmed' ? { pattern: filterPattern(attributes) } : {}),
    targets: [subscriptionTarget(spec)],
  }
  return { rule, isOn: true }
}

/** No event is for it: it says that the topic is there, whether or not anybody has subscribed. */
function routeTopic({ metadata, spec }: ResourceOf<'Topic'>): Routed {
  const rule: RoutedRule = {
    key: metadata.uid,
    name: TOPIC_RULE,
    arn: topicArn(spec, spec.name),
    busKey: topicBusKey(spec, spec.name),
    targets: [],
  }
  return { rule, isOn: true }
}

/** Asynchronous invocations of a function: each is an event directed here, and Lambda tries it three times. */
function routeInvocations({ metadata, spec }: ResourceOf<'FunctionSettings'>): Routed {
  const { name, deadLetterArn } = spec
  const arn = functionArn(spec, name)
  const rule: RoutedRule = {
    key: metadata.uid,
    name,
    arn,
    busKey: invocationBusKey(spec, name),
    targets: [
      {
        id: 'function',
        address: arn,
        input: { kind: 'path', path: PAYLOAD_PATH },
        retry: INVOCATION_RETRY,
        ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
      },
    ],
  }
  return { rule, isOn: true }
}

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const INVOCATION_RETRY = { attemptsMax: 2, ageSecondsMax: 21_600 }
