// Bus logs: what becomes of each event of a bus that asks for it, as lines of the log. While no bus asks, nobody
// listens, and no room makes a message.

import {
  channels,
  type Clock,
  type DeliveryStep,
  type EventStep,
  type Logger,
} from '../base/index.ts'
import type { BusRules } from '../model/index.ts'
import {
  type BusLogLevel,
  type BusLogRecord,
  recordsOfDelivery,
  recordsOfEvent,
} from './bus-log-records.ts'
import type { RulesetPublisher } from './publisher.ts'

export interface BusLogsOptions {
  readonly publisher: Pick<RulesetPublisher, 'current' | 'findBus' | 'onPublished'>
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
}

const MESSAGE = 'a bus worked on an event'

const RANKS: Readonly<Record<BusLogLevel | 'OFF', number>> = { OFF: 0, ERROR: 1, INFO: 2, TRACE: 3 }

export class BusLogs {
  readonly #options: BusLogsOptions
  #isListening = false

  constructor(options: BusLogsOptions) {
    this.#options = options
    options.publisher.onPublished(() => this.#look())
    this.#look()
  }

  close(): void {
    this.#listen(false)
  }

  #look(): void {
    const buses = [...this.#options.publisher.current().buses.values()]
    this.#listen(buses.some((bus) => rankOf(bus) > 0))
  }

  #listen(wanted: boolean): void {
    if (wanted === this.#isListening) return
    this.#isListening = wanted
    if (wanted) {
      channels.eventSteps.subscribe(this.#onEvent)
      channels.deliverySteps.subscribe(this.#onDelivery)
    } else {
      channels.eventSteps.unsubscribe(this.#onEvent)
      channels.deliverySteps.unsubscribe(this.#onDelivery)
    }
  }

  readonly #onEvent = (message: unknown): void => {
    const step = message as EventStep
    this.#write(step.busKey, (options) => recordsOfEvent(step, options))
  }

  readonly #onDelivery = (message: unknown): void => {
    const step = message as DeliveryStep
    this.#write(step.busKey, (options) => recordsOfDelivery(step, options))
  }

  #write(
    busKey: string,
    make: (options: Parameters<typeof recordsOfEvent>[1]) => readonly BusLogRecord[],
  ): void {
    const { publisher, clock, logger } = this.#options
    const bus = publisher.findBus(busKey)
    const rank = rankOf(bus)
    if (rank === 0) return
    const withDetail = bus?.logConfig?.includeDetail === 'FULL'
    for (const record of make({ now: clock.now(), withDetail })) {
      if (RANKS[record.log_level] > rank) continue
      if (record.log_level === 'ERROR') logger.warn(MESSAGE, { ...record })
      else logger.info(MESSAGE, { ...record })
    }
  }
}

function rankOf(bus: BusRules | undefined): number {
  const level = bus?.logConfig?.level ?? 'OFF'
  return Object.hasOwn(RANKS, level) ? RANKS[level as BusLogLevel] : 0
}
