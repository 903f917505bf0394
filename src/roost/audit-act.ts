// What the audit log is told of the keeper's own acts: each event that it publishes, and each record that it consumes.

import { channels, isAppError } from '../base/index.ts'

export interface RoostAct {
  readonly action: 'publish' | 'consume'
  readonly topic: string
  /** The event's source, or where a record is that is none. */
  readonly from: string
  /** Empty where there is no event. */
  readonly eventId: string
  /** Why it was not done. */
  readonly error?: unknown
}

const KEEPER = 'system:roost-keeper'

export function auditAct({ action, topic, from, eventId, error }: RoostAct): void {
  if (!channels.audited.hasSubscribers) return
  channels.audited.publish({
    plane: 'data',
    action,
    who: KEEPER,
    from,
    on: `topics/${topic}`,
    result: error === undefined ? 'ok' : 'failed',
    ...(isAppError(error) ? { code: error.code } : {}),
    count: 1,
    ...(eventId === '' ? {} : { requestId: eventId }),
  })
}
