// What a client showed of itself when it connected with TLS.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ClientCertificate } from './exchange.ts'

/** Undefined without TLS, and where the client showed nothing. */
export function readClientCertificate(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const { subject } = socket.getPeerCertificate()
  if (subject === undefined) return undefined
  return {
    isTrusted: socket.authorized,
    commonNames: listOf(subject.CN),
    organizations: listOf(subject.O),
  }
}

/** Node gives one value as itself and more of them as a list. */
function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
