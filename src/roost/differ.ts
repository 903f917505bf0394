// What happened to a roost between two looks at it, as the events that tell of it. Pure: the same two looks give the
// same events, and a roost that is looked at twice gives none.

import type { LifecycleKind } from './event-types.ts'
import type { RoostView } from './roost-view.ts'

export interface RoostChange {
  readonly kind: LifecycleKind
  readonly roost: RoostView
  /** What is told beside the roost and its chart. */
  readonly data: Readonly<Record<string, unknown>>
}

/** In the order in which they are told. `undefined` is a roost that is not there. */
export function diffRoosts(
  before: RoostView | undefined,
  after: RoostView | undefined,
): readonly RoostChange[] {
  if (after === undefined) return before === undefined ? [] : [deleted(before)]
  // The same name, another roost.
  if (before !== undefined && before.uid !== after.uid)
    return [deleted(before), ...diffRoosts(undefined, after)]
  if (before === undefined) return [created(after), ...teardownOf(undefined, after)]
  return [
    ...updateOf(before, after),
    ...phaseOf(before, after),
    ...healthOf(before, after),
    ...teardownOf(before, after),
  ]
}

/** What is remembered behind the events of a look. */
export function rememberRoost(before: RoostView | undefined, after: RoostView): RoostView {
  const isSame = before?.uid === after.uid
  return { ...after, isTornDown: (isSame && before.isTornDown) || isTearingDown(after) }
}

function created(roost: RoostView): RoostChange {
  const { phase, health } = roost
  return {
    kind: 'created',
    roost,
    data: {
      ...(phase === undefined ? {} : { phase }),
      ...(health === undefined ? {} : { health }),
    },
  }
}

function deleted(roost: RoostView): RoostChange {
  const { phase } = roost
  return { kind: 'deleted', roost, data: phase === undefined ? {} : { previousPhase: phase } }
}

function updateOf(before: RoostView, after: RoostView): readonly RoostChange[] {
  const names = new Set([...Object.keys(before.digests), ...Object.keys(after.digests)])
  const changed = [...names].filter((name) => before.digests[name] !== after.digests[name]).sort()
  if (changed.length === 0) return []
  const previous = Object.fromEntries(
    changed.map((name) => [name, valueOf(before, name)]).filter(([, value]) => value !== undefined),
  ) as Record<string, unknown>
  return [{ kind: 'updated', roost: after, data: { changed, previous } }]
}

/** Undefined for what is not told. */
function valueOf(roost: RoostView, name: string): unknown {
  switch (name) {
    case 'chart.name':
      return roost.chart.name
    case 'chart.version':
      return roost.chart.version
    case 'chart.repository':
      return roost.chart.repository
    case 'replicas':
      return roost.replicas
    default:
      return undefined
  }
}

function phaseOf(before: RoostView, after: RoostView): readonly RoostChange[] {
  if (before.phase === after.phase || after.phase === undefined) return []
  const data = {
    phase: after.phase,
    previousPhase: before.phase ?? '',
    ...(after.error === undefined ? {} : { error: after.error }),
  }
  return [{ kind: 'phase', roost: after, data }]
}

/** What nobody has looked at yet. */
const UNKNOWN = 'unknown'

function healthOf(before: RoostView, after: RoostView): readonly RoostChange[] {
  const { health: previousHealth = UNKNOWN } = before
  if (after.health === undefined || after.health === previousHealth) return []
  const data = { health: after.health, previousHealth }
  return [{ kind: 'health', roost: after, data }]
}

/** Once for each roost, whoever began it. */
function teardownOf(before: RoostView | undefined, after: RoostView): readonly RoostChange[] {
  if (before?.isTornDown === true || !isTearingDown(after)) return []
  const reason = after.isDeleting ? 'the roost was asked to go' : 'the roost is in its teardown'
  return [{ kind: 'teardown', roost: after, data: { reason } }]
}

function isTearingDown({ isDeleting, phase }: RoostView): boolean {
  return isDeleting || phase === 'TearingDown'
}
