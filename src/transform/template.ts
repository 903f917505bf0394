// Input templates. A template is text with `<name>` in it, and what it is decides how names are filled in:
//
//   json    begins a JSON value   `<x>` is a JSON value; inside quotes it is the value's bare text. Nothing is
//                                 escaped; what is no JSON in the end is not delivered
//   quoted  begins with a quote   every `<x>` is text; delivered with its quotes, several lines as they are
//   plain   anything else         every `<x>` is text; EventBridge refuses these, and so does `strict`

import { checkJson } from '../event/index.ts'
import { AppError } from '../base/index.ts'
import { BODY_DEPTH_MAX, TEMPLATE_LENGTH_MAX } from './limits.ts'

export type TemplateKind = 'json' | 'quoted' | 'plain'

export interface Placeholder {
  readonly name: string
  readonly isQuoted: boolean
}

/** Literal text and placeholders in order. */
export interface Template {
  readonly kind: TemplateKind
  readonly parts: readonly (string | Placeholder)[]
}

/** Names that paths define, as rules write them. */
const NAME = /<([A-Za-z0-9_.-]+)>/g
/** Paths themselves, and reserved names, as pipes write them. */
const PATH_OR_RESERVED = /<(\$[^<>]*|aws\.pipes\.[a-z.-]+)>/g

/** Parses a template, or throws `TEMPLATE_INVALID`. */
export function parseTemplate(source: string, strict: boolean): Template {
  return parseWith(NAME, source, strict)
}

/** Parses a template whose placeholders are paths, `<$.body.id>`, or throws `TEMPLATE_INVALID`. */
export function parsePathTemplate(source: string): Template {
  return parseWith(PATH_OR_RESERVED, source, false)
}

function parseWith(placeholder: RegExp, source: string, strict: boolean): Template {
  if (source.length === 0 || source.length > TEMPLATE_LENGTH_MAX) {
    throw new AppError(
      'TEMPLATE_INVALID',
      `expected a template of 1 to ${TEMPLATE_LENGTH_MAX} characters, got \`${source.length}\``,
    )
  }
  const parts = splitParts(placeholder, source)
  const start = source.trimStart()
  if (start.startsWith('"')) return { kind: 'quoted', parts }
  const fault = faultOf(parts)
  if (fault === undefined) return { kind: 'json', parts }
  if (strict || start.startsWith('{')) {
    const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source
    throw new AppError(
      'TEMPLATE_INVALID',
      `expected the template to be JSON or text in quotes, got \`${shown}\`: ${fault}`,
    )
  }
  return { kind: 'plain', parts }
}

function splitParts(placeholder: RegExp, source: string): (string | Placeholder)[] {
  const parts: (string | Placeholder)[] = []
  let isQuoted = false
  let done = 0
  for (const match of source.matchAll(placeholder)) {
    const text = source.slice(done, match.index)
    isQuoted = endsQuoted(text, isQuoted)
    if (text !== '') parts.push(text)
    parts.push({ name: match[1]!, isQuoted })
    done = match.index + match[0].length
  }
  if (done < source.length) parts.push(source.slice(done))
  return parts
}

function endsQuoted(text: string, startsQuoted: boolean): boolean {
  let isQuoted = startsQuoted
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\' && isQuoted) at += 1
    else if (text[at] === '"') isQuoted = !isQuoted
  }
  return isQuoted
}

// A string in every bare place is JSON exactly when some values can be.
function faultOf(parts: readonly (string | Placeholder)[]): string | undefined {
  const filled = parts.map((part) => (typeof part === 'string' ? part : part.isQuoted ? '' : '""'))
  const check = checkJson(Buffer.from(filled.join('')), { depthMax: BODY_DEPTH_MAX })
  return check.kind === 'fault' ? check.reason : undefined
}
