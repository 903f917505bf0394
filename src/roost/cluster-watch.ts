// Sees that the topics are there, for as long as it takes, and from then on every so often that the cluster is.

import {
  backoffDelayMs,
  type Clock,
  describeError,
  isAppError,
  type Logger,
  type Random,
  wait,
  unlessAborted,
} from '../base/index.ts'
import {
  type BrokerAccess,
  type KafkaAdmin,
  openKafkaAdmin,
  type WantedTopic,
} from '../connect/index.ts'
import { RECONNECT } from './limits.ts'
import type { RoostSettings } from './settings.ts'

export interface ClusterWatchOptions {
  readonly access: BrokerAccess
  readonly settings: RoostSettings
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export class ClusterWatch {
  readonly #options: ClusterWatchOptions
  readonly #stop = new AbortController()
  readonly #ready = Promise.withResolvers<void>()
  readonly #tried = Promise.withResolvers<void>()
  #fault: string | undefined = 'the cluster was not reached yet'
  #loop: Promise<void> = Promise.resolve()

  constructor(options: ClusterWatchOptions) {
    this.#options = options
    this.#tried.promise.catch(() => {})
  }

  /**
   * Resolves when the topics are there, or the cluster could not be reached, which is tried on. Rejects
   * `CONFIG_INVALID` when it cannot be as the configuration asks.
   */
  start(): Promise<void> {
    this.#loop = this.#run()
    return this.#tried.promise
  }

  /** Resolves when the topics are there, or the keeper stops. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Why the cluster cannot be used; undefined when it can. */
  get fault(): string | undefined {
    return this.#fault
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#ready.resolve()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { clock, random, logger, settings } = this.#options
    const { signal } = this.#stop
    const { keepAlive } = settings.kafka.connection
    let failures = 0
    while (!signal.aborted) {
      try {
        await unlessAborted(this.#ensure(), signal)
        if (signal.aborted) return
        this.#fault = undefined
        failures = 0
        this.#ready.resolve()
        this.#tried.resolve()
        if (keepAlive === 0) return
        await wait(clock, keepAlive, signal)
      } catch (error) {
        failures += 1
        this.#fault = describeError(error)
        if (isAppError(error, 'CONFIG_INVALID')) this.#tried.reject(error)
        else this.#tried.resolve()
        const delayMs = backoffDelayMs(RECONNECT, failures, random)
        logger.warn('Kafka is not as it should be', {
          error: this.#fault,
          againMs: Math.round(delayMs),
        })
        await wait(clock, delayMs, signal)
      }
    }
  }

  async #ensure(): Promise<void> {
    const { access, settings, logger } = this.#options
    const { retryBackoff, maxRetries } = settings.kafka.connection
    const client = { retries: maxRetries, retryDelayMs: retryBackoff }
    const admin: KafkaAdmin = await openKafkaAdmin({ ...access, client })
    try {
      const wanted = settings.topics.autoCreate ? wantedTopics(settings) : []
      const made = await admin.ensureTopics(wanted)
      for (const topic of made) logger.info('Topic was made', { topic })
    } finally {
      await admin.close()
    }
  }
}

function wantedTopics({ topics }: RoostSettings): readonly WantedTopic[] {
  const { defaultPartitions, replicationFactor, retentionMs } = topics
  const how = { partitions: defaultPartitions, replicas: replicationFactor, retentionMs }
  return [topics.lifecycle, topics.triggers].map((name) => ({ name, ...how }))
}
