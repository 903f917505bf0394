// Go counts code points, and so does everything here that counts characters.

/** A text in its code points. */
export function runes(text: string): string[] {
  return Array.from(text)
}
