// Keeps every source reading for as long as it is there: starts its instances, starts them again after a pause when
// its broker is lost, for ever, and says what it is doing.
//
//   define ──▶ connecting ──▶ connected ──lost──▶ lost ──pause──▶ connecting …
//                  └───────────── cannot ──────────▲
//   A broker that was changed, or a secret of it, starts its sources anew. STOPPED or forgotten: stopped.

import {
  backoffDelayMs,
  channels,
  type Clock,
  createUuid,
  describeError,
  type Logger,
  type Random,
  wait,
} from '../base/index.ts'
import type { ResourceOf, SourceSpec } from '../model/index.ts'
import type { Connector, ConnectorContext } from './connector.ts'
import type { BrokerAccess, FindBroker } from './broker-access.ts'
import { Intake, type IntakeOptions } from './intake.ts'
import { SOURCE_BACKOFF, SOURCE_STEADY_MS } from './limits.ts'

export interface SupervisorOptions extends IntakeOptions {
  readonly connectors: readonly Connector[]
  readonly findBroker: FindBroker
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The state of a source is another than before. */
  readonly onState?: (source: ResourceOf<'Source'>, state: SourceState) => void
}

export interface SourceState {
  readonly state: 'connecting' | 'connected' | 'lost' | 'stopped'
  /** Why it is lost. */
  readonly reason?: string
  /** Wall milliseconds. */
  readonly since: number
  readonly instances: number
  /** By topic and partition, stream, or subject. */
  readonly lag: Readonly<Record<string, number>>
}

export class SourceSupervisor {
  readonly #options: SupervisorOptions
  readonly #sources = new Map<string, RunningSource>()
  /** Those that were told to end. */
  readonly #ending = new Set<Promise<void>>()

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** A source that is there, or is another than before. */
  define(resource: ResourceOf<'Source'>): void {
    const key = keyOf(resource.metadata)
    const before = this.#sources.get(key)
    // A write of the status alone changes nothing of what it does.
    if (before?.resource.metadata.generation === resource.metadata.generation) {
      if (before.resource.metadata.uid === resource.metadata.uid) return
    }
    const ended = before === undefined ? Promise.resolve() : this.#end(before)
    this.#sources.set(key, new RunningSource(this.#options, resource, ended))
  }

  forget(key: { readonly namespace: string; readonly name: string }): void {
    const source = this.#sources.get(keyOf(key))
    if (source === undefined) return
    this.#sources.delete(keyOf(key))
    void this.#end(source)
    channels.sourceChanged.publish({ source: source.resource.spec.name, state: 'gone' })
  }

  /** Starts the sources of a broker anew. */
  brokerChanged(name: string): void {
    for (const source of this.#sources.values())
      if (source.resource.spec.broker === name) source.restart()
  }

  states(): ReadonlyMap<string, SourceState> {
    return new Map(Array.from(this.#sources, ([key, source]) => [key, source.state()]))
  }

  async close(): Promise<void> {
    for (const source of this.#sources.values()) void this.#end(source)
    this.#sources.clear()
    await Promise.all(this.#ending)
  }

  #end(source: RunningSource): Promise<void> {
    const ended = source.close().finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
    return ended
  }
}

/** By namespace and name. */
export function keyOf({
  namespace,
  name,
}: {
  readonly namespace: string
  readonly name: string
}): string {
  return `${namespace}/${name}`
}

class RunningSource {
  readonly resource: ResourceOf<'Source'>
  readonly #options: SupervisorOptions
  readonly #stop = new AbortController()
  #round = new AbortController()
  readonly #isUp: boolean[]
  #state: SourceState['state'] = 'connecting'
  #reason: string | undefined
  #since: number
  readonly #lag = new Map<string, number>()
  readonly #loops: Promise<unknown>
  #telling: Promise<void> = Promise.resolve()

  constructor(options: SupervisorOptions, resource: ResourceOf<'Source'>, after: Promise<void>) {
    this.#options = options
    this.resource = resource
    this.#since = options.clock.now()
    const { state = 'RUNNING', instances = 1 } = resource.spec
    this.#isUp = Array.from({ length: state === 'STOPPED' ? 0 : instances }, () => false)
    if (state === 'STOPPED') this.#change('stopped')
    this.#loops = after.then(() => Promise.all(this.#isUp.map((_, index) => this.#keep(index))))
  }

  state(): SourceState {
    const { instances = 1 } = this.resource.spec
    return {
      state: this.#state,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      since: this.#since,
      instances,
      lag: Object.fromEntries(this.#lag),
    }
  }

  restart(): void {
    this.#round.abort()
    this.#round = new AbortController()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loops
    await this.#telling
  }

  /** One instance, for ever. */
  async #keep(instance: number): Promise<void> {
    const { clock, random } = this.#options
    let failures = 0
    while (!this.#stop.signal.aborted) {
      const startedAt = clock.monotonic()
      const signal = AbortSignal.any([this.#stop.signal, this.#round.signal])
      const reason = await this.#run(instance, signal)
      this.#isUp[instance] = false
      if (signal.aborted) continue
      failures = clock.monotonic() - startedAt > SOURCE_STEADY_MS ? 1 : failures + 1
      this.#lost(reason)
      await wait(clock, backoffDelayMs(SOURCE_BACKOFF, failures, random), signal)
    }
  }

  /** Why it ended. */
  async #run(instance: number, signal: AbortSignal): Promise<string> {
    const { spec } = this.resource
    const access = this.#options.findBroker(spec.broker)
    if (access === undefined) return `broker \`${spec.broker}\` does not exist`
    const { broker } = access
    const connector = this.#options.connectors.find(({ type }) => type === broker.type)
    if (connector === undefined) return `nothing here speaks to a broker of type \`${broker.type}\``
    try {
      const context = this.#context(instance, access)
      const group = spec.group ?? `signalbox-${spec.name}`
      await connector.run({ source: spec, broker, group, instance, context }, signal)
      return 'the connector ended'
    } catch (error) {
      return describeError(error)
    }
  }

  #context(instance: number, { broker, reveal, checkServer }: BrokerAccess): ConnectorContext {
    const { clock, random, logger } = this.#options
    const { spec } = this.resource
    const intake = new Intake(this.#options, spec, broker.type)
    return {
      clock,
      random,
      logger: logger.child({ source: spec.name, broker: broker.name, instance }),
      reveal,
      checkServer,
      connected: () => this.#connected(instance),
      accept: (messages, signal) => intake.accept(messages, signal),
      door: intake,
      lagged: (place, records) => {
        this.#lag.set(place, records)
        channels.sourceLagged.publish({ source: spec.name, place, records })
      },
    }
  }

  #connected(instance: number): void {
    this.#isUp[instance] = true
    if (!this.#isUp.every(Boolean)) return
    const wasLost = this.#state === 'lost'
    if (!this.#change('connected')) return
    this.#options.logger.info('a source reads', { source: this.resource.spec.name })
    if (wasLost) this.#tell('recovered')
  }

  #lost(reason: string): void {
    if (!this.#change('lost', reason)) return
    this.#options.logger.warn('a source is lost', { source: this.resource.spec.name, reason })
    this.#tell('lost', reason)
  }

  /** Whether it is another state than before. */
  #change(state: SourceState['state'], reason?: string): boolean {
    const isNew = state !== this.#state
    this.#reason = reason
    if (!isNew) return false
    this.#state = state
    this.#since = this.#options.clock.now()
    if (state !== 'connecting')
      channels.sourceChanged.publish({ source: this.resource.spec.name, state })
    this.#options.onState?.(this.resource, this.state())
    return true
  }

  #tell(type: 'lost' | 'recovered', reason?: string): void {
    const { logger, random } = this.#options
    const { spec } = this.resource
    const data = {
      source: spec.name,
      broker: spec.broker,
      ...(reason === undefined ? {} : { reason }),
    }
    const report = { type, id: createUuid(random), subject: spec.name, data }
    this.#telling = this.#telling
      .then(() => this.#door(spec).tell(report, this.#stop.signal))
      .catch((error: unknown) =>
        logger.warn('what became of a source was not told', { error: describeError(error) }),
      )
  }

  #door(spec: SourceSpec): Intake {
    return new Intake(this.#options, spec, 'kafka')
  }
}
