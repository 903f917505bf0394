// Headers of a message as they are sent. The client makes an object with a list for each name, canonical names beside them,
// and the text of all of it anew; of its headers it asks nothing but their bytes.
// https://docs.nats.io/reference/reference-protocols/nats-protocol#hpub

import type { MsgHdrs } from '@nats-io/transport-node'

const VERSION = 'NATS/1.0\r\n'
/** Printable, and no colon. */
const NAME = /^[!-9;-~]+$/
const LINE_ENDS = /[\r\n]+/g

/** Throws for a name that no header can have. */
export function encodeHeaderBlock(headers: Iterable<readonly [string, string]>): Buffer {
  let text = VERSION
  for (const [name, value] of headers) {
    if (!NAME.test(name))
      throw new Error(`expected a header name of printable ASCII without \`:\`, got \`${name}\``)
    text += `${name}: ${value.replace(LINE_ENDS, ' ').trim()}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}

/** For the client's `publish`. */
export function toClientHeaders(block: Buffer): MsgHdrs {
  return { encode: () => block } as unknown as MsgHdrs
}
