export type { Explanation } from '../match/index.ts'
export { createControl, type Control } from './control.ts'
export type { BusView, NewBus } from './buses.ts'
export type { ApiDestinationChange, ApiDestinationView } from './api-destinations.ts'
export { type ConnectorKind, type ConnectorUses, createConnectorUses } from './connectors.ts'
export { type ConnectionView, viewConnection } from './connection-state.ts'
export type { ConnectionChange, ConnectionParts } from './connections.ts'
export { type BusAccess, createBusAccess } from './bus-access.ts'
export type { EventSources, EventSourceView } from './event-sources.ts'
export { BusLogs } from './bus-logs.ts'
export type { Declared, DeclaredUses } from './declared.ts'
export type { EndpointChange, EndpointRoute, EndpointView } from './endpoints.ts'
export { fault, faultOf, type Fault } from './faults.ts'
export { formatPolicy, type Permission } from './permissions.ts'
export type { RuleView } from './rules.ts'
export type { NewSchedule, ScheduleView } from './schedules.ts'
export type { ScheduleGroupView } from './schedule-groups.ts'
export { ScheduleKeeper } from './schedule-keeper.ts'
export { createTimetable, type Timetable, type TimetableEntry } from './timetable.ts'
export { tagSet, type Tag } from './tag-set.ts'
export type { NewTarget, TargetFailure } from './targets.ts'
export {
  createQueueUses,
  type MessageAttributes,
  type MoveTask,
  type OutgoingMessage,
  type Queue,
  type QueueMessage,
  type QueuePage,
  type QueueUses,
  type SentReceipt,
} from './queues.ts'
export { createTopicUses, TOPIC_RULE, topicBusKey, type TopicUses } from './topics.ts'
export {
  createSubscriptionUses,
  type SubscriptionUses,
  type TokenRequest,
} from './subscriptions.ts'
export { checkPublicationBatch, createTopicPublisher, type TopicPublisher } from './publications.ts'
export { type Publication, storeConfirmation } from './notification.ts'
export type { NotificationSigner, SignatureVersion, SignedText } from './notification-signature.ts'
export { createTopicSinkKind } from './topic-sink.ts'
export { createLetters, createSubscriptionSinkKind } from './subscription-sink.ts'
export {
  createPipeUses,
  type NewPipe,
  type PipeChange,
  type PipeUses,
  type PipeView,
} from './pipes.ts'
export { openPipeKeeper } from './pipe-keeper.ts'
export {
  createFunctionUses,
  type FunctionCatalogue,
  type FunctionConfiguration,
  type FunctionUses,
  type FunctionView,
} from './functions.ts'
export { openKindKeeper, type KindKeeper } from './kind-keeper.ts'
export { openQueueKeeper } from './queue-keeper.ts'
export { RulesetPublisher, type CurrentTarget, type PublisherOptions } from './publisher.ts'
export { createBusSinkKind, type BusSinkOptions } from './bus-sink.ts'
export type { DiscovererView } from './schema-discoverers.ts'
export type { RegistryView } from './schema-registries.ts'
export type { SchemaVersionView, SchemaView } from './schema-store.ts'
export { openSchemaKeeper, type SchemaKeeper } from './schema-keeper.ts'
export type { SchemaUses } from './schema-uses.ts'
export {
  openArchiveKeeper,
  type ArchiveKeeper,
  type ArchiveKeeperOptions,
} from './archive-keeper.ts'
export {
  ARCHIVE_STATE,
  createArchiveUses,
  type ArchiveReport,
  type ArchiveUses,
  type ArchiveView,
} from './archives.ts'
export { createReplayUses, type ReplayUses, type ReplayView } from './replays.ts'
