// Whether an EventSource wants an event. Its fields are regular expressions of Go that match anywhere in the text, as
// upstream has them: `user-saved` wants `x-user-saved-2` too, and a dot is any character.

import { compileGoExpression } from '../transform/index.ts'
import type { EventSourceSpec, MessageCriteria } from './shapes.ts'
import type { ReceivedEvent } from './received-event.ts'

/** One of the criteria is enough; inside one, every field that is not empty must match. */
export function wants(
  { messagingMatchCriteria = [] }: EventSourceSpec,
  event: ReceivedEvent,
): boolean {
  return messagingMatchCriteria.some((criteria) => meets(criteria, event))
}

function meets(criteria: MessageCriteria, event: ReceivedEvent): boolean {
  const { subject, cloudEventSource, cloudEventType, cloudEventSubject } = criteria
  return (
    (isOpen(subject) || event.subjects.some((one) => matches(subject!, one))) &&
    matchesAttribute(cloudEventSource, event.source) &&
    matchesAttribute(cloudEventType, event.type) &&
    matchesAttribute(cloudEventSubject, event.subject)
  )
}

function isOpen(expression: string | undefined): boolean {
  return expression === undefined || expression === ''
}

function matchesAttribute(expression: string | undefined, value: string): boolean {
  return isOpen(expression) || matches(expression!, value)
}

/** An expression that is none matches nothing. */
function matches(expression: string, text: string): boolean {
  try {
    return compileGoExpression(expression).test(text)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
