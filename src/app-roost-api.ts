// The roost keeper as our own API shows and drives it.

import type { RoostDeps } from './api/index.ts'
import type { RoostRoom } from './app-roost.ts'
import { AppError } from './base/index.ts'
import type { RoostEvents } from './roost/index.ts'

const NO_LETTERS = { count: 0, held: 0, byType: {} }

export function createRoostDeps(room: Pick<RoostRoom, 'current' | 'fault'>): RoostDeps {
  const keeper = (): RoostEvents => {
    const current = room.current()
    if (current !== undefined) return current
    const why = room.fault() ?? '`events.enabled` is not set'
    throw new AppError('RESOURCE_NOT_FOUND', `no roost keeper runs: ${why}`)
  }
  return {
    state() {
      const fault = room.fault()
      const faults = fault === undefined ? [] : [fault]
      const health = room.current()?.health()
      if (health === undefined) {
        const nothing = { pending: 0, lag: {}, deadLetters: NO_LETTERS }
        return { status: 'stopped', reasons: faults, breaker: 'closed', ...nothing }
      }
      const { status, reasons, breaker, pending, lag, deadLetters } = health
      return { status, reasons: [...faults, ...reasons], breaker, pending, lag, deadLetters }
    },
    listLetters: () => keeper().deadLetters.list(),
    redrive: async (query) => keeper().deadLetters.redrive(query),
    purge: async (query) => ({ purged: await keeper().deadLetters.purge(query) }),
    resetBreaker: () => keeper().resetBreaker(),
    replay: async (query) => keeper().replay(query),
  }
}
