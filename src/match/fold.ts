// Comparison that ignores case as AWS's engine does: character by character, a value may hold the lower or the upper
// form of what the pattern holds, and nothing else is folded.

import { isAt, isFoldedAt, type ByteRange } from './bytes.ts'
import { encodeText } from './text.ts'

export type FoldedPart = 'whole' | 'prefix' | 'suffix'

/**
 * Whether a value (UTF-8 bytes) is, begins with or ends with `pattern` (an ordinary string), whatever its case.
 */
export function compileFolded(pattern: string, part: FoldedPart): (value: ByteRange) => boolean {
  const folded = foldAscii(pattern)
  if (folded !== undefined) return compileAscii(folded, part)
  // No form of a character begins or ends with another form of it, so the first that fits is the one.
  const forms = Array.from(pattern, (character) => [
    encodeText(character.toLowerCase()),
    encodeText(character.toUpperCase()),
  ])
  if (part === 'suffix') return (value) => fitsAtEnd(value, forms)
  if (part === 'prefix') return (value) => fitAtStart(value, forms) >= 0
  return (value) => fitAtStart(value, forms) === value.end
}

/** The one folded spelling of a pattern whose characters have all their forms in ASCII; of others undefined. */
export function foldAscii(pattern: string): string | undefined {
  for (const character of pattern) {
    const isPlain = isAscii(character.toLowerCase()) && isAscii(character.toUpperCase())
    if (!isPlain) return undefined
  }
  return pattern.toLowerCase()
}

function isAscii(form: string): boolean {
  return form.length === 1 && form.charCodeAt(0) < 0x80
}

function compileAscii(folded: string, part: FoldedPart): (value: ByteRange) => boolean {
  const { length } = folded
  if (part === 'suffix') {
    return ({ bytes, start, end }) =>
      end - start >= length && isFoldedAt(bytes, end - length, folded)
  }
  if (part === 'prefix') {
    return ({ bytes, start, end }) => end - start >= length && isFoldedAt(bytes, start, folded)
  }
  return ({ bytes, start, end }) => end - start === length && isFoldedAt(bytes, start, folded)
}

function fitAtStart(
  { bytes, start, end }: ByteRange,
  forms: readonly (readonly string[])[],
): number {
  let at = start
  for (const spellings of forms) {
    const form = spellings.find((each) => at + each.length <= end && isAt(bytes, at, each))
    if (form === undefined) return -1
    at += form.length
  }
  return at
}

function fitsAtEnd(
  { bytes, start, end }: ByteRange,
  forms: readonly (readonly string[])[],
): boolean {
  let at = end
  for (const spellings of forms.toReversed()) {
    const form = spellings.find(
      (each) => at - each.length >= start && isAt(bytes, at - each.length, each),
    )
    if (form === undefined) return false
    at -= form.length
  }
  return true
}
