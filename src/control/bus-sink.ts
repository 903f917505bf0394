// The bus sink: a rule's target may be another bus. The event goes there as it is, and keeps its id, source
// and origin; a third hop is refused, as AWS does, so that rules cannot chase an event in circles. A bus of another
// account takes what its policy lets in.

import { describeError, isAppError } from '../base/index.ts'
import type { Sink, SinkKind, SinkMessage, SinkResult } from '../connect/index.ts'
import { formatBusKey, forwardStoredEvent, parseBusKey } from '../event/index.ts'
import type { Ingress } from '../ingress/index.ts'
import { parseArn } from '../model/index.ts'
import type { BusAccess } from './bus-access.ts'

const HOPS_MAX = 2
const BATCH_MAX = 100
const PREFIX = 'event-bus/'

export interface BusSinkOptions {
  readonly ingress: Ingress
  readonly hasBus: (busKey: string) => boolean
  readonly access: BusAccess
}

export function createBusSinkKind(options: BusSinkOptions): SinkKind {
  return {
    name: 'bus',
    serves: (address) => busKeyOf(address) !== undefined,
    open: (address) => new BusSink(options, address, busKeyOf(address)!),
  }
}

class BusSink implements Sink {
  readonly batchMax: number = BATCH_MAX
  readonly concurrencyMax: number = 1
  readonly #options: BusSinkOptions
  readonly #address: string
  readonly #busKey: string

  constructor(options: BusSinkOptions, address: string, busKey: string) {
    this.#options = options
    this.#address = address
    this.#busKey = busKey
  }

  async send(batch: readonly SinkMessage[]): Promise<readonly SinkResult[]> {
    if (!this.#options.hasBus(this.#busKey)) {
      const message = `event bus \`${this.#address}\` does not exist`
      return batch.map(() => ({ kind: 'dead', failure: { code: 'NO_RESOURCE', message } }))
    }
    const refusals = batch.map((message) => this.#refusalOf(message))
    const forwarded = batch.filter((_, index) => refusals[index] === undefined)
    const failure = await this.#accept(forwarded)
    return refusals.map((refusal) => refusal ?? failure ?? { kind: 'delivered' })
  }

  async close(): Promise<void> {}

  #refusalOf({ event }: SinkMessage): SinkResult | undefined {
    if ((event.meta().hops ?? 0) >= HOPS_MAX) return TOO_FAR
    const { account } = parseBusKey(event.busKey)
    const message = this.#options.access.refusal({
      busKey: this.#busKey,
      account,
      action: 'events:PutEvents',
      event: () => event.toEvent(),
    })
    return message === undefined
      ? undefined
      : { kind: 'dead', failure: { code: 'NO_PERMISSIONS', message } }
  }

  async #accept(batch: readonly SinkMessage[]): Promise<SinkResult | undefined> {
    if (batch.length === 0) return undefined
    try {
      const events = batch.map((message) => ({
        id: message.eventId,
        busKey: this.#busKey,
        record: forwardStoredEvent(message.event, this.#busKey, hopsOf(message) + 1),
      }))
      await this.#options.ingress.accept('internal', events)
      return undefined
    } catch (error) {
      const code = isAppError(error) ? error.code : 'INTERNAL'
      return { kind: 'retry', failure: { code, message: describeError(error) } }
    }
  }
}

const TOO_FAR: SinkResult = {
  kind: 'dead',
  failure: { code: 'HOPS_EXCEEDED', message: `an event is forwarded by at most ${HOPS_MAX} buses` },
}

function hopsOf(message: SinkMessage): number {
  return message.event.meta().hops ?? 0
}

function busKeyOf(address: string): string | undefined {
  const arn = parseArn(address)
  if (arn?.service !== 'events' || !arn.resource.startsWith(PREFIX)) return undefined
  const { account, region } = arn
  return formatBusKey({ account, region, name: arn.resource.slice(PREFIX.length) })
}
