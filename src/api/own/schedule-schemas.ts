// The schemas of what fires by the clock, for the OpenAPI document.

import { type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'

export const SCHEDULE_SCHEMAS: Readonly<Record<string, Json>> = {
  Schedule: object(
    {
      arn: TEXT,
      kind: { type: 'string', enum: ['rule', 'schedule'] },
      name: TEXT,
      account: TEXT,
      region: TEXT,
      state: { type: 'string', enum: ['ENABLED', 'DISABLED'] },
      expression: TEXT,
      timezone: TEXT,
      meaning: { type: 'string', description: 'the expression in English' },
      nextAt: MILLISECONDS,
    },
    ['nextAt'],
  ),
  ScheduleList: list('Schedule'),
  Occurrences: object({ occurrences: { type: 'array', items: MILLISECONDS } }),
  Triggered: object({ eventId: TEXT }),
}
