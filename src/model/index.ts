export { API_VERSION, type Metadata, type OwnerReference, type Resource } from './resource.ts'
export {
  SCHEMA_VERSIONS_MAX,
  type CodeBindingSpec,
  type SchemaDiscovererSpec,
  type SchemaRegistrySpec,
  type SchemaSpec,
  type SchemaType,
  type SchemaVersionEntry,
  type SchemaVersionSpec,
} from './schema-spec.ts'
export type {
  BusSpec,
  BusValidation,
  Kind,
  QueueSpec,
  ResourceOf,
  RetryPolicy,
  RuleSpec,
  Scope,
  SpecByKind,
  Tags,
  Target,
  TargetInput,
} from './kinds.ts'
export {
  openPartOfSecrets,
  type ApiDestinationSpec,
  type Authorization,
  type ConnectionSecrets,
  type ConnectionSpec,
  type ConnectionStatus,
} from './connection-spec.ts'
export {
  type BrokerProducer,
  type BrokerSecurity,
  type BrokerSpec,
  LOCAL_BROKER,
  type BrokerTls,
  type SecretRef,
} from './broker-spec.ts'
export type { SourceCondition, SourceMapping, SourceSpec, SourceStatus } from './source-spec.ts'
export type { EndpointSpec, EndpointStatus } from './endpoint-spec.ts'
export type { HttpParameter, HttpParameters } from './http-parameters.ts'
export {
  SUBSCRIPTION_PROTOCOLS,
  type SubscriptionProtocol,
  type SubscriptionSpec,
  type TopicSpec,
} from './topic-spec.ts'
export type {
  PipeEnrichmentParameters,
  PipeHttpParameters,
  PipeLogConfiguration,
  PipeLogLevel,
  PipeSourceParameters,
  PipeSpec,
  PipeTargetParameters,
} from './pipe-spec.ts'
export type { FunctionSettingsSpec, FunctionSpec, LambdaDetails } from './function-spec.ts'
export type { ScheduleGroupSpec, ScheduleSpec, ScheduleTarget } from './schedule-spec.ts'
export { judgePolicy, type PolicyStatement } from './bus-policy.ts'
export { deliveryId, type Delivery } from './delivery.ts'
export type { BusRules, RoutedRule, Ruleset } from './ruleset.ts'
export { ARCHIVE_MANAGER, type ArchiveSpec } from './archive-spec.ts'
export type { ReplaySpec } from './replay-spec.ts'
export {
  apiDestinationArn,
  archiveArn,
  busArn,
  connectionArn,
  endpointArn,
  DEFAULT_ACCOUNT,
  DEFAULT_BUS,
  functionArn,
  parseArn,
  pipeArn,
  queueArn,
  schemasArn,
  replayArn,
  ruleArn,
  subscriptionArn,
  topicArn,
  scheduleArn,
  scheduleGroupArn,
  type Arn,
  type ArnScope,
} from './arn.ts'
export { accountOf, decodeName, encodeName, namespaceOf } from './names.ts'
export {
  FIRST_VERSION,
  isInRange,
  nextVersion,
  parseVersion,
  parseVersionRange,
  type ChangeLevel,
  type VersionRange,
} from './semantic-version.ts'
export { validateSpec } from './validate.ts'
export type { Fault } from './fault-list.ts'
export {
  isTargetAddress,
  type NatsSourceAddress,
  parseBrokerAddress,
  parseNatsSource,
  TARGET_ADDRESS_FORMS,
  type BrokerAddress,
} from './address.ts'
