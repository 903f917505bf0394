// Every room behind the dialects, opened in the order of the table; and emptied: closed, their files removed, and
// opened again as on the first day.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { NatsHub } from './api/index.ts'
import { type ArchiveRoom, openArchiveRoom } from './app-archives.ts'
import { type Delivery, openDelivery } from './app-delivery.ts'
import { watchEndpointHealth } from './app-endpoint-health.ts'
import { Machines } from './app-machines.ts'
import { startMaintenance } from './app-maintenance.ts'
import { type CloudMetrics, openCloudMetrics } from './app-metrics.ts'
import { type AppOptions, Closers } from './app-options.ts'
import { openOperationRoom } from './app-operations.ts'
import type { Operations } from './operation/index.ts'
import { openPipes, type PipeRoom } from './app-pipes.ts'
import { showControllers } from './app-controllers.ts'
import { type JobRoom, openJobs, PODS_FOLDER } from './app-jobs.ts'
import { openKubeRooms } from './app-objects.ts'
import { openRoostRoom, type RoostRoom } from './app-roost.ts'
import { openSchedules, type Schedules } from './app-schedules.ts'
import { openLearning } from './app-schemas.ts'
import { openSources, type SourceRoom } from './app-sources.ts'
import { openWorkflowRoom } from './app-workflows.ts'
import { openWorkplace, tellClusterJobs } from './app-workplace.ts'
import type { Access } from './access/index.ts'
import type { KubeObjects } from './objects/index.ts'
import { openState, type State } from './app-state.ts'
import { openTriggerRoom, type TriggerRoom } from './app-triggers.ts'

export interface Rooms {
  readonly state: State
  readonly delivery: Delivery
  readonly pipes: PipeRoom
  readonly sources: SourceRoom
  readonly archives: ArchiveRoom
  readonly cloudMetrics: CloudMetrics
  readonly schedules: Schedules
  readonly objects: KubeObjects
  readonly jobs: JobRoom
  readonly access: Access
  readonly triggers: TriggerRoom
  readonly roost: RoostRoom
  readonly operations: Operations
  /** No source, no replay, no pipe and no schedule goes on; then what is under way ends, or becomes rows; then the cursor is committed. */
  drain(deadline: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface RoomsOptions extends AppOptions {
  /** Where this server can be called, once it listens. */
  readonly ownUrl: () => string | undefined
  /** Who subscribes at our own NATS listener. */
  readonly natsHub: NatsHub
}

/** What the rooms keep below the data directory. */
const FILES = [
  'log',
  'archives',
  'roost',
  'metrics.json',
  'store.db',
  'store.db-wal',
  'store.db-shm',
  PODS_FOLDER,
]

export async function openRooms(options: RoomsOptions): Promise<Rooms> {
  const closers = new Closers()
  try {
    const state = await openState(options, closers)
    const cloudMetrics = openCloudMetrics(options, closers)
    const { takeLine } = cloudMetrics
    const machines = new Machines()
    const delivery = await openDelivery({ ...options, takeLine, machines }, state, closers)
    watchEndpointHealth(
      options,
      { endpoints: state.control.endpoints, guard: state.outgoing.guard },
      closers,
    )
    await openLearning(options, state, closers)
    const pipes = await openPipes(options, state, { sinks: delivery.sinks, closers })
    const sources = await openSources(options, state, delivery, closers)
    const archives = await openArchiveRoom(options, { state, delivery }, closers)
    const schedules = await openSchedules(options, state, delivery, closers)
    const { objects, access } = await openKubeRooms(options, { state, archives }, closers)
    const { ingress } = delivery
    const jobs = await openJobs(options, { objects, ingress }, closers)
    const workplace = openWorkplace(options, { objects, access }, closers)
    const { rows } = state.store
    const { onJobEnded } = jobs
    const clusterJobs = await tellClusterJobs(options, { workplace, rows, onJobEnded }, closers)
    const loggerOf = await showControllers(options, { objects, output: jobs.output })
    const triggers = await openTriggerRoom(
      { ...options, logger: loggerOf('trigger') },
      { state, delivery, workplace },
      closers,
    )
    const roost = await openRoostRoom(options, { state, workplace }, closers)
    const workflows = await openWorkflowRoom(
      { ...options, logger: loggerOf('workflow') },
      { state, delivery, objects, machines },
      closers,
    )
    const operations = await openOperationRoom(options, { state, delivery, roost }, closers)
    const rooms: Rooms = {
      state,
      delivery,
      pipes,
      sources,
      archives,
      cloudMetrics,
      schedules,
      objects,
      jobs,
      access,
      roost,
      operations,
      triggers,
      async drain(deadline) {
        maintenance.cancel()
        await operations.close()
        workplace.leave()
        await clusterJobs.close()
        await jobs.close()
        await roost.close()
        await triggers.close()
        await sources.close()
        await schedules.close()
        await workflows.close()
        await archives.replays.close()
        await pipes.pipes.close(deadline)
        const { router, deliverer, ledger } = delivery
        await Promise.all([router.close(deadline), deliverer.close(deadline)])
        await ledger.close()
      },
      close: () => closers.close(),
    }
    const maintenance = startMaintenance(options, rooms)
    closers.add(() => maintenance.cancel())
    return rooms
  } catch (error) {
    await closers.close()
    throw error
  }
}

/** Takes the files of rooms that are closed. */
export function removeFiles(dataDir: string): void {
  for (const name of FILES) rmSync(join(dataDir, name), { recursive: true, force: true })
}
