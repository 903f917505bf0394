// What is seen to from time to time: what the log and the archives let go, old rulesets, old attempts, old replays.

import type { AppOptions } from './app-options.ts'
import type { Rooms } from './app-rooms.ts'
import { type Clock, describeError, type Logger, type Timer } from './base/index.ts'
import type { Cursor } from './log/index.ts'

/** How often, milliseconds. */
const MAINTENANCE_MS = 30_000

/** How long the attempt history is kept, milliseconds. */
const ATTEMPTS_KEPT_MS = 7 * 86_400_000

export function startMaintenance(options: AppOptions, rooms: Rooms): Timer {
  const { clock, logger } = options
  return repeat(clock, logger, () => tend(options, rooms))
}

async function tend({ config, clock }: AppOptions, rooms: Rooms): Promise<void> {
  const { state, delivery, pipes, archives, schedules } = rooms
  const { retentionAgeMs: ageMsMax, retentionSizeBytes: sizeBytesMax } = config.log
  const { router, deliverer, sinks } = delivery
  const kept = await keptFrom(rooms)
  schedules.tend()
  const generation = router.committedGeneration()
  // What the log lets go may not be needed again, also not by a cursor that a power cut takes back.
  await state.store.sync()
  await state.log.retain({ ageMsMax, sizeBytesMax }, kept)
  await state.publisher.forget(generation)
  await state.store.deliveries.pruneAttempts(clock.now() - ATTEMPTS_KEPT_MS)
  const targets = deliverer.lanes().map((lane) => lane.address)
  await sinks.keep(new Set([...targets, ...pipes.pipes.addresses()]))
  await archives.keeper.archives.tend(archives.replays.archives())
  await archives.replayUses.prune()
}

/** Before this the log may let go: every cursor has passed it, and no queue message lies there. */
async function keptFrom({ state, delivery, archives, triggers }: Rooms): Promise<Cursor> {
  const archived = archives.keeper.archives.committedCursor() ?? []
  const triggered = triggers.committedCursor() ?? []
  return Promise.all(
    delivery.router.committedCursor().map(async ({ partition, offset }) => {
      const oldest = await state.store.messages.oldestReference(partition)
      const archivedTo = archived.find((one) => one.partition === partition)?.offset
      const triggeredTo = triggered.find((one) => one.partition === partition)?.offset
      const others = [oldest, archivedTo, triggeredTo].filter((one) => one !== undefined)
      return { partition, offset: Math.min(offset, ...others) }
    }),
  )
}

function repeat(clock: Clock, logger: Logger, tendAll: () => Promise<void>): Timer {
  let isStopped = false
  let timer: Timer | undefined
  function schedule(): void {
    if (isStopped) return
    timer = clock.setTimer(MAINTENANCE_MS, () => {
      tendAll()
        .catch((error: unknown) => {
          if (!isStopped) logger.error('maintenance failed', { error: describeError(error) })
        })
        .finally(schedule)
    })
  }
  schedule()
  return {
    cancel() {
      isStopped = true
      timer?.cancel()
    },
  }
}
