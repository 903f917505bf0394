// Texts of any length sealed in pieces, each for its place: none can be left out, moved or taken from another text.

import type { Keyring } from '../keyring/index.ts'
import { SEALED_PIECE_CHARACTERS } from './limits.ts'

const MARK = 'sealed-1'

/** Without a keyring the text as it is. */
export function sealText(keyring: Keyring | undefined, text: string, purpose: string): string {
  if (keyring === undefined) return text
  const count = Math.max(1, Math.ceil(text.length / SEALED_PIECE_CHARACTERS))
  const pieces = Array.from({ length: count }, (_, index) => {
    const start = index * SEALED_PIECE_CHARACTERS
    const piece = text.slice(start, start + SEALED_PIECE_CHARACTERS)
    return keyring.seal(piece, `${purpose}#${index}/${count}`)
  })
  return [MARK, ...pieces].join('\n')
}

/** Also what was written without sealing. Throws `SECRET_UNREADABLE`. */
export function openText(keyring: Keyring, text: string, purpose: string): string {
  if (!text.startsWith(`${MARK}\n`)) return text
  const pieces = text.split('\n').slice(1)
  return pieces
    .map((piece, index) => keyring.open(piece, `${purpose}#${index}/${pieces.length}`))
    .join('')
}
