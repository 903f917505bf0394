// What the workflow room calls things on objects.

import { createHash } from 'node:crypto'

export const GROUP = 'elemental.aws.livewyer.io'
export const API_VERSION: string = `${GROUP}/v1alpha1`

export const EVENT_LABEL: string = `${GROUP}/event`
export const WORKFLOW_LABEL: string = `${GROUP}/workflow`
export const TEMPLATE_LABEL: string = `${GROUP}/template`

export const FINALIZER: string = `${GROUP}/cleanup`
/** Asks a workflow to end where it is, and to go on from what failed; the value is new with each wish. */
export const CANCEL_ANNOTATION: string = `${GROUP}/cancel`
export const RETRY_ANNOTATION: string = `${GROUP}/retry`
/** The hash of what was last applied to an object of a workflow. */
export const APPLIED_ANNOTATION: string = `${GROUP}/applied`
/** How long an Event stays after it has run: `1h`. */
export const TTL_ANNOTATION: string = `${GROUP}/ttl`
export const CRON_ANNOTATION = 'schedule.cron'
export const ZONE_ANNOTATION = 'schedule.timezone'

const LABEL_LENGTH_MAX = 63
const HASH_LENGTH = 8

/** A name as a label's value: those that are too long end in a hash. */
export function labelOf(name: string): string {
  if (name.length <= LABEL_LENGTH_MAX) return name
  return `${name.slice(0, LABEL_LENGTH_MAX - HASH_LENGTH - 1)}-${hashOf(name).slice(0, HASH_LENGTH)}`
}

/** 32 hexadecimal digits, the same for the same value. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)
}
