// A set of tags and its bounds.

import type { Tags } from '../model/index.ts'
import { fault } from './faults.ts'
import { TAGS_MAX } from './limits.ts'

export interface Tag {
  readonly key: string
  readonly value: string
}

/** The set of a list of tags; a key may come once. */
export function tagSet(tags: readonly Tag[]): Tags {
  const seen = new Map<string, string>()
  for (const { key, value } of tags) {
    if (seen.has(key)) throw fault('tags-repeated', { key })
    seen.set(key, value)
  }
  return Object.fromEntries(seen)
}

export function checkTags(tags: Tags, name: string): void {
  if (Object.keys(tags).length > TAGS_MAX) throw fault('tags-too-many', { max: TAGS_MAX, name })
}
