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
  openPartOfSecrets,
  type ApiDestinationSpec,
  type Authorization,
  type ConnectionSecrets,
  type ConnectionSpec,
  type ConnectionStatus,
} from './connection-spec.ts'
export type { HttpParameter, HttpParameters } from './http-parameters.ts'
export { deliveryId, type Delivery } from './delivery.ts'
export type { BusRules, RoutedRule, Ruleset } from './ruleset.ts'
export {
  apiDestinationArn,
  busArn,
  connectionArn,
  DEFAULT_ACCOUNT,
  DEFAULT_BUS,
  functionArn,
  parseArn,
  queueArn,
  ruleArn,
  type Arn,
  type ArnScope,
} from './arn.ts'
export { encodeName, namespaceOf } from './names.ts'
export { validateSpec } from './validate.ts'
export type { Fault } from './fault-list.ts'
export { isTargetAddress, TARGET_ADDRESS_FORMS } from './address.ts'
