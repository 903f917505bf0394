// The types of events that leave and come, and how metrics call them.

export const LIFECYCLE_TYPES = {
  created: 'io.roost-keeper.roost.lifecycle.created',
  updated: 'io.roost-keeper.roost.lifecycle.updated',
  deleted: 'io.roost-keeper.roost.lifecycle.deleted',
  phase: 'io.roost-keeper.roost.phase.transitioned',
  health: 'io.roost-keeper.roost.health.changed',
  teardown: 'io.roost-keeper.roost.teardown.triggered',
} as const

export type LifecycleKind = keyof typeof LIFECYCLE_TYPES

export const TRIGGER_TYPES = {
  teardown: 'io.roost-keeper.trigger.teardown',
  scale: 'io.roost-keeper.trigger.scale',
  update: 'io.roost-keeper.trigger.update',
} as const

export type TriggerKind = keyof typeof TRIGGER_TYPES

/** `lifecycle.created` of `io.roost-keeper.roost.lifecycle.created`. */
export function shortType(type: string): string {
  return type.replace(/^io\.roost-keeper\./, '').replace(/^roost\./, '')
}

/** Undefined for what no trigger is called. */
export function triggerKindOf(type: string): TriggerKind | undefined {
  const found = Object.entries(TRIGGER_TYPES).find(([, one]) => one === type)
  return found?.[0] as TriggerKind | undefined
}
