// Texts of Go templates, in which bare words are placeholders too: `{{ name }}` is kept from the template engine and
// filled in afterwards, with its type; `{{ camera.name }}` means the range variable `$camera`, or `.camera.name`.

import type { Json } from '../structure/index.ts'
import { asText, isList, isObject } from './json-tree.ts'

const ACTION = /\{\{(-?)\s*([\s\S]*?)\s*(-?)\}\}/g
const WORD = /^[A-Za-z_][\w-]*$/
const PATH = /^([A-Za-z_]\w*)((?:\.\w+)+)$/
/** Words of the template language itself. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'end',
  'else',
  'break',
  'continue',
  'nil',
  'true',
  'false',
])

const MARK = 'signalboxplaceholder'

export interface PreparedText {
  readonly text: string
  /** The words that stand behind the marks. */
  readonly words: readonly string[]
}

export function prepareText(text: string): PreparedText {
  const variables = variablesOf(text)
  const words: string[] = []
  const prepared = text.replaceAll(ACTION, (whole, left: string, body: string, right: string) => {
    if (WORD.test(body) && !KEYWORDS.has(body)) {
      if (variables.has(body)) return `{{${left} $${body} ${right}}}`
      words.push(body)
      return `${MARK}${words.length - 1}x`
    }
    const path = PATH.exec(body)
    if (path === null) return whole
    const head = variables.has(path[1]!) ? `$${path[1]}` : `.${path[1]}`
    return `{{${left} ${head}${path[2]} ${right}}}`
  })
  return { text: prepared, words }
}

/** The names that `$name` gives in the text. */
function variablesOf(text: string): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(/\$([A-Za-z_]\w*)\s*(?::=|,)/g), ([, name]) => name!))
}

/** The marks as placeholders again. */
export function putBack(value: Json, words: readonly string[]): Json {
  if (typeof value === 'string')
    return value.replaceAll(new RegExp(`${MARK}(\\d+)x`, 'g'), (whole, index: string) => {
      const word = words[Number(index)]
      return word === undefined ? whole : `{{ ${word} }}`
    })
  if (isList(value)) return value.map((item) => putBack(item, words))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      asText(putBack(name, words)),
      putBack(member ?? null, words),
    ]),
  )
}

/** The parameters that a text uses: bare words, and `.name` where the dot is the parameters. */
export function findTextParameters(text: string): readonly string[] {
  const variables = variablesOf(text)
  const names = new Set<string>()
  for (const [, , body] of text.matchAll(ACTION)) {
    const [, word] = /^([A-Za-z_][\w-]*)$/.exec(body!) ?? PATH.exec(body!) ?? []
    if (word !== undefined && !KEYWORDS.has(word) && !variables.has(word)) names.add(word)
  }
  return Array.from(names)
}
