// The trigger room at work: its kinds are served, its controllers and its reader run, and what the Secret of NATS says is
// known to whoever subscribes.

import { type Clock, describeError, type Logger, type Random } from '../base/index.ts'
import {
  createOnce,
  Informer,
  installKinds,
  type KubeClient,
  type KubeObject,
} from '../objects/index.ts'
import { CRDS } from './crds.ts'
import type { IsNamespaced } from './deployer.ts'
import { EventFollower, type EventFollowerOptions } from './event-follower.ts'
import { EventTriage } from './event-triage.ts'
import { EVENT_TRIGGER } from './names.ts'
import {
  NO_SETTINGS,
  type NatsSettings,
  parseSettings,
  seededFor,
  seedSecret,
  type SeedSettings,
  SETTINGS_NAME,
  SETTINGS_NAMESPACE,
} from './nats-settings.ts'
import { ProfileController } from './profile-controller.ts'
import { Profiles } from './profiles.ts'
import { ResourceTriage } from './resource-triage.ts'
import { seedCluster } from './seed-cluster.ts'
import { TriggerController } from './trigger-controller.ts'

export interface TriggersOptions extends Pick<EventFollowerOptions, 'log' | 'cursors' | 'onFatal'> {
  readonly client: KubeClient
  readonly isNamespaced: IsNamespaced
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The Secret says something else than before. */
  readonly onSettings: (settings: NatsSettings) => void
  /** Ends the opening too, which may wait for a cluster that does not come. */
  readonly signal?: AbortSignal
}

export interface Triggers {
  /** Makes the Secret of NATS for a server, unless there is one that was not made here or was changed. */
  seedSettings(seed: SeedSettings): Promise<void>
  /** Before this the log may let go; undefined while nothing is read. */
  committedCursor(): ReturnType<EventFollower['committedCursor']>
  close(): Promise<void>
}

/** Resolves when everything that is there is known, or the signal aborted. */
export async function openTriggers(options: TriggersOptions): Promise<Triggers> {
  const { client, clock, logger, signal = new AbortController().signal } = options
  await installKinds({ client, clock, signal }, CRDS)
  await seedCluster(client)
  const profiles = new Profiles(client, clock)
  const triage: EventTriage = new EventTriage({
    ...options,
    profiles,
    onFault: (trigger) => triggers.look(trigger),
  })
  const triggers: TriggerController = new TriggerController({
    ...options,
    profiles,
    faultOf: (trigger, cluster) => triage.faultOf(trigger, cluster),
  })
  const deployments = new ProfileController(options)
  const resources = new ResourceTriage({ ...options, profiles })
  let settings = NO_SETTINGS
  const follower = new EventFollower({
    ...options,
    triage,
    subscriptions: () => subjectsOf(settings),
  })
  const present = new Map<string, KubeObject>()
  const wanted = new Informer({
    client,
    clock,
    logger,
    type: EVENT_TRIGGER,
    onChange(next, previous) {
      if (next === undefined) present.delete(previous!.metadata.name)
      else present.set(next.metadata.name, next)
      if (!isStarted) return
      follower.setWanted(earliest(present)).catch(options.onFatal)
    },
  })
  const settingsInformer = new Informer({
    client,
    clock,
    logger,
    type: { apiVersion: 'v1', kind: 'Secret' },
    namespace: SETTINGS_NAMESPACE,
    onChange(next, previous) {
      if ((next ?? previous)?.metadata.name !== SETTINGS_NAME) return
      settings = next === undefined ? NO_SETTINGS : readSettings(next, logger)
      options.onSettings(settings)
    },
  })
  let isStarted = false
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeAll())
  async function closeAll(): Promise<void> {
    await Promise.all([wanted.close(), settingsInformer.close(), follower.close()])
    await resources.close()
    await triggers.close()
    await deployments.close()
  }
  signal.addEventListener('abort', () => void close())
  await settingsInformer.start()
  await deployments.start()
  await triggers.start()
  await resources.start()
  await wanted.start()
  if (!signal.aborted) {
    await follower.start(earliest(present))
    isStarted = true
    // One may have come while the follower was started.
    await follower.setWanted(earliest(present))
  }
  // It may have been closed before it was started.
  if (signal.aborted) await Promise.all([close(), follower.close()])
  return {
    seedSettings: (seed) => seedSettings(client, seed),
    committedCursor: () => follower.committedCursor(),
    close,
  }
}

/** When the first of them was made, wall milliseconds. */
function earliest(triggers: ReadonlyMap<string, KubeObject>): number | undefined {
  const times = Array.from(triggers.values(), ({ metadata }) =>
    Date.parse(metadata.creationTimestamp ?? ''),
  ).filter((time) => !Number.isNaN(time))
  return times.length === 0 ? undefined : Math.min(...times)
}

function subjectsOf({ core, streams }: NatsSettings): readonly string[] {
  return [...(core?.subjects ?? []), ...streams.flatMap(({ subjects }) => subjects)]
}

function readSettings(secret: KubeObject, logger: Logger): NatsSettings {
  try {
    return parseSettings(secret)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const name = `${SETTINGS_NAMESPACE}/${SETTINGS_NAME}`
    logger.warn('the configuration of NATS is none', { secret: name, error: describeError(error) })
    return NO_SETTINGS
  }
}

async function seedSettings(client: KubeClient, seed: SeedSettings): Promise<void> {
  const secret = seedSecret(seed)
  const key = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: SETTINGS_NAMESPACE,
    name: SETTINGS_NAME,
  }
  const known = await client.get(key)
  if (known === undefined) await createOnce(client, secret)
  // Another port, or another server of the configuration than the last time.
  else if (seededFor(known) !== undefined) {
    const { annotations } = secret.metadata
    await client.patch(key, 'merge', {
      metadata: { annotations: { ...annotations } },
      data: secret['data'] as Record<string, string>,
    })
  }
}
