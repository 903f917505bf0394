// Brings messages of NATS in. Of a stream: a durable consumer, whose messages are acknowledged when their events are in
// the log. Of subjects alone: core NATS, which gives a message once and to who is there.

import type { NatsConnection } from '@nats-io/transport-node'
import { AppError } from '../../../base/index.ts'
import type { Connector, ConnectorRun } from '../../connector.ts'
import { pumpCore } from './core-reader.ts'
import { pumpStream } from './stream-reader.ts'
import { brokerLost, connectNats } from './nats-client.ts'

export const natsConnector: Connector = {
  type: 'nats',
  async run(run: ConnectorRun, signal) {
    const { broker, source, context } = run
    const connection = await connectNats({ ...context, broker })
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const lost = whenLost(connection, broker.name, either)
    try {
      const pump = source.stream === undefined ? pumpCore : pumpStream
      const pumping = pump(connection, run, either)
      await Promise.race([lost.then(() => pumping), pumping])
    } catch (error) {
      if (!signal.aborted) throw brokerLost(broker.name, error)
    } finally {
      stop.abort()
      await lost.catch(() => {})
      await connection.close()
    }
  },
}

/** Rejects when the connection ends; resolves when that does not matter any more. */
async function whenLost(
  connection: NatsConnection,
  broker: string,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted')
    signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const ended = await Promise.race([connection.closed(), aborted])
  if (ended === 'aborted') return
  const why = ended === undefined ? '' : `: ${ended.message}`
  throw new AppError('BROKER_LOST', `broker \`${broker}\` closed the connection${why}`)
}
