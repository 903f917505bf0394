// Filling in a template: whatever a name stands for comes as JSON bytes, and goes into the template as a JSON
// value, as text inside quotes, or as the bare text that people read.

import { AppError } from '../base/index.ts'
import { checkJson } from '../event/index.ts'
import { JsonView } from './json-view.ts'
import { BODY_DEPTH_MAX, BODY_SIZE_BYTES_MAX } from './limits.ts'
import { plainText } from './plain-text.ts'
import type { Placeholder, Template } from './template.ts'
import type { TransformResult } from './transform.ts'

/** The JSON that a name stands for; undefined when the event has nothing there. */
export type Lookup = (name: string) => Buffer | undefined

/** Literal parts of a template as bytes, made once. */
export type Literals = ReadonlyMap<string, Buffer>

export function literalsOf(template: Template): Literals {
  const literals = new Map<string, Buffer>()
  for (const part of template.parts) {
    if (typeof part === 'string') literals.set(part, Buffer.from(part))
  }
  return literals
}

export function fillTemplate(
  template: Template,
  literals: Literals,
  lookup: Lookup,
): TransformResult {
  const values = new Values(lookup)
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for (const part of template.parts) {
    const piece = typeof part === 'string' ? literals.get(part)! : valueOf(template, part, values)
    sizeBytes += piece.length
    if (sizeBytes > BODY_SIZE_BYTES_MAX) {
      return failed(`expected the template to make at most ${BODY_SIZE_BYTES_MAX} bytes`)
    }
    pieces.push(piece)
  }
  const body = Buffer.concat(pieces, sizeBytes)
  return template.kind === 'json' ? checked(body) : { kind: 'input', body }
}

/** What one event gives to the names of a template, each made once. */
class Values {
  readonly #lookup: Lookup
  readonly #json = new Map<string, Buffer>()
  readonly #text = new Map<string, Buffer>()

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  /** As a JSON value; of what is missing, an empty string. */
  json(name: string): Buffer {
    let made = this.#json.get(name)
    if (made === undefined) {
      made = this.#lookup(name) ?? Buffer.from('""')
      this.#json.set(name, made)
    }
    return made
  }

  /** As text; `isBare` prints objects and arrays without quotes, and otherwise they stay JSON. */
  text(name: string, isBare: boolean): Buffer {
    let made = this.#text.get(name)
    if (made === undefined) {
      made = this.#makeText(name, isBare)
      this.#text.set(name, made)
    }
    return made
  }

  #makeText(name: string, isBare: boolean): Buffer {
    const view = new JsonView(this.json(name))
    const span = view.root
    if (view.isContainer(span) && !isBare) return view.bytes
    return Buffer.from(plainText(view, span))
  }
}

function valueOf(template: Template, { name, isQuoted }: Placeholder, values: Values): Buffer {
  if (template.kind !== 'json') return values.text(name, true)
  return isQuoted ? values.text(name, false) : values.json(name)
}

function checked(body: Buffer): TransformResult {
  const check = checkJson(body, { depthMax: BODY_DEPTH_MAX })
  if (check.kind !== 'fault') return { kind: 'input', body }
  return failed(
    `expected the template to make JSON of this event: ${check.reason}, at byte \`${check.offset}\``,
  )
}

export function failed(message: string): TransformResult {
  return { kind: 'failed', error: new AppError('TEMPLATE_INVALID', message) }
}
