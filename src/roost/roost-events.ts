// The keeper as a whole: what happens to ManagedRoosts goes to Kafka, and triggers from there are obeyed. It is what the
// server runs, and what programs get as `signalbox/roost`.

import type { Clock, Logger, Random } from '../base/index.ts'
import type { Guard } from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import type { Keyring } from '../keyring/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import type { DeadLetter, LetterHead, LetterStats } from './dead-letters.ts'
import type { EventBreakerState } from './event-breaker.ts'
import type { FindSchema } from './event-check.ts'
import type { HandleEvent } from './event-handling.ts'
import type { ReadSecret } from './kube-secrets.ts'
import type { LetterFilter, RedriveResult } from './letter-rounds.ts'
import type { Published } from './publisher.ts'
import type { ReplayQuery, ReplayResult } from './replays.ts'
import type { RoostSettings } from './settings.ts'
import type { Shelf } from './shelf.ts'
import type { Span } from './span.ts'
import type { StorageCredentials } from './storages.ts'

export interface EventManagerOptions {
  /** Where the ManagedRoosts are, and the Secrets. */
  readonly kube: KubeClient
  /** Acts as the identity of the configuration; `kube` itself when absent. */
  readonly kubeAs?: (identity: string) => KubeClient
  /** The namespace of the Secrets; `default` when absent. */
  readonly namespace?: string
  /** Asked for keys that the API has no Secret for. */
  readonly readSecret?: ReadSecret
  /** Variables that stand above the configuration; none when absent. */
  readonly env?: Readonly<Record<string, string>>
  /** What is remembered, the key file and local storages lie here; without it nothing outlives the process. */
  readonly dataDir?: string
  /** In place of a folder of `dataDir`. */
  readonly seen?: Shelf
  readonly obeyed?: Shelf
  readonly keyring?: Keyring
  /** Judges where storages and registries are called; everything but metadata addresses when absent. */
  readonly guard?: Guard
  /** Where buckets are that name no endpoint, and as whom those are called that name no keys. */
  readonly storageEndpoint?: string
  readonly storageCredentials?: StorageCredentials
  /** The registry that `internal` means; the schemas that come with this room when absent. */
  readonly findSchema?: FindSchema
  /** Whether ManagedRoosts are followed; true when absent. */
  readonly watch?: boolean
  /** Whether triggers are obeyed; true when absent. */
  readonly obeyTriggers?: boolean
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  readonly onSpan?: (span: Span) => void
}

export interface RoostHealth {
  readonly status: 'stopped' | 'healthy' | 'degraded'
  /** Why it is not healthy. */
  readonly reasons: readonly string[]
  readonly breaker: EventBreakerState
  readonly isProducerWell: boolean
  readonly isConsumerWell: boolean
  /** Events of roosts that wait to be published. */
  readonly pending: number
  /** By topic. */
  readonly lag: Readonly<Record<string, number>>
  readonly deadLetters: LetterStats
}

export interface RoostEvents {
  readonly settings: RoostSettings
  /**
   * Resolves when roosts are followed and topics read; a cluster that cannot be reached is waited for meanwhile. Rejects
   * `CONFIG_INVALID` when the cluster cannot be as the configuration asks.
   */
  start(): Promise<void>
  stop(): Promise<void>
  /** These resolve when the event is in the topic, or a dead letter; they reject `BROKER_LOST` while the breaker is open. */
  publishRoostCreated(roost: KubeObject): Promise<Published>
  publishRoostUpdated(roost: KubeObject, previous?: KubeObject): Promise<Published>
  publishRoostDeleted(roost: KubeObject): Promise<Published>
  publishRoostPhaseTransition(roost: KubeObject, from: string, to: string): Promise<Published>
  publishRoostHealthChanged(
    roost: KubeObject,
    health: string,
    previous?: string,
  ): Promise<Published>
  publishRoostTeardownTriggered(roost: KubeObject, reason: string): Promise<Published>
  /** Any event, to any topic. */
  publish(event: Event, topic?: string): Promise<Published>
  /** Calls back for each event of a topic; answers how to stop. */
  subscribe(topic: string, handle: HandleEvent): () => void
  replay(query?: ReplayQuery): Promise<ReplayResult>
  health(): RoostHealth
  /** Closes the circuit breaker by hand. */
  resetBreaker(): void
  readonly deadLetters: {
    list(): readonly LetterHead[]
    get(id: string): Promise<DeadLetter | undefined>
    stats(): LetterStats
    /** Held ones too. */
    redrive(filter?: LetterFilter): Promise<RedriveResult>
    purge(filter?: LetterFilter): Promise<number>
  }
  /** In the text form of Prometheus. */
  metrics(): string
}
