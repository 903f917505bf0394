// The filter box: an event pattern as JSON, or a word that is taken for a type.

export type Filter =
  | { readonly kind: 'none' }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'invalid'; readonly reason: string }

export function parseFilter(text: string): Filter {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'none' }
  if (!trimmed.startsWith('{')) return { kind: 'type', type: trimmed }
  try {
    return { kind: 'pattern', pattern: JSON.stringify(JSON.parse(trimmed)) }
  } catch (error) {
    return { kind: 'invalid', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Where the tail for this filter is. */
export function tailUrl(filter: Filter): string {
  const parameters = new URLSearchParams({ stats: '1' })
  if (filter.kind === 'type') parameters.set('type', filter.type)
  if (filter.kind === 'pattern') parameters.set('pattern', filter.pattern)
  return `/_signalbox/v1/tail?${parameters.toString()}`
}
