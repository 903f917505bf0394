// What is counted of sources: records taken in and rejected, how far each place is behind, and whether it reads.

import {
  channels,
  type SourceChanged,
  type SourceLagged,
  type SourceRead,
} from '../../base/index.ts'
import { SERIES_MAX } from './limits.ts'
import { Counter, formatReadings, type MetricText } from './registry.ts'

export interface SourceMetrics extends MetricText {
  close(): void
}

export function openSourceMetrics(): SourceMetrics {
  return new TappedSources()
}

class TappedSources implements SourceMetrics {
  readonly #records = new Counter({
    name: 'signalbox_source_records_total',
    help: 'Records that a source took in.',
    labels: ['source'],
  })
  readonly #rejected = new Counter({
    name: 'signalbox_source_rejected_total',
    help: 'Of them, those that were no events.',
    labels: ['source'],
  })
  /** By source, then by place. */
  readonly #lag = new Map<string, Map<string, number>>()
  readonly #isUp = new Map<string, boolean>()
  #series = 0
  readonly #onRead = (message: unknown): void => {
    const { source, records, rejected } = message as SourceRead
    this.#records.add(records, source)
    if (rejected > 0) this.#rejected.add(rejected, source)
  }
  readonly #onLagged = (message: unknown): void => this.#setLag(message as SourceLagged)
  readonly #onChanged = (message: unknown): void => this.#setState(message as SourceChanged)

  constructor() {
    channels.sourceRead.subscribe(this.#onRead)
    channels.sourceLagged.subscribe(this.#onLagged)
    channels.sourceChanged.subscribe(this.#onChanged)
  }

  close(): void {
    channels.sourceRead.unsubscribe(this.#onRead)
    channels.sourceLagged.unsubscribe(this.#onLagged)
    channels.sourceChanged.unsubscribe(this.#onChanged)
  }

  format(): string {
    const lag = [...this.#lag].flatMap(([source, places]) =>
      Array.from(places, ([place, value]) => ({ value, labels: [source, place] })),
    )
    const up = Array.from(this.#isUp, ([source, isUp]) => ({
      value: isUp ? 1 : 0,
      labels: [source],
    }))
    return (
      this.#records.format() +
      this.#rejected.format() +
      formatReadings(
        {
          name: 'signalbox_source_lag_records',
          help: 'Records of a place that a source has not read yet.',
          labels: ['source', 'place'],
        },
        'gauge',
        lag,
      ) +
      formatReadings(
        {
          name: 'signalbox_source_up',
          help: 'Whether a source reads: 1, or 0 while its broker is lost.',
          labels: ['source'],
        },
        'gauge',
        up,
      )
    )
  }

  #setLag({ source, place, records }: SourceLagged): void {
    const places = this.#lag.get(source) ?? new Map<string, number>()
    if (!places.has(place)) {
      if (this.#series >= SERIES_MAX) return
      this.#series += 1
    }
    this.#lag.set(source, places.set(place, records))
  }

  #setState({ source, state }: SourceChanged): void {
    if (state === 'gone' || state === 'stopped') {
      this.#series -= this.#lag.get(source)?.size ?? 0
      this.#lag.delete(source)
    }
    if (state === 'gone') this.#isUp.delete(source)
    else this.#isUp.set(source, state === 'connected')
  }
}
