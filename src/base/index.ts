export { systemClock, type Clock, type Timer } from './clock.ts'
export { seededRandom, systemRandom, type Random } from './random.ts'
export { createUuid } from './ids.ts'
export {
  AppError,
  assertNever,
  describeError,
  ERRORS,
  isAppError,
  type AppErrorOptions,
  type ErrorClass,
  type ErrorCode,
} from './errors.ts'
export { backoffDelayMs, type Backoff } from './backoff.ts'
export {
  characterNode,
  emitExpression,
  isPlace,
  type ExpressionInstruction,
  type ExpressionNode,
  type ExpressionPlace,
} from './expression-program.ts'
export { BoundedQueue } from './bounded-queue.ts'
export { crc32c } from './crc32c.ts'
export { LinkedSet, type Linked } from './linked-set.ts'
export { editDistance } from './edit-distance.ts'
export {
  createLogger,
  silentLogger,
  type LogDestination,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.ts'
export { channels, type Outcome } from './observe.ts'
export type {
  Audited,
  BreakerChanged,
  DeadLetterSent,
  DeliveriesSettled,
  DeliveryAttempted,
  DeliveryStep,
  EventChecked,
  EventsAccepted,
  EventStep,
  EventsRefused,
  EventsRouted,
  IngressDialect,
  LogSynced,
  PipeExecuted,
  RequestAnswered,
  ScheduleFired,
  SchedulesMissed,
  SourceChanged,
  SourceLagged,
  SourceRead,
  SpanEnded,
} from './observe.ts'
export { runWithin, TooLongError } from './run-within.ts'
export { formatSeconds } from './time.ts'
export { unlessAborted } from './unless-aborted.ts'
export { wait } from './wait.ts'
export {
  formatYaml,
  parseManifest,
  parseManifests,
  parseYaml,
  parseYamlDocument,
  YamlError,
} from './yaml.ts'
