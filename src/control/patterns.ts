// The use cases of patterns that no rule has yet.

import { matchesPattern, parsePattern } from '../match/index.ts'
import { fault } from './faults.ts'

const REQUIRED_FIELDS = ['id', 'account', 'source', 'time', 'region', 'detail-type']

/** Whether a pattern matches an event, both as JSON text; the event must be a whole envelope. */
export function testPattern(pattern: string, event: string): boolean {
  const parsed = parsePattern(pattern)
  checkEnvelope(event)
  return matchesPattern(parsed, Buffer.from(event))
}

function checkEnvelope(event: string): void {
  let value: unknown
  try {
    value = JSON.parse(event)
  } catch (error) {
    throw fault('event-not-valid', {}, error)
  }
  const isEnvelope =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    REQUIRED_FIELDS.every((name) => Object.hasOwn(value, name))
  if (!isEnvelope) throw fault('event-not-valid')
}
