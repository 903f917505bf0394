export { archiveOperations } from './aws/archive-operations.ts'
export { acceptAnyCredentials } from './aws/credentials.ts'
export { createAwsDialect, type RightQuestion } from './aws/dialect.ts'
export { eventOperations } from './aws/event-operations.ts'
export { pipeOperations } from './aws/pipe-operations.ts'
export { createPutEvents } from './aws/put-events.ts'
export { createPutPartnerEvents } from './aws/put-partner-events.ts'
export { schemasOperations } from './aws/schemas-operations.ts'
export { replayOperations } from './aws/replay-operations.ts'
export { schedulerOperations } from './aws/scheduler-operations.ts'
export { verifySignatures } from './aws/sigv4.ts'
export type { AwsOperation } from './aws/operation.ts'
export type { FunctionAnswer, InvokeFunction } from './aws/lambda-invoke.ts'
export { monitoringOperations } from './aws/monitoring-operations.ts'
export { lambdaOperations } from './aws/lambda-operations.ts'
export type { TellCall, TrailedCall } from './aws/call-trail.ts'
export { type SigningCertificates, signingCertificatePath } from './aws/signing-certificates.ts'
export { snsOperations, type SnsOperationsOptions } from './aws/sns-operations.ts'
export { sqsOperations } from './aws/sqs-operations.ts'
export { stsOperations } from './aws/sts-operations.ts'
export { createCloudEventsDialect } from './cloudevents/dialect.ts'
export { createQueryScope } from './cloudevents/scope.ts'
export { createConfluentDialect } from './confluent/dialect.ts'
export type { ConfluentRegistry, ConfluentVersion } from './confluent/deps.ts'
export type { Dialect, HttpRequest, HttpResponse } from './http/exchange.ts'
export type { AccessDeps } from './own/access.ts'
export type { OperationDeps, OperationQuery } from './own/operations.ts'
export type { AuditDeps } from './own/audit-routes.ts'
export type { FlowDeps } from './own/flows.ts'
export type { RoostDeps } from './own/roost.ts'
export { openHttpServer, type HttpServer, type ServerCertificate } from './http/server.ts'
export { createConsoleDialect } from './http/static.ts'
export type {
  BusView,
  DeliveryView,
  DeliveryViewQuery,
  DeadDeliveryChange,
  DeadDeliveryQuery,
  OwnApiDeps,
  PipeQuery,
  PipeStateView,
  RuleQuery,
  RuleView,
  SubscribeOptions,
  TailItem,
  EndpointView,
  MirrorWish,
} from './own/deps.ts'
export type {
  EventExplanation,
  ExplainedEvent,
  ExplainedRule,
  ExplainEventQuery,
  ExplainRuleQuery,
  RuleExplanation,
} from './own/explain-views.ts'
export type {
  ArchiveDeps,
  ArchivedEventList,
  ArchiveEventsRequest,
  ArchiveStateView,
  ReplayRequest,
  ReplayStateView,
} from './own/archive-views.ts'
export type { OwnSchemas, SchemaSummaryView, SchemaView } from './own/schema-views.ts'
export type { IssuedToken, KubeAccess, SubjectRules, TokenWish } from './kube/access.ts'
export { createKubeDialect } from './kube/dialect.ts'
export { encodeHeaders } from './nats/headers.ts'
export { NatsHub } from './nats/hub.ts'
export { openNatsListener, type NatsListener } from './nats/listener.ts'
export { openMetrics, type Metrics, type StateReading } from './own/metrics.ts'
export { createOperationsDialect } from './own/operations-dialect.ts'
export { createOwnDialect } from './own/own-dialect.ts'
export { formatReadings } from './own/registry.ts'
