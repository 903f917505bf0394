// What tests of sinks need: messages, raw servers that answer whatever bytes they are told, and a certificate
// that nobody trusts.

import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { decodeStoredEvent, storePutEvent } from '../event/index.ts'
import type { Target } from '../model/index.ts'
import type { SinkMessage } from './sink.ts'

/** A message whose body is the envelope of a small event, unless given. */
export function messageOf(
  parts: Partial<SinkMessage> & { readonly target?: Target; readonly busKey?: string } = {},
): SinkMessage {
  const event = decodeStoredEvent(
    storePutEvent({
      busKey: parts.busKey ?? '000000000000/us-east-1/default',
      account: '000000000000',
      region: 'us-east-1',
      id: 'event-1',
      source: 'shop',
      detailType: 'placed',
      time: '2026-01-01T00:00:00Z',
      resources: [],
      detail: '{"order":1}',
    }),
  )
  return {
    deliveryId: 'delivery-1',
    event,
    eventId: 'event-1',
    body: event.envelope,
    target: { id: 'target-1', address: 'http://127.0.0.1/' },
    attempt: 1,
    ...parts,
  }
}

/** Serves each connection by `serve` until the test ends; answers the port. */
export async function serveRaw(
  t: TestContext,
  serve: (socket: Socket, connection: number) => void,
): Promise<number> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    serve(socket, connections)
    connections += 1
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Calls back for each whole request with a body of known length that comes over the socket. */
export function onRequests(socket: Socket, handle: (request: string, index: number) => void): void {
  let text = ''
  let index = 0
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
    for (;;) {
      const headEnd = text.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      const end = headEnd + 4 + length
      if (text.length < end) return
      handle(text.slice(0, end), index)
      text = text.slice(end)
      index += 1
    }
  })
}

/** Self-signed, for `wrong.test`; its key is public and worth nothing. */
export const UNTRUSTED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQge+PG6su+Npu03t1Y
3+cCGczW/AbUZqbo7GsIQ8mV1smhRANCAATU57ON57QURBSPSHJwggAQooERAhCW
DjnWQfUMRzZLgcaB4y4rGL7Kk0Xhe+AZ9eXyCuatkCcjeG9uvoR4EPPP
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUf/oFQ4KvDO2tipPLXhaJ6z+MCfwwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKd3JvbmcudGVzdDAgFw0yNjExMjExMDA5NDNaGA8yMTI2MTAy
ODEwMDk0M1owFTETMBEGA1UEAwwKd3JvbmcudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABNTns43ntBREFI9IcnCCABCigRECEJYOOdZB9QxHNkuBxoHjLisY
vsqTReF74Bn15fIK5q2QJyN4b26+hHgQ88+jajBoMB0GA1UdDgQWBBSSLzJs5Dv5
qPEbnYYW68Zk8+fiMjAfBgNVHSMEGDAWgBSSLzJs5Dv5qPEbnYYW68Zk8+fiMjAP
BgNVHRMBAf8EBTADAQH/MBUGA1UdEQQOMAyCCndyb25nLnRlc3QwCgYIKoZIzj0E
AwIDSAAwRQIhAOn1Dh8othZJAziJR84UjBWmi1LDtZ+kOJwV5vush8d/AiBYv2Qf
WG6v3FTxJGtmd3FTb8NbmL6EoXW8nAnyfIPa0Q==
-----END CERTIFICATE-----`,
}
