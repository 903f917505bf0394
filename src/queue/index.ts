export { queueFault, queueNotFound } from './fault.ts'
export { checkMessageAttributes, type MessageAttributes } from './message-attributes.ts'
export type { OutgoingMessage } from './outgoing.ts'
export type { QueueMessage } from './incoming.ts'
export type { LookedAt } from './looked-at.ts'
export type { QueueMessages, SentReceipt } from './queue-messages.ts'
export type { Queue } from './registry.ts'
export {
  allowsRedriveFrom,
  checkAttributes,
  mergeAttributes,
  parseRedrivePolicy,
  withDefaults,
  type QueueAttributes,
} from './settings.ts'
export { openQueues, type Queues } from './queues.ts'
export { createQueueSinkKind } from './queue-sink.ts'
export { createQueueSourceKind } from './queue-source.ts'
export { createDeadLetterSender, type SendDeadLetter } from './dead-letters.ts'
export { addPermission, removePermission, type QueuePermission } from './policy.ts'
export type { MoveTask, MoveTasks, NewMoveTask } from './move-tasks.ts'
