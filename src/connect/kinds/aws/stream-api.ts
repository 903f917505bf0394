// The streams of Kinesis and of DynamoDB's tables: their shards, and the records of a shard. Both speak the same way
// under other names.
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html

import { AppError, assertNever } from '../../../base/index.ts'
import type { Arn } from '../../../model/index.ts'
import type { AwsApi, AwsCredentials } from './aws-api.ts'
import { AWS_MESSAGE_LENGTH_MAX, STREAM_SHARDS_MAX, TABLE_RECORDS_MAX } from './limits.ts'
import { credentialsAt, endpointMissing } from './stand-in.ts'

export interface StreamApiOptions {
  readonly api: AwsApi
  readonly endpointOf: (service: string) => string | undefined
  readonly credentials?: AwsCredentials
}

export interface Shard {
  readonly id: string
  /** Those that it came of, which are read before it. */
  readonly parents: readonly string[]
}

export type StreamPosition =
  | { readonly kind: 'oldest' }
  | { readonly kind: 'newest' }
  | { readonly kind: 'time'; readonly atMs: number }
  | { readonly kind: 'after'; readonly sequence: string }

export interface StreamRecords {
  /** As the service shows them. */
  readonly records: readonly Readonly<Record<string, unknown>>[]
  /** Undefined at the end of a shard that takes no more. */
  readonly next: string | undefined
}

export interface StreamApi {
  listShards(signal: AbortSignal): Promise<readonly Shard[]>
  iterator(shardId: string, position: StreamPosition, signal: AbortSignal): Promise<string>
  records(iterator: string, limit: number, signal: AbortSignal): Promise<StreamRecords>
}

/** `arn:aws:kinesis:…:stream/NAME` or `arn:aws:dynamodb:…:table/NAME/stream/TIME`. */
export function isStream({ service, resource }: Arn): boolean {
  if (service === 'kinesis') return /^stream\/[^/]+$/.test(resource)
  return service === 'dynamodb' && /^table\/[^/]+\/stream\/.+$/.test(resource)
}

export function createStreamApi(options: StreamApiOptions, arn: Arn, address: string): StreamApi {
  const isKinesis = arn.service === 'kinesis'
  const named = isKinesis
    ? { StreamName: arn.resource.replace(/^stream\//, '') }
    : { StreamArn: address }
  const call = (action: string, input: object, signal: AbortSignal): Promise<Answer> =>
    callStream(options, arn, { action, input, signal })
  return {
    async listShards(signal) {
      const found: Shard[] = []
      let more: object | undefined = named
      while (more !== undefined && found.length < STREAM_SHARDS_MAX) {
        const answer: Answer = await call(isKinesis ? 'ListShards' : 'DescribeStream', more, signal)
        const description = isKinesis ? answer : objectOf(answer['StreamDescription'])
        found.push(...listOf(description['Shards']).map(shardOf))
        const { NextToken: token } = answer
        const { LastEvaluatedShardId: last } = description
        more = nextPage(named, token, last)
      }
      return found
    },
    async iterator(shardId, position, signal) {
      const input = { ...named, ShardId: shardId, ...startOf(position, isKinesis) }
      return String((await call('GetShardIterator', input, signal))['ShardIterator'])
    },
    async records(iterator, limit, signal) {
      const Limit = isKinesis ? limit : Math.min(limit, TABLE_RECORDS_MAX)
      const answer = await call('GetRecords', { ShardIterator: iterator, Limit }, signal)
      const { NextShardIterator: next } = answer
      return {
        records: listOf(answer['Records']).map(objectOf),
        next: typeof next === 'string' ? next : undefined,
      }
    },
  }
}

type Answer = Readonly<Record<string, unknown>>

function nextPage(named: object, token: unknown, last: unknown): object | undefined {
  if (typeof token === 'string') return { NextToken: token }
  return typeof last === 'string' ? { ...named, ExclusiveStartShardId: last } : undefined
}

function startOf(position: StreamPosition, isKinesis: boolean): object {
  switch (position.kind) {
    case 'after':
      return {
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        [isKinesis ? 'StartingSequenceNumber' : 'SequenceNumber']: position.sequence,
      }
    case 'newest':
      return { ShardIteratorType: 'LATEST' }
    case 'time':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: position.atMs / 1000 }
    case 'oldest':
      return { ShardIteratorType: 'TRIM_HORIZON' }
    default:
      return assertNever(position)
  }
}

function shardOf(value: unknown): Shard {
  const { ShardId, ParentShardId, AdjacentParentShardId } = objectOf(value)
  const parents = [ParentShardId, AdjacentParentShardId]
  return { id: String(ShardId), parents: parents.filter((id) => typeof id === 'string') }
}

async function callStream(
  { api, endpointOf, credentials }: StreamApiOptions,
  { service, region, account }: Arn,
  {
    action,
    input,
    signal,
  }: { readonly action: string; readonly input: object; readonly signal: AbortSignal },
): Promise<Answer> {
  const endpoint = endpointOf(service)
  if (endpoint === undefined) throw endpointMissing(service)
  const isKinesis = service === 'kinesis'
  const own = `https://${isKinesis ? 'kinesis' : 'streams.dynamodb'}.${region}.amazonaws.com`
  const { status, text } = await api.call(
    {
      service,
      region,
      endpoint: endpoint === 'aws' ? own : endpoint,
      credentials: credentialsAt(endpoint, account, credentials),
      method: 'POST',
      path: [''],
      headers: {
        'content-type': `application/x-amz-json-1.${isKinesis ? 1 : 0}`,
        'x-amz-target': `${isKinesis ? 'Kinesis_20131202' : 'DynamoDBStreams_20120810'}.${action}`,
      },
      body: JSON.stringify(input),
    },
    signal,
  )
  const answer = parsed(text)
  if (status === 200) return answer
  const { __type: type = '', message = answer['Message'] ?? '' } = answer
  const name = String(type).split('#').at(-1)!
  throw new AppError(
    'REQUEST_INVALID',
    `${service} answered ${status} to ${action}: ${name} ${String(message).slice(0, AWS_MESSAGE_LENGTH_MAX)}`,
    { details: { name } },
  )
}

/** An iterator is good for some minutes. */
export function isIteratorOver(error: unknown): boolean {
  return error instanceof AppError && error.details['name'] === 'ExpiredIteratorException'
}

function parsed(text: string): Answer {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    // A proxy between may answer for the service.
    return { message: text }
  }
}

function objectOf(value: unknown): Answer {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
