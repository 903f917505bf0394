export { createClient, type Client, type SentEvent } from './client.ts'
export type { TokenView } from './access-calls.ts'
export type { FlowRef, FlowReport, FlowStepView, FlowView } from './flow-calls.ts'
export type { RoostLetterFilter, RoostReplayWish } from './roost-calls.ts'
export type { Credentials } from './transport.ts'
export type { ArchiveView, ArchivedEventsView, ReplayView } from './archive-views.ts'
export type {
  BrokerPlaceView,
  BrokerView,
  PeekedRecordView,
  SourceView,
} from './connector-views.ts'
export type { DeadDeliveryView } from './dead-deliveries.ts'
export type { MirrorWish } from './mirror-calls.ts'
export type { PipeStateView } from './pipe-views.ts'
export type { QueueMessageView } from './queue-calls.ts'
export type { EndpointView, ScheduleView, TailEventView } from './views.ts'
export type {
  EventExplanationView,
  ExplainedEventView,
  ExplainedRuleView,
  ExplanationView,
  RuleExplanationView,
} from './explain-views.ts'
export type { SchemaSummaryView, SchemaView } from './schema-views.ts'
export type { AuditFilter, AuditPageView, AuditRecordView } from './audit-calls.ts'
export type { OperationView, OperationWish } from './operation-calls.ts'
