// The headers of a message of NATS.

import type { MsgHdrs } from '@nats-io/transport-node'

/** The first value of each. */
export function headersOf(given: MsgHdrs | undefined): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  if (given === undefined) return headers
  for (const name of given.keys()) headers.set(name, given.get(name))
  return headers
}
