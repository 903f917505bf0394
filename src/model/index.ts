export { API_VERSION, type Metadata, type OwnerReference, type Resource } from './resource.ts'
export type {
  BusSpec,
  FunctionSpec,
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
  SUBSCRIPTION_PROTOCOLS,
  type SubscriptionProtocol,
  type SubscriptionSpec,
  type TopicSpec,
} from './topic-spec.ts'
export { deliveryId, type Delivery } from './delivery.ts'
export type { BusRules, RoutedRule, Ruleset } from './ruleset.ts'
export {
  busArn,
  DEFAULT_ACCOUNT,
  DEFAULT_BUS,
  functionArn,
  parseArn,
  queueArn,
  ruleArn,
  subscriptionArn,
  topicArn,
  type Arn,
  type ArnScope,
} from './arn.ts'
export { encodeName, namespaceOf } from './names.ts'
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
export { isTargetAddress, TARGET_ADDRESS_FORMS } from './address.ts'
