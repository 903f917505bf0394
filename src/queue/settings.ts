// What a queue's attributes mean: their names, ranges and defaults, and the parsed form that sending and
// receiving read. Attributes stay text as given; this is the only place that knows what the text says.

import type { QueueSpec } from '../model/index.ts'
import { queueFault } from './fault.ts'
import {
  DELAY_SECONDS_MAX,
  MESSAGE_SIZE_BYTES_MAX,
  MESSAGE_SIZE_BYTES_MIN,
  RECEIVE_COUNT_MAX,
  RETENTION_SECONDS_MAX,
  RETENTION_SECONDS_MIN,
  VISIBILITY_TIMEOUT_SECONDS_MAX,
  WAIT_SECONDS_MAX,
} from './limits.ts'

export interface RedrivePolicy {
  readonly deadLetterArn: string
  readonly receiveCountMax: number
}

export interface QueueSettings {
  readonly visibilityTimeoutMs: number
  readonly delayMs: number
  readonly messageSizeBytesMax: number
  readonly retentionMs: number
  readonly waitMs: number
  readonly redrive?: RedrivePolicy
  readonly contentBasedDeduplication: boolean
  readonly deduplicationPerGroup: boolean
}

export type QueueAttributes = Readonly<Record<string, string>>

const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  VisibilityTimeout: [0, VISIBILITY_TIMEOUT_SECONDS_MAX],
  DelaySeconds: [0, DELAY_SECONDS_MAX],
  MaximumMessageSize: [MESSAGE_SIZE_BYTES_MIN, MESSAGE_SIZE_BYTES_MAX],
  MessageRetentionPeriod: [RETENTION_SECONDS_MIN, RETENTION_SECONDS_MAX],
  ReceiveMessageWaitTimeSeconds: [0, WAIT_SECONDS_MAX],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  ContentBasedDeduplication: ['true', 'false'],
  SqsManagedSseEnabled: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
  FifoQueue: ['true'],
}

const FIFO_ONLY: ReadonlySet<string> = new Set([
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
])

const FREE_TEXT: ReadonlySet<string> = new Set(['KmsMasterKeyId'])
/** An empty value takes these away. */
const REMOVABLE: ReadonlySet<string> = new Set([
  'KmsMasterKeyId',
  'Policy',
  'RedrivePolicy',
  'RedriveAllowPolicy',
])

const DEFAULTS: QueueAttributes = {
  VisibilityTimeout: '30',
  MaximumMessageSize: String(MESSAGE_SIZE_BYTES_MAX),
  MessageRetentionPeriod: '345600',
  DelaySeconds: '0',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
}

const FIFO_DEFAULTS: QueueAttributes = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
}

/** The attributes a queue has, defaults included; not those that are counted or stamped. */
export function withDefaults(spec: Pick<QueueSpec, 'attributes' | 'fifo'>): QueueAttributes {
  return { ...DEFAULTS, ...(spec.fifo ? FIFO_DEFAULTS : {}), ...spec.attributes }
}

/** Throws the fault SQS answers for the first attribute that is unknown or out of range. */
export function checkAttributes(attributes: QueueAttributes, fifo: boolean): void {
  for (const [name, value] of Object.entries(attributes)) checkAttribute(name, value, fifo)
}

/** What is stored after `changes` are laid over `before`: removable attributes go when set to nothing. */
export function mergeAttributes(
  before: QueueAttributes,
  changes: QueueAttributes,
): QueueAttributes {
  const merged = Object.entries({ ...before, ...changes })
  return Object.fromEntries(merged.filter(([name, value]) => value !== '' || !REMOVABLE.has(name)))
}

export function parseSettings(spec: QueueSpec): QueueSettings {
  const attributes = withDefaults(spec)
  const redrive = parseRedrivePolicy(attributes['RedrivePolicy'])
  return {
    visibilityTimeoutMs: Number(attributes['VisibilityTimeout']) * 1000,
    delayMs: Number(attributes['DelaySeconds']) * 1000,
    messageSizeBytesMax: Number(attributes['MaximumMessageSize']),
    retentionMs: Number(attributes['MessageRetentionPeriod']) * 1000,
    waitMs: Number(attributes['ReceiveMessageWaitTimeSeconds']) * 1000,
    ...(redrive === undefined ? {} : { redrive }),
    contentBasedDeduplication: attributes['ContentBasedDeduplication'] === 'true',
    deduplicationPerGroup: attributes['DeduplicationScope'] === 'messageGroup',
  }
}

/** Undefined for an absent, empty or malformed policy; SQS takes the count as a number or as text. */
export function parseRedrivePolicy(text: string | undefined): RedrivePolicy | undefined {
  const policy = parseObject(text)
  const deadLetterArn = policy?.['deadLetterTargetArn']
  const receiveCountMax = Number(policy?.['maxReceiveCount'])
  if (typeof deadLetterArn !== 'string' || !Number.isInteger(receiveCountMax)) return undefined
  if (receiveCountMax < 1 || receiveCountMax > RECEIVE_COUNT_MAX) return undefined
  return { deadLetterArn, receiveCountMax }
}

/** Whether a queue with this RedriveAllowPolicy lets `sourceArn` use it for dead letters. */
export function allowsRedriveFrom(allowPolicy: string | undefined, sourceArn: string): boolean {
  const policy = parseObject(allowPolicy)
  switch (policy?.['redrivePermission']) {
    case 'denyAll':
      return false
    case 'byQueue': {
      const sources = policy['sourceQueueArns']
      return Array.isArray(sources) && sources.includes(sourceArn)
    }
    default:
      return true
  }
}

function checkAttribute(name: string, value: string, fifo: boolean): void {
  if (FIFO_ONLY.has(name) && !fifo) {
    const isHighThroughput = name === 'DeduplicationScope' || name === 'FifoThroughputLimit'
    throw queueFault(
      'InvalidAttributeName',
      isHighThroughput
        ? `You can specify the ${name} only when FifoQueue is set to true.`
        : `Unknown Attribute ${name}.`,
    )
  }
  if (value === '' && REMOVABLE.has(name)) return
  const range = Object.hasOwn(RANGES, name) ? RANGES[name] : undefined
  const choices = Object.hasOwn(CHOICES, name) ? CHOICES[name] : undefined
  if (range !== undefined) {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= range[0] && number <= range[1])) throw invalidValue(name)
  } else if (choices !== undefined) {
    if (!choices.includes(value)) throw invalidValue(name)
  } else if (name === 'RedrivePolicy') {
    checkRedrivePolicy(value)
  } else if (name === 'Policy' || name === 'RedriveAllowPolicy') {
    if (parseObject(value) === undefined) throw invalidValue(name)
  } else if (!FREE_TEXT.has(name)) {
    throw queueFault('InvalidAttributeName', `Unknown Attribute ${name}.`)
  }
}

function checkRedrivePolicy(value: string): void {
  const invalid = (reason: string): Error =>
    queueFault(
      'InvalidParameterValue',
      `Value ${value} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    )
  const policy = parseObject(value)
  if (policy === undefined) throw invalid('Redrive policy is not a valid JSON map.')
  for (const member of ['deadLetterTargetArn', 'maxReceiveCount']) {
    if (policy[member] === undefined) {
      throw invalid(`Redrive policy does not contain mandatory attribute: ${member}.`)
    }
  }
  if (parseRedrivePolicy(value) === undefined) {
    const count = String(policy['maxReceiveCount'])
    throw invalid(
      `Invalid value for maxReceiveCount: ${count}, valid values are from 1 to ${RECEIVE_COUNT_MAX} both inclusive.`,
    )
  }
}

function invalidValue(name: string): Error {
  return queueFault('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    // Not JSON is an answer here, not a failure: the caller words the refusal.
    return undefined
  }
}
