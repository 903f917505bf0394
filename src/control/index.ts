export { createControl, type Control, type ControlOptions } from './control.ts'
export type { Buses, BusFilter, BusSettings, BusView, NewBus } from './buses.ts'
export { fault, faultOf, type Fault, type FaultDetails } from './faults.ts'
export { resolveBusName } from './names.ts'
export type { Page, PageRequest } from './page.ts'
export {
  formatPolicy,
  type Permission,
  type Permissions,
  type PermissionStatement,
} from './permissions.ts'
export {
  MODIFIED_ANNOTATION,
  type Publisher,
  type ResourceClient,
  type ResourceDraft,
  type ResourcePage,
  type ResourceQuery,
} from './resources.ts'
export type { NewRule, RuleFilter, RuleName, Rules, RuleView, TargetFilter } from './rules.ts'
export { tagSet, type Tag } from './tag-set.ts'
export type { TagUses } from './tags.ts'
export type { NewTarget, TargetFailure, Targets } from './targets.ts'
export {
  createQueueUses,
  type MessageAttributes,
  type OutgoingMessage,
  type Queue,
  type QueueMessage,
  type QueuePage,
  type QueueUses,
  type SentReceipt,
} from './queues.ts'
export { openQueueKeeper } from './queue-keeper.ts'
export { RulesetPublisher, type CurrentTarget, type PublisherOptions } from './publisher.ts'
export { createBusSinkKind, type BusSinkOptions } from './bus-sink.ts'
