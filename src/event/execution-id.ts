// What tells one attempt to call a schedule's target from all others; EventBridge Scheduler's execution id.

import { createHash } from 'node:crypto'

export function executionId(eventId: string, attempt: number): string {
  return createHash('sha256').update(`${eventId}/${attempt}`).digest('hex').slice(0, 16)
}
