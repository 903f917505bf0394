// Comparison that ignores case as AWS's engine does: character by character, a value may hold the lower
// or the upper form of what the pattern holds, and nothing else is folded.

import { encodeText } from './text.ts'

export type FoldedPart = 'whole' | 'prefix' | 'suffix'

/**
 * Whether a text (UTF-8, one byte a character) is, begins with or ends with `pattern` (an ordinary string),
 * whatever its case.
 */
export function compileFolded(pattern: string, part: FoldedPart): (text: string) => boolean {
  // No form of a character begins or ends with another form of it, so the first that fits is the one.
  const forms = Array.from(pattern, (character) => [
    encodeText(character.toLowerCase()),
    encodeText(character.toUpperCase()),
  ])
  if (part === 'suffix') return (text) => fitsAtEnd(text, forms)
  if (part === 'prefix') return (text) => fitAtStart(text, forms) >= 0
  return (text) => fitAtStart(text, forms) === text.length
}

function fitAtStart(text: string, forms: readonly (readonly string[])[]): number {
  let at = 0
  for (const spellings of forms) {
    const form = spellings.find((spelling) => text.startsWith(spelling, at))
    if (form === undefined) return -1
    at += form.length
  }
  return at
}

function fitsAtEnd(text: string, forms: readonly (readonly string[])[]): boolean {
  let end = text.length
  for (const spellings of forms.toReversed()) {
    const form = spellings.find((spelling) => text.endsWith(spelling, end))
    if (form === undefined) return false
    end -= form.length
  }
  return true
}
