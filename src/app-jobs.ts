// Jobs of this server: their controller, the pods it runs, and the event that tells how each came to its end.

import { join } from 'node:path'
import type { AppOptions, Closers } from './app-options.ts'
import { cloudEventKey, type Event, formatBusKey, storeEvent } from './event/index.ts'
import type { Ingress } from './ingress/index.ts'
import {
  type Executor,
  JobController,
  type OnJobEnded,
  Podman,
  PodmanExecutor,
  PodFolders,
  PodOutput,
  PodRunner,
  ProcessExecutor,
} from './job/index.ts'
import { DEFAULT_ACCOUNT, DEFAULT_BUS } from './model/index.ts'
import type { KubeObjects } from './objects/index.ts'

const REGION = 'us-east-1'
const BUS = { account: DEFAULT_ACCOUNT, region: REGION, name: DEFAULT_BUS }
/** Below the data directory. */
export const PODS_FOLDER = 'pods'

export interface JobRoom {
  /** Tells the bus that a job came to its end. */
  readonly onJobEnded: OnJobEnded
  readonly output: PodOutput
  /** Starts nothing more; what can outlive this server does, the rest ends. */
  close(): Promise<void>
}

export async function openJobs(
  options: AppOptions,
  {
    objects,
    ingress,
  }: { readonly objects: KubeObjects; readonly ingress: Pick<Ingress, 'accept'> },
  closers: Closers,
): Promise<JobRoom> {
  const { config, clock, random } = options
  const logger = options.logger.child({ room: 'job' })
  const parts = { client: objects.client(), clock, random, logger }
  const folders = new PodFolders(join(config.dataDir, PODS_FOLDER))
  const output = new PodOutput(folders, clock)
  const onJobEnded = tellEnd(options, ingress)
  const jobs = new JobController({ ...parts, onJobEnded })
  // Whether podman works takes a while to find out; nobody else has to wait for that.
  const starting = openExecutors(options).then(async (executors) => {
    const runner = new PodRunner({ ...parts, executors, output, folders })
    await runner.start()
    await jobs.start()
    return runner
  })
  starting.catch(options.onFatal)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closing ??= starting.then(
      async (runner) => {
        await runner.close()
        await jobs.close()
      },
      () => undefined,
    ))
  closers.add(close)
  return { output, onJobEnded, close }
}

async function openExecutors({ config, env, clock, logger }: AppOptions): Promise<Executor[]> {
  const path = env['PATH'] ?? ''
  const processes = new ProcessExecutor({ programs: config.programs, path, clock })
  if (config.podman === 'off') return [processes]
  const podman = await Podman.probe({ path, home: env['HOME'] ?? '/' }, (reason) =>
    logger.debug('podman runs no images', { reason }),
  )
  if (podman === undefined) return [processes]
  return [processes, new PodmanExecutor({ podman, mayPull: config.podman === 'pull' })]
}

/** One event for each job, by its uid: told twice it is still one. */
function tellEnd({ clock }: AppOptions, ingress: Pick<Ingress, 'accept'>): OnJobEnded {
  return async ({ metadata }, { outcome, status }) => {
    const { name, namespace, uid, labels } = metadata
    const { conditions = [], succeeded = 0, failed = 0, startTime, completionTime } = status
    const end = conditions.at(-1)
    const event: Event = {
      id: `${uid}-${outcome}`,
      source: 'signalbox/jobs',
      type: `io.signalbox.job.${outcome}`,
      time: new Date(clock.now()).toISOString(),
      subject: `${namespace}/${name}`,
      extensions: {},
      data: Buffer.from(
        JSON.stringify({
          name,
          namespace,
          uid,
          labels,
          succeeded,
          failed,
          startTime,
          completionTime,
          reason: end?.reason,
          message: end?.message,
        }),
      ),
      bus: BUS,
      resources: [],
    }
    await ingress.accept('internal', [
      {
        id: event.id,
        busKey: formatBusKey(BUS),
        record: storeEvent(event),
        dedupeKey: cloudEventKey(event.source, event.id),
      },
    ])
  }
}
