// A subscription as the target of a routed rule: its parameters say all that its sink needs to know.

import type { RetryPolicy, SubscriptionProtocol, SubscriptionSpec, Target } from '../model/index.ts'
import { subscriptionArn } from '../model/index.ts'
import type { Told } from './notification.ts'

/** SNS's own for URLs; queues and functions are tried for as long as anything is. */
const HTTP_RETRY: RetryPolicy = { attemptsMax: 50, ageSecondsMax: 3600 }
const RETRIES_MAX = 185

export function subscriptionTarget(spec: SubscriptionSpec): Target {
  const { topic, id, protocol, endpoint, attributes } = spec
  const deadLetterArn = textIn(attributes['RedrivePolicy'], 'deadLetterTargetArn')
  return {
    id: 'endpoint',
    address: subscriptionArn(spec, topic, id),
    ...retryOf(protocol, attributes),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    parameters: { id, protocol, endpoint, isRaw: attributes['RawMessageDelivery'] === 'true' },
  }
}

export function readSubscriptionTarget({ parameters = {} }: Target): {
  readonly told: Told
  readonly endpoint: string
} {
  // As `subscriptionTarget` wrote them: no user makes targets of this kind.
  const { id, protocol, isRaw, endpoint } = parameters as unknown as Told & {
    readonly endpoint: string
  }
  return { told: { id, protocol, isRaw }, endpoint }
}

function retryOf(
  protocol: SubscriptionProtocol,
  attributes: SubscriptionSpec['attributes'],
): { readonly retry?: RetryPolicy } {
  if (protocol !== 'http' && protocol !== 'https') return {}
  const policy = objectIn(parse(attributes['DeliveryPolicy']), 'healthyRetryPolicy')
  const retries = policy?.['numRetries']
  if (typeof retries !== 'number' || !Number.isInteger(retries)) return { retry: HTTP_RETRY }
  return { retry: { ...HTTP_RETRY, attemptsMax: Math.min(Math.max(0, retries), RETRIES_MAX) } }
}

function textIn(text: string | undefined, name: string): string | undefined {
  const value = objectIn({ policy: parse(text) }, 'policy')?.[name]
  return typeof value === 'string' ? value : undefined
}

function objectIn(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  const found =
    typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)[name]
      : undefined
  return typeof found === 'object' && found !== null ? { ...found } : undefined
}

function parse(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // What was stored had been checked; this is of an older version, and the same as none.
    return undefined
  }
}
