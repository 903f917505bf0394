// Where controllers work: on the objects of this server, or on those of a real cluster that a kubeconfig names. They see
// the same client either way.

import type { AppOptions, Closers } from './app-options.ts'
import type { Access } from './access/index.ts'
import { type Clock, describeError, type Logger, wait } from './base/index.ts'
import { type Cluster, openCluster, readKubeconfig } from './cluster/index.ts'
import { JobEnds, type OnJobEnded, type ToldEnds } from './job/index.ts'
import type { KubeClient, KubeObjects, KubeType, KubeUser } from './objects/index.ts'
import { listAllRows, type RowStore } from './store/index.ts'

export interface Workplace {
  client(): KubeClient
  /** Acts as somebody, with no more rights than he has. */
  clientAs(user: KubeUser): KubeClient
  /** Undefined for a kind that is not served. */
  isNamespaced(type: KubeType): Promise<boolean | undefined> | boolean | undefined
  /** The cluster's URL, where it is one: it may be away for a while. */
  readonly server: string | undefined
  /** What is under way has a moment to end. */
  leave(): void
}

/** How long calls to a cluster have when this server stops, milliseconds. */
const LEAVE_MS = 3000
/** Between two attempts at first, and between two looks at a cluster at most, milliseconds. */
const AGAIN_MS_MIN = 1000
const LOOK_MS_MAX = 60_000
/** Rows of Jobs whose ends were told, by uid, and the one that says since when. */
const TOLD_KIND = 'ClusterJobEnd'
const SINCE_KIND = 'ClusterJobsSince'
const ROWS_NAMESPACE = 'cluster'

/** Throws `CONFIG_INVALID` for a kubeconfig that is none. */
export function openWorkplace(
  { config, env, clock, logger }: AppOptions,
  { objects, access }: { readonly objects: KubeObjects; readonly access: Access },
  closers: Closers,
): Workplace {
  const { kubeconfig, context } = config.kubernetes ?? {}
  if (kubeconfig === undefined)
    return {
      client: () => objects.client(),
      clientAs: (user) => objects.client(access.actorFor(user)),
      isNamespaced: (type) => objects.types.find(type)?.namespaced,
      server: undefined,
      leave: () => undefined,
    }
  const found = readKubeconfig(kubeconfig, context)
  const roomLogger = logger.child({ room: 'cluster' })
  const cluster = openCluster({ access: found, clock, logger: roomLogger, env })
  const stop = new AbortController()
  void greet(cluster, { clock, logger: roomLogger, signal: stop.signal, origin: found.origin })
  const end = (): void => {
    stop.abort()
    cluster.close()
  }
  closers.add(end)
  return {
    client: () => cluster.client(),
    clientAs: (user) => cluster.client(user),
    isNamespaced: (type) => cluster.isNamespaced(type),
    server: cluster.server,
    leave: () => void clock.setTimer(LEAVE_MS, end),
  }
}

/** The ends of a cluster's Jobs, told to the bus; nothing for this server's own, whose controller does it. */
export async function tellClusterJobs(
  { clock, logger }: AppOptions,
  parts: {
    readonly workplace: Workplace
    readonly rows: RowStore
    readonly onJobEnded: OnJobEnded
  },
  closers: Closers,
): Promise<{ close(): Promise<void> }> {
  const { workplace, rows, onJobEnded } = parts
  if (workplace.server === undefined) return { close: () => Promise.resolve() }
  const ends = new JobEnds({
    client: workplace.client(),
    clock,
    logger: logger.child({ room: 'job' }),
    told: await openToldEnds(rows, clock),
    onJobEnded,
  })
  ends.start()
  closers.add(() => ends.close())
  return ends
}

/** Says once that the cluster is there, and until then why not. */
async function greet(
  cluster: Cluster,
  how: {
    readonly clock: Clock
    readonly logger: Logger
    readonly signal: AbortSignal
    readonly origin: string
  },
): Promise<void> {
  const { clock, logger, signal, origin } = how
  const fields = { server: cluster.server, origin }
  const version = await persist(() => cluster.version(), {
    clock,
    signal,
    delayMsMax: LOOK_MS_MAX,
    onFailure: (failure) =>
      logger.warn('the cluster does not answer as it should', { ...fields, ...failure }),
  })
  if (version !== undefined) logger.info('controllers work on a cluster', { ...fields, version })
}

/** Again and again until it can be done, later each time; undefined when the signal aborts before. */
export async function persist<T>(
  attempt: () => Promise<T>,
  how: {
    readonly clock: Clock
    readonly signal: AbortSignal
    /** Between two attempts. */
    readonly delayMsMax: number
    readonly onFailure: (failure: { readonly error: string; readonly againMs: number }) => void
  },
): Promise<T | undefined> {
  const { clock, signal, delayMsMax, onFailure } = how
  for (let againMs = AGAIN_MS_MIN; !signal.aborted; againMs = Math.min(delayMsMax, againMs * 2)) {
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted) break
      onFailure({ error: describeError(error), againMs })
      await wait(clock, againMs, signal)
    }
  }
  return undefined
}

async function openToldEnds(rows: RowStore, clock: Clock): Promise<ToldEnds> {
  const keyOf = (name: string): { kind: string; namespace: string; name: string } => ({
    kind: TOLD_KIND,
    namespace: ROWS_NAMESPACE,
    name,
  })
  const first = { kind: SINCE_KIND, namespace: ROWS_NAMESPACE, name: 'first' }
  if ((await rows.get(first)) === undefined) {
    // Clusters tell times in seconds.
    const since = Math.floor(clock.now() / 1000) * 1000
    await rows.write([{ ...first, value: since }])
  }
  const since = (await rows.get(first))!.value as number
  const all = await listAllRows(rows, { kind: TOLD_KIND })
  return {
    since,
    uids: new Set(all.rows.map(({ name }) => name)),
    add: async (uid) => void (await rows.write([{ ...keyOf(uid), value: true }])),
    remove: async (uid) => void (await rows.write([keyOf(uid)])),
  }
}
