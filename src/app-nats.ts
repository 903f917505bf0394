// The NATS listener of this server, its way into the log, and the sink that sends to who subscribes there.

import { encodeHeaders, type NatsHub, type NatsListener, openNatsListener } from './api/index.ts'
import type { AppOptions } from './app-options.ts'
import type { Rooms } from './app-rooms.ts'
import { selectText } from './app-targets.ts'
import { describeError } from './base/index.ts'
import { encodeNatsMessage, Intake, type SinkKind } from './connect/index.ts'
import {
  DEFAULT_ACCOUNT,
  LOCAL_BROKER,
  parseBrokerAddress,
  type SourceSpec,
} from './model/index.ts'

const HOST = '127.0.0.1'
const SEND_BATCH_MAX = 100

/** As if a source read it: what is published becomes events by the same rules. */
const PUBLISHED: SourceSpec = {
  account: DEFAULT_ACCOUNT,
  region: 'us-east-1',
  name: LOCAL_BROKER,
  broker: LOCAL_BROKER,
}

export interface NatsOptions extends AppOptions {
  readonly hub: NatsHub
  /** They are others after a reset. */
  readonly rooms: () => Rooms
}

/** Undefined when there is to be none, or its port is another's. */
export async function openNats(options: NatsOptions): Promise<NatsListener | undefined> {
  const { config, hub, clock, random, rooms } = options
  const { listen, port, token } = config.nats
  const isWanted = listen === 'on' || (listen === 'auto' && config.mode === 'dev')
  if (!isWanted) return undefined
  const logger = options.logger.child({ room: 'nats' })
  const intake = new Intake(
    {
      accept: (dialect, events) => rooms().delivery.ingress.accept(dialect, events),
      hasBus: (busKey) => rooms().state.publisher.hasBus(busKey),
      sinkAt: () => undefined,
      clock,
      logger,
    },
    PUBLISHED,
    'nats',
  )
  try {
    return await openNatsListener({
      host: HOST,
      port,
      hub,
      accept: (messages, signal) => intake.accept(messages, signal),
      ...(token === undefined ? {} : { token: token.reveal() }),
      clock,
      random,
      logger,
    })
  } catch (error) {
    // Somebody who asked for it is told; somebody who did not may well run a NATS server there.
    if (listen === 'on') throw error
    const fields = { port, error: describeError(error) }
    logger.warn('the NATS listener is off, its port cannot be had', fields)
    return undefined
  }
}

/** Targets `nats://local/SUBJECT`: whoever subscribes just now gets it, as it is with core NATS. */
export function createLocalNatsKind(hub: NatsHub): SinkKind {
  return {
    name: 'nats-local',
    serves: (text) => {
      const address = parseBrokerAddress(text)
      return address?.type === 'nats' && address.broker === LOCAL_BROKER
    },
    open: (text) => {
      const address = parseBrokerAddress(text)!
      return {
        batchMax: SEND_BATCH_MAX,
        concurrencyMax: 1,
        async send(batch) {
          for (const message of batch) {
            const { subject, headers, body } = encodeNatsMessage(message, address, selectText)
            const payload = Buffer.from(body.buffer, body.byteOffset, body.length)
            const block = headers.size === 0 ? {} : { headers: encodeHeaders(headers) }
            hub.publish({ subject, ...block, payload })
          }
          return batch.map(() => ({ kind: 'delivered' }))
        },
        close: async () => {},
      }
    },
  }
}
