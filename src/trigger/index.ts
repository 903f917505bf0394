export { TRIGGERS_READER } from './event-follower.ts'
export type { NatsServer, NatsSettings } from './nats-settings.ts'
export { openTriggers, type Triggers, type TriggersOptions } from './triggers.ts'
