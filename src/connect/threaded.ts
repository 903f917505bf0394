// Sources and sinks of brokers as the rest sees them, whose work is done in threads: one for all that read, one for all
// that send.

import { describeError, unlessAborted } from '../base/index.ts'
import { type BrokerAddress, type BrokerSpec, parseBrokerAddress } from '../model/index.ts'
import { BrokerThread } from './broker-thread.ts'
import type { FindBroker } from './broker-access.ts'
import type { Connector } from './connector.ts'
import { BROKER_SLOW_MS } from './limits.ts'
import { packMessages } from './packed.ts'
import type { SelectText } from './sent-event.ts'
import type { Sink, SinkKind, SinkMessage, SinkResult } from './sink.ts'

export class BrokerThreads {
  readonly #reading = new BrokerThread('broker sources')
  readonly #sending = new BrokerThread('broker sinks')

  /** What reads from brokers of a type, in its thread. */
  connector(type: BrokerSpec['type']): Connector {
    return { type, run: (run, signal) => this.#reading.run(run, signal) }
  }

  /** The same kind, sending from its thread. */
  sinkKind(kind: SinkKind, { findBroker, select }: ThreadedSinkOptions): SinkKind {
    const thread = this.#sending
    return {
      name: kind.name,
      serves: (address) => kind.serves(address),
      open(text) {
        const address = parseBrokerAddress(text)!
        const broker = { name: address.broker, find: findBroker }
        // Kafka has no place for the ids of deliveries.
        const packing = {
          needsIds: address.type === 'nats',
          paths: pathsIn(address),
          select,
          slabs: thread.slabs,
        }
        const inner = kind.open(text)
        return {
          batchMax: inner.batchMax,
          concurrencyMax: inner.concurrencyMax,
          slowMs: BROKER_SLOW_MS,
          send(batch, signal) {
            const sending = thread.send(text, broker, packMessages(batch, packing))
            return settled(sending, batch, signal)
          },
          async close() {
            await inner.close()
            await thread.closeSink(text)
          },
        } satisfies Sink
      },
    }
  }

  async close(): Promise<void> {
    await this.#reading.close()
    await this.#sending.close()
  }
}

interface ThreadedSinkOptions {
  readonly findBroker: FindBroker
  readonly select: SelectText
}

/** What of an event the options of an address name. */
function pathsIn({ options }: BrokerAddress): readonly string[] {
  return [...new Set(options.values())].filter((text) => text.startsWith('$.'))
}

const DELIVERED: SinkResult = { kind: 'delivered' }
/** It may still be taken; then it comes twice. */
const GIVEN_UP: SinkResult = {
  kind: 'retry',
  failure: { code: 'TIMEOUT', message: 'the broker did not answer in time' },
}

async function settled(
  sending: Promise<readonly SinkResult[] | undefined>,
  batch: readonly SinkMessage[],
  signal: AbortSignal,
): Promise<readonly SinkResult[]> {
  const all = (result: SinkResult): readonly SinkResult[] => batch.map(() => result)
  try {
    const settling = sending.then((results) => results ?? all(DELIVERED))
    return (await unlessAborted(settling, signal)) ?? all(GIVEN_UP)
  } catch (error) {
    const failure = { code: 'SDK_CLIENT_ERROR', message: describeError(error) }
    return all({ kind: 'retry', failure })
  }
}
