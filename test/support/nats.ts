// A real nats-server as tests use it: streams made, messages published and read back by NATS's own client.

import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'

export async function withNats<T>(
  url: string,
  use: (connection: NatsConnection) => Promise<T>,
  options: ConnectionOptions = {},
): Promise<T> {
  const connection = await connect({ servers: url, ...options })
  try {
    return await use(connection)
  } finally {
    await connection.close()
  }
}

export function createStream(url: string, name: string, subjects: string[]): Promise<void> {
  return withNats(url, async (connection) => {
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name, subjects })
  })
}

export function deleteStream(url: string, name: string): Promise<void> {
  return withNats(url, async (connection) => {
    const manager = await jetstreamManager(connection)
    await manager.streams.delete(name)
  })
}

/** Each is stored when it resolves. */
export function publishAll(url: string, subject: string, bodies: readonly string[]): Promise<void> {
  return withNats(url, async (connection) => {
    const stream = jetstream(connection)
    for (let index = 0; index < bodies.length; index += 500) {
      const part = bodies.slice(index, index + 500)
      await Promise.all(part.map((body) => stream.publish(subject, body)))
    }
  })
}

export interface SeenMessage {
  readonly subject: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Everything in a stream up to now. */
export function readStream(url: string, name: string): Promise<readonly SeenMessage[]> {
  return withNats(url, async (connection) => {
    const manager = await jetstreamManager(connection)
    const { state } = await manager.streams.info(name)
    const seen: SeenMessage[] = []
    if (state.messages === 0) return seen
    const consumer = await jetstream(connection).consumers.get(name)
    for await (const message of await consumer.fetch({ max_messages: state.messages })) {
      const headers: Record<string, string> = {}
      for (const key of message.headers?.keys() ?? []) headers[key] = message.headers!.get(key)
      seen.push({ subject: message.subject, body: message.string(), headers })
    }
    return seen
  })
}
