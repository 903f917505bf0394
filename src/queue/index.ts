export { queueFault, queueNotFound, type QueueFaultCode } from './fault.ts'
export type { MessageAttribute, MessageAttributes } from './message-attributes.ts'
export type { OutgoingMessage } from './outgoing.ts'
export type { AttributeSelection, QueueMessage } from './incoming.ts'
export type {
  QueueDeliveries,
  QueueMessages,
  ReceiveOptions,
  SendOutcome,
  SentReceipt,
  VisibilityChange,
} from './queue-messages.ts'
export { MODIFIED_ANNOTATION, type Queue, type QueueRegistry } from './registry.ts'
export {
  allowsRedriveFrom,
  checkAttributes,
  mergeAttributes,
  parseRedrivePolicy,
  withDefaults,
  type QueueAttributes,
  type QueueSettings,
  type RedrivePolicy,
} from './settings.ts'
export { openQueues, type Queues, type QueuesOptions } from './queues.ts'
export {
  createQueueSinkKind,
  type QueueDelivery,
  type QueueSink,
  type QueueSinkKind,
  type QueueSinkResult,
} from './queue-sink.ts'
export { createDeadLetterSender, type SendDeadLetter } from './dead-letters.ts'
