// What our own API needs of the rest of the program, given as values; and the views it answers with.

import type { AppError, Clock } from '../../base/index.ts'
import type {
  EventExplanation,
  ExplainEventQuery,
  ExplainRuleQuery,
  RuleExplanation,
} from './explain-views.ts'
import type { Timetable } from '../../control/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { AccessDeps } from './access.ts'
import type { OperationDeps } from './operations.ts'
import type { AuditDeps } from './audit-routes.ts'
import type { FlowDeps } from './flows.ts'
import type { QueueLookDeps } from './queue-looks.ts'
import type { RoostDeps } from './roost.ts'
import type { ArchiveDeps } from './archive-views.ts'
import type { Metrics, StateReading } from './metrics.ts'
import type { OwnSchemas } from './schema-views.ts'

export interface OperationsDeps {
  readonly metrics: Metrics
  readState(): Promise<StateReading>
  /** Why no traffic should come: starting, draining, damaged storage; empty when it may. */
  reasonsNotReady(): readonly string[]
}

export interface OwnApiDeps extends OperationsDeps {
  readonly clock: Clock
  readonly about: About
  /** Who may call: undefined lets the request pass. */
  authorize(request: HttpRequest): Promise<AppError | undefined>
  /** What the audit log calls the sender, once `authorize` was asked. */
  nameOf(request: HttpRequest): string
  /** Events as they become durable, from `after` on or from now; throws `PATTERN_INVALID`. Ends with the signal. */
  subscribe(options: SubscribeOptions): AsyncIterable<TailItem>
  listBuses(): Promise<readonly BusView[]>
  listRules(query: RuleQuery): Promise<readonly RuleView[]>
  listPipes(query: PipeQuery): Promise<readonly PipeStateView[]>
  /** `pipe` is a name, where only one pipe has it, or an ARN. */
  setPipeState(pipe: string, state: PipeStateView['desiredState']): Promise<PipeStateView>
  listDeliveries(query: DeliveryViewQuery): Promise<readonly DeliveryView[]>
  readonly deadDeliveries: DeadDeliveryDeps
  readonly queues: QueueLookDeps
  readonly archives: ArchiveDeps
  /** Takes everything there is; resolves when the server is as on its first day. */
  reset(): Promise<void>
  readonly timetable: Timetable
  /** Throws `PATTERN_INVALID`, `EVENT_INVALID`, `EVENT_NOT_FOUND` and `RULE_NOT_FOUND`. */
  listEndpoints(): Promise<readonly EndpointView[]>
  /** By name, id or ARN. */
  setEndpointHealth(endpoint: string, health: 'healthy' | 'unhealthy'): Promise<EndpointView>
  explainEvent(query: ExplainEventQuery): Promise<EventExplanation>
  explainRule(query: ExplainRuleQuery): Promise<RuleExplanation>
  readonly schemas: OwnSchemas
  readonly connectors: ConnectorDeps
  readonly access: AccessDeps
  readonly audit: AuditDeps
  readonly operations: OperationDeps
  readonly roost: RoostDeps
  readonly flows: FlowDeps
}

export interface DeadDeliveryDeps {
  /** Tried again, durable when it resolves. */
  redrive(query: DeadDeliveryQuery): Promise<DeadDeliveryChange>
  /** Kept no longer. */
  purge(query: DeadDeliveryQuery): Promise<DeadDeliveryChange>
}

export type DeadDeliveryQuery = Omit<DeliveryViewQuery, 'state'>

export interface DeadDeliveryChange {
  readonly seen: number
  /** Those seen that are dead no more. */
  readonly changed: number
  /** Where to go on; absent when these were the last. */
  readonly after?: string
}

/** Brokers and sources. */
export interface ConnectorDeps {
  listBrokers(): Promise<readonly BrokerView[]>
  listSources(): Promise<readonly SourceView[]>
  /** Throws `RESOURCE_INVALID` with every fault of the spec. */
  put(kind: 'Broker' | 'Source', spec: Readonly<Record<string, unknown>>): Promise<void>
  delete(kind: 'Broker' | 'Source', name: string): Promise<void>
  /** Topics or streams of a broker. Rejects `RESOURCE_NOT_FOUND`, `BROKER_LOST`. */
  browse(broker: string): Promise<readonly BrokerPlaceView[]>
  /** The newest records of a place, the oldest of them first. */
  peek(
    broker: string,
    query: { readonly place: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly PeekedRecordView[]>
  /** Copies until the signal aborts. Throws for what cannot be, rejects for what goes wrong. */
  mirror(
    wish: MirrorWish,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly copied: number; readonly behind: number }>
  rollBack(
    wish: RollbackWish,
  ): Promise<
    readonly { readonly partition: number; readonly before?: number; readonly after: number }[]
  >
}

export interface MirrorWish {
  /** It reads as the group `signalbox-mirror-NAME`. */
  readonly name: string
  /** `kafka://BROKER/TOPIC` */
  readonly from: string
  readonly to: string
  /** At most one: a JSON path into the value, or a template with the JSON text of its paths. */
  readonly path: string | undefined
  readonly template: string | undefined
  readonly paths: string | undefined
  readonly isUntilEnd: boolean
}

export interface RollbackWish {
  readonly name: string
  readonly from: string
  /** `earliest`, `latest`, RFC 3339, or `-COUNT`. */
  readonly to: string
}

export interface BrokerPlaceView {
  readonly name: string
  readonly partitions?: number
  readonly subjects?: readonly string[]
  readonly records: number
  readonly readers: readonly { readonly name: string; readonly behind: number }[]
}

export interface PeekedRecordView {
  readonly place: string
  readonly topic: string
  readonly timestamp?: number
  readonly key?: string
  readonly headers: Readonly<Record<string, string>>
  /** UTF-8; where it is none, `base64` stands in its place. */
  readonly text?: string
  readonly base64?: string
  readonly sizeBytes: number
}

export interface BrokerView {
  readonly name: string
  /** Its secrets are references. */
  readonly spec: object
}

export interface SourceView {
  readonly name: string
  readonly spec: object
  readonly state: 'connecting' | 'connected' | 'lost' | 'stopped'
  readonly reason?: string
  readonly since: number
  readonly instances: number
  readonly lag: Readonly<Record<string, number>>
}

export interface PipeQuery {
  /** Name or ARN. */
  readonly pipe?: string
}

export interface PipeStateView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly desiredState: 'RUNNING' | 'STOPPED'
  readonly state: string
  readonly reason?: string
  readonly description?: string
  readonly source: string
  readonly sourceParameters?: object
  readonly enrichment?: string
  readonly enrichmentParameters?: object
  readonly target: string
  readonly targetParameters?: object
  /** Seconds since the epoch. */
  readonly createdAt: number
}

export interface About {
  readonly version: string
  readonly mode: 'dev' | 'start'
  /** Wall milliseconds. */
  readonly startedAt: number
}

export interface SubscribeOptions {
  /** A bus name, or a bus key with account and region. */
  readonly bus?: string
  /** An event pattern as JSON text. */
  readonly pattern?: string
  /** The event's type (`detail-type`). */
  readonly type?: string
  /** Go on behind this position, as long as the log still has it. */
  readonly after?: TailPosition
  readonly signal: AbortSignal
}

export interface TailPosition {
  readonly partition: number
  readonly offset: number
}

export interface TailItem {
  readonly position: TailPosition
  /** When it became durable, wall milliseconds. */
  readonly timestamp: number
  readonly busKey: string
  /** JSON text, UTF-8. */
  readonly envelope: Uint8Array
}

export interface BusView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly rules: number
}

export interface EndpointView {
  readonly name: string
  readonly id: string
  readonly arn: string
  readonly account: string
  readonly buses: readonly string[]
  /** The region whose bus takes the events. */
  readonly activeRegion: string
  readonly isFailedOver: boolean
  readonly isReplicated: boolean
}

export interface RuleQuery {
  readonly bus?: string
}

export interface RuleView {
  /** New when a rule is deleted and made again. */
  readonly uid: string
  readonly name: string
  readonly bus: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly state: string
  readonly pattern?: string
  readonly schedule?: string
  /** The range of schema versions that it asks for. */
  readonly schemaVersions?: string
  readonly targets: readonly TargetView[]
}

export interface TargetView {
  readonly id: string
  readonly address: string
  /** Nothing is sent to it until it is changed. */
  readonly disabled?: { readonly since: number; readonly reason: string }
}

export interface DeliveryViewQuery {
  readonly state?: 'pending' | 'dead'
  readonly bus?: string
  readonly rule?: string
  readonly limit: number
  /** The id after which to go on. */
  readonly after?: string
}

export interface DeliveryView {
  readonly id: string
  readonly busKey: string
  readonly ruleName: string
  readonly targetId: string
  readonly eventId: string
  readonly state: 'pending' | 'dead'
  readonly attempts: number
  readonly firstAttemptAt: number
  readonly lastAttemptAt: number
  readonly dueAt: number
  readonly errorCode: string
  readonly errorMessage: string
  readonly exhausted?: string
}
