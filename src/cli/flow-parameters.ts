// Parameters of workflows as they are given on the command line: `-p name=value`.

import { UsageError } from './usage-error.ts'

/** What reads as JSON is that value, with its type; all else is a text. */
export function readParameters(texts: readonly string[]): Readonly<Record<string, unknown>> {
  const entries = texts.map((text): readonly [string, unknown] => {
    const at = text.indexOf('=')
    if (at <= 0) throw new UsageError(`expected \`-p\` to be \`name=value\`, got \`${text}\``)
    return [text.slice(0, at), valueOf(text.slice(at + 1))]
  })
  return Object.fromEntries(entries)
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
