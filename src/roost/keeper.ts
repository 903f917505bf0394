// The keeper's parts put together.
//
//   created ──start()──▶ running ──stop()──▶ stopped

import { join } from 'node:path'
import {
  AppError,
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  wait,
} from '../base/index.ts'
import {
  type BrokerAccess,
  createGuard,
  type KafkaProducer,
  openDirectoryBlobs,
  readKafkaRange,
} from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import type { KubeObject } from '../objects/index.ts'
import { ClusterWatch } from './cluster-watch.ts'
import type { DeadLetter, DeadLetters, LetterStats } from './dead-letters.ts'
import type { RoostChange } from './differ.ts'
import { EventBreaker } from './event-breaker.ts'
import { EventHandling, type HandleEvent } from './event-handling.ts'
import { accessTo, openProducer, openReader } from './kafka-link.ts'
import { createCheck, openKeepersStorages } from './keeper-storages.ts'
import { createKubeSecrets, createReveal } from './kube-secrets.ts'
import { LetterRounds } from './letter-rounds.ts'
import { STOP_MS } from './limits.ts'
import { eventOfChange } from './lifecycle-event.ts'
import { installManagedRoost } from './managed-roost.ts'
import { ObeyedEvents } from './obeyed-events.ts'
import { EventPublisher, type Published } from './publisher.ts'
import { eventOfRecord } from './record-event.ts'
import type { Recordings } from './recordings.ts'
import { replayEvents, type ReplayQuery, type ReplayResult } from './replays.ts'
import { RoostBook } from './roost-book.ts'
import type { EventManagerOptions, RoostEvents, RoostHealth } from './roost-events.ts'
import { RoostMetrics } from './roost-metrics.ts'
import { RoostWatcher } from './roost-watcher.ts'
import type { RoostSettings } from './settings.ts'
import { createBlobShelf, createMemoryShelf, type Shelf } from './shelf.ts'
import { told, toldCreated, toldDeleted, toldUpdated } from './told-changes.ts'
import { TopicConsumer } from './topic-consumer.ts'
import { TriggerActions } from './trigger-actions.ts'
import { parseTrigger } from './trigger.ts'

const NO_LETTERS: LetterStats = { count: 0, held: 0, byType: {} }

export class Keeper implements RoostEvents {
  readonly settings: RoostSettings
  readonly logger: Logger
  readonly #options: EventManagerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #metrics = new RoostMetrics()
  readonly #breaker: EventBreaker
  readonly #access: BrokerAccess
  readonly #letters: DeadLetters | undefined
  readonly #recordings: Recordings | undefined
  readonly #rounds: LetterRounds | undefined
  readonly #producer: KafkaProducer
  readonly #publisher: EventPublisher
  readonly #handling: EventHandling
  readonly #cluster: ClusterWatch
  readonly #book: RoostBook
  readonly #watcher: RoostWatcher
  readonly #obeyed: ObeyedEvents
  readonly #consumers = new Map<string, TopicConsumer>()
  readonly #stop = new AbortController()
  #occasions = 0
  #state: 'created' | 'running' | 'stopped' = 'created'
  /** Roosts are watched and triggers are read: from here on nothing that happens is missed. */
  #hasBegun = false

  constructor(settings: RoostSettings, options: EventManagerOptions) {
    const { clock = systemClock, random = systemRandom, logger = silentLogger } = options
    const { kube, dataDir, namespace = 'default', readSecret, onSpan = () => {} } = options
    this.settings = settings
    this.logger = logger
    this.#options = options
    this.#clock = clock
    this.#random = random
    const guard = options.guard ?? createGuard({ mode: 'dev', allow: [], clock })
    const reveal = createReveal([
      createKubeSecrets(kube, namespace),
      ...(readSecret === undefined ? [] : [readSecret]),
    ])
    this.#access = accessTo(settings.kafka, reveal)
    this.#breaker = new EventBreaker(clock, settings.circuitBreaker, (state) =>
      logger.warn('Circuit breaker changed', { state }),
    )
    const parts = { settings, options, reveal, guard, clock, random, logger }
    const { letters, recordings } = openKeepersStorages(parts)
    this.#letters = letters
    this.#recordings = recordings
    const ways = { settings, letters, metrics: this.#metrics, clock, random, logger, onSpan }
    this.#producer = openProducer(this.#access, settings.kafka, clock)
    this.#publisher = new EventPublisher({
      ...ways,
      producer: this.#producer,
      breaker: this.#breaker,
      recordings,
      check: createCheck(parts),
    })
    this.#handling = new EventHandling(ways)
    this.#cluster = new ClusterWatch({ access: this.#access, settings, clock, random, logger })
    const shelves = dataDir === undefined ? undefined : openDirectoryBlobs(join(dataDir, 'state'))
    const shelf = (folder: string): Shelf =>
      shelves === undefined ? createMemoryShelf() : createBlobShelf(shelves, folder)
    this.#book = new RoostBook({
      shelf: options.seen ?? shelf('seen'),
      publish: (event, signal) => this.#publishWhenReady(event, signal),
      extensionNames: settings.extensionNames,
      clock,
      logger,
    })
    this.#watcher = new RoostWatcher({ kube, book: this.#book, clock, logger })
    this.#obeyed = new ObeyedEvents(options.obeyed ?? shelf('obeyed'), clock)
    this.#rounds = letters === undefined ? undefined : this.#createRounds(letters)
  }

  async start(): Promise<void> {
    if (this.#state !== 'created')
      throw new AppError('REQUEST_INVALID', `the keeper is ${this.#state}`)
    if (!this.settings.enabled) {
      this.logger.info('events are off: `enabled` is `false`')
      return
    }
    this.#state = 'running'
    try {
      await this.#begin()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.logger.info('events are on', { brokers: this.settings.kafka.brokers })
  }

  async #begin(): Promise<void> {
    const { watch = true, obeyTriggers = true, kube } = this.#options
    await this.#letters?.refresh()
    await this.#cluster.start()
    if (watch) {
      await installManagedRoost({ client: kube, clock: this.#clock, signal: this.#stop.signal })
      await this.#book.load()
      await this.#watcher.start()
    }
    // It may have been stopped while it waited for a cluster.
    if (this.#stop.signal.aborted) return
    if (obeyTriggers) {
      await this.#obeyed.load()
      this.subscribe(this.settings.topics.triggers, this.#createObeying())
    }
    for (const topic of this.#handling.topics) this.#consume(topic)
    this.#rounds?.start()
    this.#hasBegun = true
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#stop.abort()
    await this.#watcher.close()
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.close()))
    await this.#rounds?.close()
    const closing = this.#book.close()
    await this.#cluster.close()
    await closing
    // A cluster that is gone is not waited for: what is not out is on the disk.
    const { signal: never } = new AbortController()
    await Promise.race([this.#producer.close(), wait(this.#clock, STOP_MS, never)])
    await this.#recordings?.close()
    await this.#letters?.close()
  }

  publishRoostCreated(roost: KubeObject): Promise<Published> {
    return this.#tell(toldCreated(roost))
  }

  publishRoostUpdated(roost: KubeObject, previous?: KubeObject): Promise<Published> {
    return this.#tell(toldUpdated(roost, previous))
  }

  publishRoostDeleted(roost: KubeObject): Promise<Published> {
    return this.#tell(toldDeleted(roost))
  }

  publishRoostPhaseTransition(roost: KubeObject, from: string, to: string): Promise<Published> {
    return this.#tell(told('phase', roost, { phase: to, previousPhase: from }))
  }

  publishRoostHealthChanged(
    roost: KubeObject,
    health: string,
    previousHealth: string = 'unknown',
  ): Promise<Published> {
    return this.#tell(told('health', roost, { health, previousHealth }))
  }

  publishRoostTeardownTriggered(roost: KubeObject, reason: string): Promise<Published> {
    return this.#tell(told('teardown', roost, { reason }))
  }

  async publish(event: Event, topic?: string): Promise<Published> {
    const { signal } = this.#stop
    return this.#publisher.publish(event, {
      signal,
      whenOpen: 'refuse',
      ...(topic === undefined ? {} : { topic }),
    })
  }

  subscribe(topic: string, handle: HandleEvent): () => void {
    const unsubscribe = this.#handling.subscribe(topic, handle)
    if (this.#state === 'running') this.#consume(topic)
    return unsubscribe
  }

  replay(query: ReplayQuery = {}): Promise<ReplayResult> {
    const { topics } = this.settings
    return replayEvents(
      {
        settings: this.settings,
        read: (from, to, signal) =>
          this.#recordings?.read(from, to) ??
          readKafkaRange({
            ...this.#access,
            topic: topics.lifecycle,
            from,
            to,
            random: this.#random,
            signal,
          }),
        publish: (event, topic = topics.lifecycle, signal) =>
          this.#publisher.publish(event, { signal, topic, whenOpen: 'wait' }),
        now: () => this.#clock.now(),
        random: this.#random,
        logger: this.logger,
      },
      query,
    )
  }

  health(): RoostHealth {
    const isProducerWell = this.#isProducerWell()
    const isConsumerWell = this.#isConsumerWell()
    const reasons = [
      ...(this.#hasBegun ? [] : ['the keeper begins']),
      ...(this.#cluster.fault === undefined ? [] : [this.#cluster.fault]),
      ...(this.#breaker.state === 'open' ? ['the circuit breaker is open'] : []),
      ...(isProducerWell ? [] : ['events cannot be published']),
      ...(isConsumerWell ? [] : ['topics are not read']),
    ]
    const status =
      this.#state !== 'running' ? 'stopped' : reasons.length === 0 ? 'healthy' : 'degraded'
    return {
      status,
      reasons: status === 'stopped' ? [] : reasons,
      breaker: this.#breaker.state,
      isProducerWell,
      isConsumerWell,
      pending: this.#book.pending,
      lag: Object.fromEntries(this.#lag()),
      deadLetters: this.#letters?.stats() ?? NO_LETTERS,
    }
  }

  resetBreaker(): void {
    this.#breaker.reset()
    this.logger.warn('Circuit breaker was reset by hand', { audit: 'breaker-reset' })
  }

  get deadLetters(): RoostEvents['deadLetters'] {
    const letters = this.#letters
    const rounds = this.#rounds
    return {
      list: () => letters?.heads() ?? [],
      get: async (id) => letters?.get(id),
      stats: () => letters?.stats() ?? NO_LETTERS,
      redrive: async (filter) => {
        const result = (await rounds?.redrive(filter)) ?? { seen: 0, redriven: 0, failed: 0 }
        this.logger.info('Dead letters redriven by hand', { audit: 'redrive', ...result })
        return result
      },
      purge: async (filter) => {
        const count = (await rounds?.purge(filter)) ?? 0
        this.logger.warn('Dead letters purged by hand', { audit: 'purge', count })
        return count
      },
    }
  }

  metrics(): string {
    return this.#metrics.format({
      lag: this.#lag(),
      isProducerWell: this.#isProducerWell(),
      isConsumerWell: this.#isConsumerWell(),
      deadLetters: this.#letters?.stats().count ?? 0,
    })
  }

  #isProducerWell(): boolean {
    const { fault } = this.#cluster
    return fault === undefined && this.#publisher.isWell && this.#breaker.state !== 'open'
  }

  #isConsumerWell(): boolean {
    return [...this.#consumers.values()].every(({ isWell }) => isWell)
  }

  #lag(): ReadonlyMap<string, number> {
    const known = [...this.#consumers].map(([topic, { lag }]) => [topic, lag] as const)
    return new Map([[this.settings.topics.triggers, 0] as const, ...known])
  }

  #createRounds(letters: DeadLetters): LetterRounds {
    return new LetterRounds({
      letters,
      intervalMs: this.settings.deadLetterQueue.processingInterval,
      deliver: (letter) => this.#deliver(letter),
      // One that is open stays so until somebody asks: when all that waited are letters, nobody else does.
      canPublish: () => this.#cluster.fault === undefined && this.#breaker.waitMs === 0,
      expireMore: async () => (await this.#recordings?.expire()) ?? 0,
      clock: this.#clock,
      logger: this.logger,
    })
  }

  async #deliver(letter: DeadLetter): Promise<boolean> {
    const { record, way } = letter
    if (way === 'in') return this.#handling.again(letter, this.#stop.signal)
    const event = eventOfRecord({
      ...record,
      key: record.key,
      partition: 0,
      offset: 0n,
      headers: Object.entries(record.headers),
      timestamp: letter.failedAt,
      leaderEpoch: 0,
    })
    return this.#publisher.send(event, record, this.#stop.signal)
  }

  #createObeying(): HandleEvent {
    const { identity } = this.settings
    const { kube, kubeAs } = this.#options
    const acting = identity === undefined || kubeAs === undefined ? kube : kubeAs(identity)
    const actions = new TriggerActions({
      kube: acting,
      identity: identity ?? 'roost-keeper',
      book: this.#book,
      logger: this.logger,
    })
    return async (event, { topic }) => {
      const fields = { event_id: event.id, event_type: event.type, topic }
      if (this.#obeyed.has(event)) {
        this.logger.info('Trigger was obeyed before', fields)
        return
      }
      const trigger = parseTrigger(event)
      if (trigger === undefined) {
        this.logger.warn('Unhandled event type', fields)
        return
      }
      await actions.obey(trigger, event)
      await this.#obeyed.remember(event)
    }
  }

  #consume(topic: string): void {
    if (this.#consumers.has(topic)) return
    const { kafka, topics } = this.settings
    const { groupId, instances, enableAutoCommit } = kafka.consumer
    const group = topic === topics.triggers ? groupId : `${groupId}.${topic}`
    const consumer = new TopicConsumer({
      topic,
      instances,
      isAutoCommit: enableAutoCommit,
      openReader: () => openReader(this.#access, kafka, { topic, group }),
      take: (record, signal) => this.#handling.take(record, signal),
      clock: this.#clock,
      random: this.#random,
      logger: this.logger,
    })
    this.#consumers.set(topic, consumer)
    consumer.start()
  }

  async #publishWhenReady(event: Event, signal: AbortSignal): Promise<Published> {
    await this.#cluster.ready
    return this.#publisher.publish(event, { signal, whenOpen: 'wait' })
  }

  #tell(change: RoostChange): Promise<Published> {
    this.#occasions += 1
    const now = this.#clock.now()
    const { extensionNames } = this.settings
    const occasion = `${now}/${this.#occasions}`
    return this.publish(eventOfChange(change, { now, occasion, extensionNames }))
  }
}
