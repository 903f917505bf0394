// The input of a schedule's target: text in which a few names stand for facts of the firing, as EventBridge Scheduler
// has it. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html

import { executionId } from '../event/index.ts'

export interface FiringFacts {
  readonly scheduleArn: string
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly scheduledTime: string
  readonly eventId: string
  /** 1 is the first. */
  readonly attempt: number
}

const NAMES = /<aws\.scheduler\.(schedule-arn|scheduled-time|execution-id|attempt-number)>/g

/** The text with each name replaced; anything else in angle brackets stays. */
export function fillFiringText(text: string, facts: FiringFacts): string {
  return text.replace(NAMES, (_, name: string) => valueOf(name, facts))
}

function valueOf(name: string, facts: FiringFacts): string {
  switch (name) {
    case 'schedule-arn':
      return facts.scheduleArn
    case 'scheduled-time':
      return facts.scheduledTime
    case 'attempt-number':
      return String(facts.attempt)
    default:
      return executionId(facts.eventId, facts.attempt)
  }
}
