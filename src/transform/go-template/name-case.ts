// `snake_case`, `kebab-case` and `CamelCase` as Sprig's library makes them, with its ways with numbers.
// https://github.com/huandu/xstrings (v1.3.3)

import { runes } from './runes.ts'

type WordKind = 'none' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punctuation' | 'other'

interface Word {
  readonly kind: WordKind
  readonly text: string
}

const WORD =
  /([-_\s]+)|(\p{P}+)|(\p{Lu}(?:\p{Lu}+(?!(?!\p{Lu})\p{L})|(?:(?!\p{Lu})\p{L})*))|((?:(?!\p{Lu})\p{L})+)|(\p{N}+)|([^-_\s\p{P}\p{L}\p{N}]+)/gu

const KINDS: readonly WordKind[] = [
  'connector',
  'punctuation',
  'upper',
  'alphabet',
  'number',
  'other',
]

export function toDelimited(text: string, connector: string): string {
  const words = wordsOf(text)
  let made = ''
  let at = 0
  const kindAt = (index: number): WordKind => words[index]?.kind ?? 'none'
  const write = (index: number): void => {
    const word = words[index]
    if (word === undefined) return
    made +=
      word.kind === 'connector'
        ? connector.repeat(runes(word.text).length)
        : word.text.toLowerCase()
  }
  while (at < words.length - 1) {
    const kind = kindAt(at)
    write(at)
    at += 1
    if (kind === 'connector' || kind === 'punctuation') continue
    if (kind !== 'number') {
      if (kindAt(at) !== 'number') {
        if (kindAt(at) !== 'connector' && kindAt(at) !== 'punctuation') made += connector
        continue
      }
      if (at === words.length - 1) break
      const isFollowed = kindAt(at + 1) === 'alphabet'
      if (isFollowed) made += connector
      write(at)
      at += 1
      if (!isFollowed) {
        if (!joins(kindAt(at))) made += connector
        continue
      }
    }
    for (; isPart(kindAt(at)); at += 1) write(at)
    if (!joins(kindAt(at))) made += connector
  }
  write(at)
  return made
}

function isPart(kind: WordKind): boolean {
  return kind === 'alphabet' || kind === 'number'
}

/** No connector is put before it. */
function joins(kind: WordKind): boolean {
  return kind === 'none' || kind === 'connector' || kind === 'punctuation'
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(WORD)].map((match) => ({
    kind: KINDS[match.slice(1).findIndex((group) => group !== undefined)]!,
    text: match[0],
  }))
}

export function toUpperCamel(text: string): string {
  const [lead] = /^[-_\s]*/.exec(text)!
  const rest = runes(text.slice(lead.length))
  if (rest.length === 0) return lead
  let made = lead
  let held = rest[0]!.toUpperCase()
  for (const character of rest.slice(1)) {
    const isConnector = /[-_\s]/.test(character)
    const wasConnector = /[-_\s]/.test(held)
    if (isConnector && wasConnector) {
      made += held
      continue
    }
    if (!wasConnector) made += held
    held = wasConnector ? character.toUpperCase() : character.toLowerCase()
  }
  return made + held
}
