// Looking for schemas by words: a schema is found when every word is somewhere in its name, its description or
// its content.

import { KEYWORDS_MAX } from './limits.ts'

export interface Searched {
  readonly name: string
  readonly description?: string | undefined
  readonly content: string
}

/** The words of a search, in small letters. */
export function parseKeywords(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .slice(0, KEYWORDS_MAX)
}

export function hasKeywords(schema: Searched, keywords: readonly string[]): boolean {
  const text = `${schema.name}\n${schema.description ?? ''}\n${schema.content}`.toLowerCase()
  return keywords.every((word) => text.includes(word))
}
