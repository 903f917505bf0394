// Every kind of sink, in the order in which they are asked for an address. Kinds that speak to our own rooms
// (queue, bus) are made by those who know the rooms and come as `local`, so that this room imports neither. What
// nothing here has the name of may be of AWS.

import type { Clock, Logger } from '../base/index.ts'
import type { FindDestination } from './destination.ts'
import type { Guard } from './guard.ts'
import { type AwsKindOptions, createAwsKind } from './kinds/aws/aws-sink.ts'
import {
  createFunctionSinkKind,
  functionAddress,
  type FunctionSinkOptions,
} from './kinds/function/function-sink.ts'
import { createKafkaKind, type KafkaSinkOptions } from './kinds/kafka/kafka-sink.ts'
import { createDestinationKind } from './kinds/http/destination-sink.ts'
import { createHttpKind, type HttpKindOptions } from './kinds/http/http-sink.ts'
import { createLogKind, type WriteLogLine } from './kinds/log/log-sink.ts'
import { createNatsKind, type NatsSinkOptions } from './kinds/nats/nats-sink.ts'
import { createLocalFirstKind } from './local-first.ts'
import type { SinkKind } from './sink.ts'
import type { BrokerThreads } from './threaded.ts'
import type { TokenSource } from './token-source.ts'

export interface SinkKindsOptions {
  readonly guard: Guard
  readonly clock: Clock
  readonly logger: Logger
  readonly local: readonly LocalKind[]
  /** No functions when absent. */
  readonly functions?: FunctionSinkOptions
  /** No API destinations when absent. */
  readonly destinations?: { readonly find: FindDestination; readonly tokens: TokenSource }
  readonly http?: Omit<HttpKindOptions, 'guard' | 'clock'>
  readonly aws: Omit<AwsKindOptions, 'guard' | 'clock'>
  /** No topics of Kafka and no subjects of NATS when absent. */
  readonly brokers?: BrokerSinksOptions
  readonly writeLogLine?: WriteLogLine
}

type BrokerSinksOptions = Omit<KafkaSinkOptions & NatsSinkOptions, 'clock'> & {
  readonly threads: BrokerThreads
}

export interface LocalKind {
  readonly kind: SinkKind
  /** Whether this server has what the address names. */
  readonly isHere: (address: string) => boolean
}

export function createSinkKinds(options: SinkKindsOptions): readonly SinkKind[] {
  const { guard, clock, logger, local, functions, destinations, http, brokers } = options
  const aws = createAwsKind({ ...options.aws, guard, clock })
  const ours = functions === undefined ? local : [...local, functionKind(functions)]
  return [
    ...(destinations === undefined
      ? []
      : [createDestinationKind({ ...destinations, guard, clock })]),
    ...ours.map(({ kind, isHere }) => createLocalFirstKind({ local: kind, remote: aws, isHere })),
    aws,
    createHttpKind({ ...http, guard, clock }),
    ...(brokers === undefined ? [] : brokerKinds(brokers, clock)),
    createLogKind({
      logger,
      ...(options.writeLogLine === undefined ? {} : { write: options.writeLogLine }),
    }),
  ]
}

function brokerKinds(brokers: BrokerSinksOptions, clock: Clock): readonly SinkKind[] {
  const kinds = [createKafkaKind({ ...brokers, clock }), createNatsKind({ ...brokers, clock })]
  return kinds.map((kind) => brokers.threads.sinkKind(kind, brokers))
}

function functionKind(functions: FunctionSinkOptions): LocalKind {
  return {
    kind: createFunctionSinkKind(functions),
    isHere: (address) => functions.find(functionAddress(address) ?? address) !== undefined,
  }
}
