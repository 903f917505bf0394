// Topics and their subscriptions.

import type { FaultList, Fields, TextRule } from './fault-list.ts'
import { parseArn } from './arn.ts'
import type { Scope, Tags } from './kinds.ts'

export interface TopicSpec extends Scope {
  readonly name: string
  readonly fifo: boolean
  /** SNS attributes by their AWS names, as given. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags?: Tags
}

export type SubscriptionProtocol = 'http' | 'https' | 'lambda' | 'sqs'

export interface SubscriptionSpec extends Scope {
  readonly topic: string
  /** The last part of its ARN. */
  readonly id: string
  readonly protocol: SubscriptionProtocol
  /** A URL, or the ARN of a queue or function. */
  readonly endpoint: string
  /** SNS attributes by their AWS names, as given. */
  readonly attributes: Readonly<Record<string, string>>
  /** Who has confirmed it; a subscription that nobody has gets no notification. */
  readonly state: 'pending' | 'confirmed'
  /** What confirms it, hashed. */
  readonly tokenHash?: string
}

export const SUBSCRIPTION_PROTOCOLS: readonly SubscriptionProtocol[] = [
  'http',
  'https',
  'lambda',
  'sqs',
]

const ATTRIBUTES_MAX = 50
const TOPIC_NAME: TextRule = { lengthMax: 256, pattern: /^[A-Za-z0-9_-]+(\.fifo)?$/ }
const SUBSCRIPTION_ID: TextRule = { lengthMax: 36, pattern: /^[0-9a-f-]{36}$/ }

export function checkTopic(faults: FaultList, spec: Fields): void {
  const { name } = spec
  faults.text('spec.name', name, TOPIC_NAME)
  const isNamedFifo = typeof name === 'string' && name.endsWith('.fifo')
  if (spec['fifo'] !== isNamedFifo)
    faults.add('spec.fifo', 'true exactly when the name ends in `.fifo`', spec['fifo'])
  checkAttributes(faults, spec)
}

export function checkSubscription(faults: FaultList, spec: Fields): void {
  faults.text('spec.topic', spec['topic'], TOPIC_NAME)
  faults.text('spec.id', spec['id'], SUBSCRIPTION_ID)
  faults.oneOf('spec.protocol', spec['protocol'], SUBSCRIPTION_PROTOCOLS)
  faults.oneOf('spec.state', spec['state'], ['pending', 'confirmed'])
  faults.text('spec.tokenHash', spec['tokenHash'], { lengthMax: 64, isOptional: true })
  if (!isEndpoint(spec['endpoint']))
    faults.add('spec.endpoint', 'a URL or an ARN', spec['endpoint'])
  checkAttributes(faults, spec)
}

function checkAttributes(faults: FaultList, spec: Fields): void {
  faults.texts('spec.attributes', spec['attributes'], {
    key: { lengthMax: 128 },
    value: { lengthMin: 0, lengthMax: 262_144 },
    entriesMax: ATTRIBUTES_MAX,
  })
}

function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 2048) return false
  return /^https?:\/\//i.test(value) ? URL.canParse(value) : parseArn(value) !== undefined
}
