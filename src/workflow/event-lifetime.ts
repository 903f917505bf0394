// Events that nobody would take away, such as those that rules make, go some time after they have run. One that has made
// things stays: they would go with it.

import type { KubeObject } from '../objects/index.ts'
import { asText, valueAt } from './json-tree.ts'
import { readMade } from './made.ts'
import { CRON_ANNOTATION, TTL_ANNOTATION } from './names.ts'
import { statusOf } from './status.ts'
import { parseDuration } from './steps.ts'

/** What is wrong with the annotation; undefined when nothing is, or when there is none. */
export function lifetimeFault(annotations: Readonly<Record<string, string>>): string | undefined {
  const { [TTL_ANNOTATION]: lifetime, [CRON_ANNOTATION]: cron } = annotations
  if (lifetime === undefined) return undefined
  if (parseDuration(lifetime) === undefined)
    return `annotation ${TTL_ANNOTATION}: \`${lifetime}\` is no duration, such as \`30s\`, \`5m\`, \`1h\` or \`2d\`; the Event stays until it is deleted`
  if (cron !== undefined)
    return `annotation ${TTL_ANNOTATION}: \`${lifetime}\` means nothing beside ${CRON_ANNOTATION}: an Event with times has never run for the last time; take one of them away`
  return undefined
}

/** When it goes, wall milliseconds; undefined while it is not known, and for those that stay. */
export function goesAt(event: KubeObject, workflow: KubeObject | undefined): number | undefined {
  const lifetimeMs = parseDuration(event.metadata.annotations?.[TTL_ANNOTATION])
  if (lifetimeMs === undefined || workflow === undefined) return undefined
  const things = readMade(statusOf(workflow)['resources']).filter(({ kind }) => kind !== 'Job')
  const endedAt = Date.parse(asText(valueAt(workflow, ['status', 'atProvider', 'completionTime'])))
  return things.length > 0 || Number.isNaN(endedAt) ? undefined : endedAt + lifetimeMs
}
