// What makes two events one: numbers that stand for the bus and the key under which an event may come again, and
// numbers of its content, which tell a repetition from a clash. Many lie one behind the other in one array, so that a
// batch of events crosses threads, and waits to be remembered, without an object or a text of each.
//
//   | key 4 × 32 bits, of SHA-256 | content: CRC-32 and length |

import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Of one key in an array of them. */
export const EVENT_KEY_WORDS = 6
/** Where those of the content begin. */
export const EVENT_KEY_CONTENT_AT = 4

/** `words` from `at` on. */
export interface EventKey {
  readonly words: Int32Array
  readonly at: number
}

const NO_CONTENT = new Uint8Array(0)

/** An event without data has no content. */
export function createEventKey(
  busKey: string,
  key: string,
  content: Uint8Array = NO_CONTENT,
): EventKey {
  const words = new Int32Array(EVENT_KEY_WORDS)
  writeEventKey({ words, at: 0 }, `${busKey}\0${key}`, content)
  return { words, at: 0 }
}

/** `name` is the bus's key and the event's, with a zero between them, which neither holds. */
export function writeEventKey({ words, at }: EventKey, name: string, content: Uint8Array): void {
  // As text, a character for each byte: a buffer would cost three times as much.
  const digest = hash('sha256', name, 'binary')
  for (let word = 0; word < EVENT_KEY_CONTENT_AT; word += 1)
    words[at + word] = wordIn(digest, word * 4)
  words[at + EVENT_KEY_CONTENT_AT] = crc32(content)
  words[at + EVENT_KEY_CONTENT_AT + 1] = content.length
}

function wordIn(digest: string, start: number): number {
  return (
    (digest.charCodeAt(start) << 24) |
    (digest.charCodeAt(start + 1) << 16) |
    (digest.charCodeAt(start + 2) << 8) |
    digest.charCodeAt(start + 3)
  )
}
