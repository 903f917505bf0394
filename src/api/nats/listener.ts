// A server of the core protocol of NATS: what is published here is an event, and rules can send to who subscribes.
// There is no JetStream and no cluster behind it.

import { createServer, type Server, type Socket } from 'node:net'
import { createUuid } from '../../base/index.ts'
import { type ConnectionOptions, NatsConnection } from './connection.ts'
import { CONNECTIONS_MAX, PAYLOAD_BYTES_MAX } from './limits.ts'

/** The version of nats-server whose core protocol this is. */
const PROTOCOL_VERSION = '2.10.0'

export interface NatsListenerOptions extends ConnectionOptions {
  readonly host: string
  /** 0 lets the system choose one. */
  readonly port: number
}

export interface NatsListener {
  readonly url: string
  /** Takes nothing in any more; resolves when what was taken in is done. Subscribers still hear. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** Rejects as `listen` does, with `EADDRINUSE` where the port is taken. */
export async function openNatsListener(options: NatsListenerOptions): Promise<NatsListener> {
  const connections = new Set<NatsConnection>()
  const serverId = createUuid(options.random)
  let clients = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (connections.size >= CONNECTIONS_MAX) return refuse(socket)
    clients += 1
    const info = infoOf(options, { serverId, socket, client: clients })
    const connection = new NatsConnection(socket, info, options)
    connections.add(connection)
    void connection.ended().then(() => connections.delete(connection))
  })
  const port = await listen(server, options)
  return {
    url: `nats://${options.host}:${port}`,
    async drain() {
      server.close()
      await Promise.all(Array.from(connections, (connection) => connection.drain()))
    },
    async close() {
      server.close()
      await Promise.all(Array.from(connections, (connection) => connection.close()))
    },
  }
}

function refuse(socket: Socket): void {
  socket.write(`-ERR 'maximum connections exceeded'\r\n`)
  socket.destroySoon()
}

function listen(
  server: Server,
  { host, port }: Pick<NatsListenerOptions, 'host' | 'port'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function infoOf(
  { host, token }: NatsListenerOptions,
  {
    serverId,
    socket,
    client,
  }: { readonly serverId: string; readonly socket: Socket; readonly client: number },
): object {
  return {
    server_id: serverId,
    server_name: 'signalbox',
    version: PROTOCOL_VERSION,
    proto: 1,
    host,
    port: socket.localPort,
    headers: true,
    max_payload: PAYLOAD_BYTES_MAX,
    client_id: client,
    client_ip: socket.remoteAddress,
    ...(token === undefined ? {} : { auth_required: true }),
  }
}
