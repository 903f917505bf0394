// Partner event sources as stored: in the account they are offered to, by region and name. One that nobody took up
// for two weeks counts as gone.

import { encodeName, namespaceOf, type ResourceOf, type Scope } from '../model/index.ts'
import { EVENT_SOURCE_PENDING_SECONDS_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { type ControlParts, retryConflicts, withSpec } from './resources.ts'

export type EventSource = ResourceOf<'EventSource'>
export type EventSourceState = EventSource['spec']['state']

export async function getEventSource(
  parts: ControlParts,
  scope: Scope,
  name: string,
): Promise<EventSource | undefined> {
  const source = await parts.resources.get('EventSource', eventSourceKeyOf(scope, name))
  return source === undefined || isExpired(parts, source) ? undefined : source
}

export function isExpired({ clock }: ControlParts, { spec }: EventSource): boolean {
  const ageSeconds = clock.now() / 1000 - spec.stateSince
  return spec.state === 'PENDING' && ageSeconds > EVENT_SOURCE_PENDING_SECONDS_MAX
}

/** Nothing happens when it is gone by now. */
export async function setEventSourceState(
  parts: ControlParts,
  scope: Scope,
  name: string,
  state: EventSourceState,
): Promise<void> {
  await retryConflicts(async () => {
    const stored = await parts.resources.get('EventSource', eventSourceKeyOf(scope, name))
    if (stored === undefined || stored.spec.state === state) return
    const stateSince = Math.floor(parts.clock.now() / 1000)
    const spec = { ...stored.spec, state, stateSince }
    await parts.resources.update('EventSource', withSpec(parts, stored, spec))
  })
}

export function eventSourceKeyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}
