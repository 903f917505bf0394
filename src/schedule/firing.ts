// A firing as an event of the log, and back: directed at the rule of its schedule, its time the occurrence's, its id
// made of both. What is in the log has fired, whatever else was lost in a crash.

import {
  type Directed,
  formatEnvelopeTime,
  type StoredEvent,
  storePutEvent,
} from '../event/index.ts'
import type { IncomingEvent } from '../ingress/index.ts'
import { type Firing, firingId } from './plan.ts'

export function encodeFiring(firing: Firing): IncomingEvent {
  const { plan, nominalMs, eventId } = firing
  const directed: Directed = { rules: [plan.key], matched: true }
  const { source, detailType, detail } = plan.event(firing)
  const record = storePutEvent({
    busKey: plan.busKey,
    account: plan.account,
    region: plan.region,
    id: eventId,
    source,
    detailType,
    time: formatEnvelopeTime(nominalMs),
    resources: [plan.arn],
    detail,
    directed,
  })
  return { id: eventId, busKey: plan.busKey, record }
}

export interface FiredOccurrence {
  readonly key: string
  readonly nominalMs: number
}

/** Which occurrence an event of the log is the firing of; undefined for any other, also one fired by hand. */
export function decodeFiring(event: StoredEvent): FiredOccurrence | undefined {
  if (!event.isDirected || event.isReplayed) return undefined
  const key = event.meta().directed?.rules[0]
  if (key === undefined) return undefined
  const nominalMs = Date.parse(event.toEvent().time)
  return event.id === firingId(key, nominalMs) ? { key, nominalMs } : undefined
}
