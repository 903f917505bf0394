// Events that nobody would take away, such as those that rules make, go some time after they have run. One that has made
// things stays: they would go with it.

import type { KubeObject } from '../objects/index.ts'
import { asText, valueAt } from './json-tree.ts'
import { readMade } from './made.ts'
import { TTL_ANNOTATION } from './names.ts'
import { statusOf } from './status.ts'
import { parseDuration } from './steps.ts'

/** When it goes, wall milliseconds; undefined while it is not known, and for those that stay. */
export function goesAt(event: KubeObject, workflow: KubeObject | undefined): number | undefined {
  const lifetimeMs = parseDuration(event.metadata.annotations?.[TTL_ANNOTATION])
  if (lifetimeMs === undefined || workflow === undefined) return undefined
  const things = readMade(statusOf(workflow)['resources']).filter(({ kind }) => kind !== 'Job')
  const endedAt = Date.parse(asText(valueAt(workflow, ['status', 'atProvider', 'completionTime'])))
  return things.length > 0 || Number.isNaN(endedAt) ? undefined : endedAt + lifetimeMs
}
