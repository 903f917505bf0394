// The kinds of the spine and their specs. A spec speaks the design's words; dialects translate.

import type { BrokerSpec } from './broker-spec.ts'
import type { ApiDestinationSpec, ConnectionSpec } from './connection-spec.ts'
import type { PipeSpec } from './pipe-spec.ts'
import type { FunctionSettingsSpec, FunctionSpec } from './function-spec.ts'
import type { ArchiveSpec } from './archive-spec.ts'
import type { ReplaySpec } from './replay-spec.ts'
import type { EndpointSpec } from './endpoint-spec.ts'
import type { EventSourceSpec } from './event-source-spec.ts'
import type { Resource } from './resource.ts'
import type { SourceSpec } from './source-spec.ts'
import type { SubscriptionSpec, TopicSpec } from './topic-spec.ts'
import type {
  CodeBindingSpec,
  SchemaDiscovererSpec,
  SchemaRegistrySpec,
  SchemaSpec,
  SchemaVersionSpec,
} from './schema-spec.ts'
import type { ScheduleGroupSpec, ScheduleSpec } from './schedule-spec.ts'

/** Where an AWS-addressable resource lives. */
export interface Scope {
  /** Twelve digits. */
  readonly account: string
  readonly region: string
}

export type Tags = Readonly<Record<string, string>>

export interface BusSpec extends Scope {
  readonly name: string
  readonly description?: string
  readonly kmsKeyIdentifier?: string
  /** ARN of the queue that gets what no target could be given. */
  readonly deadLetterArn?: string
  readonly logConfig?: { readonly includeDetail?: string; readonly level?: string }
  /** How events are held against the schemas of a registry when they are published; absent = not at all. */
  readonly validation?: BusValidation
  /** The statements of the bus's resource policy, as AWS writes them. */
  readonly policy?: readonly Readonly<Record<string, unknown>>[]
  readonly tags?: Tags
}

export interface BusValidation {
  /** What becomes of an event that is not as its schema says: taken all the same, or refused. */
  readonly mode: 'warn' | 'reject'
  /** The registry whose schemas count. */
  readonly registry: string
  /** ARN of the queue that gets refused events, with their faults. */
  readonly deadLetterArn?: string
  /** What becomes of a type of event that has no schema; taken when absent. */
  readonly unknown?: 'accept' | 'reject'
}

export interface RetryPolicy {
  /** 0 to 185; 185 when absent. */
  readonly attemptsMax?: number
  /** 60 to 86,400 seconds; 86,400 when absent. */
  readonly ageSecondsMax?: number
}

/** What a target is sent; absent = the whole envelope. */
export type TargetInput =
  | { readonly kind: 'constant'; readonly json: string }
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'template'
      readonly paths: Readonly<Record<string, string>>
      readonly template: string
    }
  /** Text in which `<aws.scheduler.…>` names stand for facts of a schedule's firing. */
  | { readonly kind: 'firing'; readonly text: string }

export interface Target {
  readonly id: string
  /** An ARN, or an `http(s)://` URL. */
  readonly address: string
  readonly input?: TargetInput
  readonly retry?: RetryPolicy
  readonly deadLetterArn?: string
  readonly roleArn?: string
  /** Message group of a FIFO queue. */
  readonly messageGroupId?: string
  /** Deduplication id of a FIFO queue; made of the delivery's id when absent. */
  readonly messageDeduplicationId?: string
  /** Dialect parameters of target types that keep them as given (EcsParameters and brothers). */
  readonly parameters?: Readonly<Record<string, unknown>>
}

export interface RuleSpec extends Scope {
  readonly bus: string
  readonly name: string
  readonly description?: string
  readonly state: 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
  /** The pattern's text as given. */
  readonly pattern?: string
  readonly schedule?: string
  readonly roleArn?: string
  readonly managedBy?: string
  readonly createdBy?: string
  /** Only events that were found valid under a schema version in this range, such as `^1`. */
  readonly schemaVersions?: string
  readonly tags?: Tags
  readonly targets: readonly Target[]
}

export interface QueueSpec extends Scope {
  readonly name: string
  readonly fifo: boolean
  /** SQS attributes by their AWS names, as given; numbers as decimal text. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags?: Tags
}

export interface SpecByKind {
  EventBus: BusSpec
  Rule: RuleSpec
  Queue: QueueSpec
  Function: FunctionSpec
  Connection: ConnectionSpec
  ApiDestination: ApiDestinationSpec
  FunctionSettings: FunctionSettingsSpec
  Topic: TopicSpec
  Subscription: SubscriptionSpec
  SchemaRegistry: SchemaRegistrySpec
  Schema: SchemaSpec
  SchemaVersion: SchemaVersionSpec
  SchemaDiscoverer: SchemaDiscovererSpec
  CodeBinding: CodeBindingSpec
  Pipe: PipeSpec
  Archive: ArchiveSpec
  Replay: ReplaySpec
  Schedule: ScheduleSpec
  ScheduleGroup: ScheduleGroupSpec
  Endpoint: EndpointSpec
  EventSource: EventSourceSpec
  Broker: BrokerSpec
  Source: SourceSpec
}

export type Kind = keyof SpecByKind
export type ResourceOf<K extends Kind> = Resource<SpecByKind[K]> & { readonly kind: K }
