// Sprig's functions of text. Lengths and places are those of bytes, as in Go.
// https://masterminds.github.io/sprig/strings.html

import { runes } from './runes.ts'
import { textList, toText } from './go-cast.ts'
import { formatValue, quoteText } from './go-format.ts'
import { fixed, variadic, type GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { GoMap, type GoValue } from './go-value.ts'
import { toDelimited, toUpperCamel } from './name-case.ts'
import type { Work } from './work.ts'

const trimAll = fixed(['string', 'string'], ([set, text]) => trimSet(text, set))

export const STRING_FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  hello: fixed([], () => 'Hello!'),
  trim: fixed(['string'], ([text]) => text.replaceAll(/^[\s\u0085]+|[\s\u0085]+$/g, '')),
  trimall: trimAll,
  trimAll,
  trimSuffix: fixed(['string', 'string'], ([end, text]) =>
    end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text,
  ),
  trimPrefix: fixed(['string', 'string'], ([start, text]) =>
    text.startsWith(start) ? text.slice(start.length) : text,
  ),
  upper: fixed(['string'], ([text]) => mapCharacters(text, (one) => one.toUpperCase())),
  lower: fixed(['string'], ([text]) => mapCharacters(text, (one) => one.toLowerCase())),
  title: fixed(['string'], ([text]) =>
    text.replaceAll(/(?<![\p{L}\p{Nd}_'])[\p{L}]/gu, (letter) => letter.toUpperCase()),
  ),
  untitle: fixed(['string'], ([text]) =>
    text.replaceAll(/(?<=^|\s)\S/gu, (letter) => letter.toLowerCase()),
  ),
  swapcase: fixed(['string'], ([text]) => swapCase(text)),
  snakecase: fixed(['string'], ([text]) => toDelimited(text, '_')),
  kebabcase: fixed(['string'], ([text]) => toDelimited(text, '-')),
  camelcase: fixed(['string'], ([text]) => toUpperCamel(text)),
  nospace: fixed(['string'], ([text]) => text.replaceAll(/\s/g, '')),
  initials: fixed(['string'], ([text]) =>
    text
      .split(/\s+/)
      .map((word) => runes(word)[0] ?? '')
      .join(''),
  ),
  abbrev: fixed(['int', 'string'], ([width, text]) => abbreviate(text, 0, width)),
  abbrevboth: fixed(['int', 'int', 'string'], ([left, right, text]) =>
    right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right),
  ),
  trunc: fixed(['int', 'string'], ([count, text]) => truncate(count, text)),
  substr: fixed(['int', 'int', 'string'], ([start, end, text]) => substring(start, end, text)),
  repeat: fixed(['int', 'string'], ([count, text], work) => {
    if (count < 0) throw new GoFault('strings: negative Repeat count')
    work.spendText(count * text.length)
    return text.repeat(count)
  }),
  wrap: fixed(['int', 'string'], ([width, text], work) => wrap(text, width, '\n', false, work)),
  wrapWith: fixed(['int', 'string', 'string'], ([width, line, text], work) =>
    wrap(text, width, line === '' ? '\n' : line, true, work),
  ),
  contains: fixed(['string', 'string'], ([part, text]) => text.includes(part)),
  hasPrefix: fixed(['string', 'string'], ([part, text]) => text.startsWith(part)),
  hasSuffix: fixed(['string', 'string'], ([part, text]) => text.endsWith(part)),
  quote: variadic([], 'any', (_, values, work) =>
    present(values)
      .map((value) => quoteText(toText(value, work)))
      .join(' '),
  ),
  squote: variadic([], 'any', (_, values, work) =>
    present(values)
      .map((value) => `'${formatValue(value, work)}'`)
      .join(' '),
  ),
  cat: variadic([], 'any', (_, values, work) =>
    present(values)
      .map((value) => formatValue(value, work))
      .join(' '),
  ),
  indent: fixed(['int', 'string'], ([count, text], work) => indent(count, text, work)),
  nindent: fixed(['int', 'string'], ([count, text], work) => `\n${indent(count, text, work)}`),
  replace: fixed(['string', 'string', 'string'], ([old, fresh, text], work) =>
    replaceAll(text, old, fresh, work),
  ),
  plural: fixed(['string', 'string', 'int'], ([one, many, count]) => (count === 1 ? one : many)),
  toString: fixed(['any'], ([value], work) => toText(value, work)),
  split: fixed(['string', 'string'], ([separator, text]) =>
    numbered(splitText(text, separator, -1)),
  ),
  splitn: fixed(['string', 'int', 'string'], ([separator, count, text]) =>
    numbered(splitText(text, separator, count)),
  ),
  splitList: fixed(['string', 'string'], ([separator, text]) =>
    textList(splitText(text, separator, -1)),
  ),
}

function present(values: readonly GoValue[]): GoValue[] {
  return values.filter((value) => value !== null && value !== undefined)
}

/** One character at a time, so that none becomes two. */
function mapCharacters(text: string, change: (character: string) => string): string {
  return runes(text)
    .map((character) => {
      const changed = change(character)
      return runes(changed).length === 1 ? changed : character
    })
    .join('')
}

/** A small letter after white space becomes a title, every other one changes its case. */
function swapCase(text: string): string {
  return mapCharacters(text, (one) =>
    one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase(),
  )
}

function trimSet(text: string, set: string): string {
  const characters = runes(text)
  const known = new Set(set)
  let [start, end] = [0, characters.length]
  while (start < end && known.has(characters[start]!)) start += 1
  while (end > start && known.has(characters[end - 1]!)) end -= 1
  return characters.slice(start, end).join('')
}

function truncate(count: number, text: string): string {
  const bytes = Buffer.from(text)
  if (count < 0 && bytes.length + count > 0) return bytes.subarray(bytes.length + count).toString()
  return count >= 0 && bytes.length > count ? bytes.subarray(0, count).toString() : text
}

function substring(start: number, end: number, text: string): string {
  const bytes = Buffer.from(text)
  const stop = start >= 0 && (end < 0 || end > bytes.length) ? bytes.length : end
  const from = Math.max(start, 0)
  if (from > stop || stop > bytes.length) {
    throw new GoFault(`runtime error: slice bounds out of range [${from}:${stop}]`)
  }
  return bytes.subarray(from, stop).toString()
}

function abbreviate(text: string, left: number, width: number): string {
  const bytes = Buffer.from(text)
  if (width < 4 || bytes.length <= width) return text
  let offset = Math.min(left, bytes.length)
  if (bytes.length - offset < width - 3) offset = bytes.length - (width - 3)
  if (offset <= 4) return `${bytes.subarray(0, width - 3).toString()}...`
  if (width < 7) return ''
  if (offset + (width - 3) < bytes.length) {
    return `...${abbreviate(bytes.subarray(offset).toString(), 0, width - 3)}`
  }
  return `...${bytes.subarray(bytes.length - (width - 3)).toString()}`
}

function indent(count: number, text: string, work: Work): string {
  if (count < 0) throw new GoFault('strings: negative Repeat count')
  work.spendText(text.length + count * text.split('\n').length)
  const padding = ' '.repeat(count)
  return padding + text.replaceAll('\n', `\n${padding}`)
}

function replaceAll(text: string, old: string, fresh: string, work: Work): string {
  const parts = old === '' ? ['', ...runes(text), ''] : text.split(old)
  work.spendText(text.length + (parts.length - 1) * fresh.length)
  return parts.join(fresh)
}

/** `strings.SplitN`; a count below 0 is all. */
function splitText(text: string, separator: string, count: number): string[] {
  if (count === 0) return []
  const parts = separator === '' ? runes(text) : text.split(separator)
  if (count < 0 || parts.length <= count) return parts
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}

function numbered(parts: readonly string[]): GoMap {
  return new GoMap(
    parts.map((part, index) => [`_${index}`, part]),
    'string',
  )
}

/** Breaks lines at the last space that fits; a word that is too long is broken or left. */
function wrap(text: string, width: number, line: string, breaksWords: boolean, work: Work): string {
  work.spendText(text.length * (1 + line.length))
  const size = Math.max(width, 1)
  let wrapped = ''
  let rest = text
  while (rest.length > size) {
    if (rest.startsWith(' ')) {
      rest = rest.slice(1)
      continue
    }
    const space = rest.lastIndexOf(' ', size)
    const next = space >= 0 ? space : breaksWords ? size : rest.indexOf(' ', size)
    if (next < 0) break
    wrapped += rest.slice(0, next) + line
    rest = rest.slice(space < 0 && breaksWords ? next : next + 1)
    work.spend(1)
  }
  return wrapped + rest
}
