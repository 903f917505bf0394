// Target inputs over the envelope's bytes: a constant, a path, or a template with paths. An input is parsed
// and checked once; applying it is pure, and what it selects is sent as the bytes it was written in.

import { AppError, assertNever } from '../base/index.ts'
import { checkJson } from '../event/index.ts'
import { parsePath, select, sourceOf, type Path, type Selection } from './json-path.ts'
import { JsonView, type Span } from './json-view.ts'
import { BODY_DEPTH_MAX, BODY_SIZE_BYTES_MAX, CONSTANT_LENGTH_MAX, PATHS_MAX } from './limits.ts'
import { plainText } from './plain-text.ts'
import { isReserved, reservedValue } from './reserved.ts'
import { parseTemplate, type Placeholder, type Template } from './template.ts'
import type { InputTransform, TransformContext, TransformResult } from './transform.ts'

/** What a target is sent in place of the envelope. */
export type InputSpec =
  | { readonly kind: 'constant'; readonly json: string }
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'template'
      /** Paths by the names that the template uses. */
      readonly paths: Readonly<Record<string, string>>
      readonly template: string
    }

export interface CompileOptions {
  /** Refuse, as EventBridge does, templates that are neither JSON nor in quotes. */
  readonly strict?: boolean
}

/**
 * Parses and checks an input; a bad one throws `TEMPLATE_INVALID`, with a placeholder that no path defines
 * in `details.placeholder`.
 *
 * @example
 * const input = compileInput({
 *   kind: 'template',
 *   paths: { user: '$.detail.user_id' },
 *   template: '{"userId": <user>}',
 * })
 */
export function compileInput(input: InputSpec, options: CompileOptions = {}): InputTransform {
  switch (input.kind) {
    case 'constant':
      return compileConstant(input.json)
    case 'path':
      return compilePath(parsePath(input.path))
    case 'template':
      return compileTemplate(input.paths, parseTemplate(input.template, options.strict ?? false))
    default:
      return assertNever(input)
  }
}

function compileConstant(json: string): InputTransform {
  const body = Buffer.from(json)
  if (json.length > CONSTANT_LENGTH_MAX) {
    throw new AppError(
      'TEMPLATE_INVALID',
      `expected an input of at most ${CONSTANT_LENGTH_MAX} characters, got \`${json.length}\``,
    )
  }
  const check = checkJson(body, { depthMax: BODY_DEPTH_MAX })
  if (check.kind === 'fault') {
    throw new AppError(
      'TEMPLATE_INVALID',
      `expected the input to be JSON, got \`${json.slice(0, 40)}\`: ${check.reason}`,
    )
  }
  return { apply: () => ({ kind: 'input', body }) }
}

function compilePath(path: Path): InputTransform {
  return {
    apply(envelope) {
      const view = new JsonView(envelope)
      const selection = select(view, path)
      if (selection === undefined) {
        return failed(`expected the event to have a value at \`${path.source}\``)
      }
      return { kind: 'input', body: sourceOf(view, selection) }
    },
  }
}

function compileTemplate(
  sources: Readonly<Record<string, string>>,
  template: Template,
): InputTransform {
  const paths = parsePaths(sources)
  for (const part of template.parts) {
    if (typeof part !== 'string' && !paths.has(part.name) && !isReserved(part.name)) {
      throw new AppError(
        'TEMPLATE_INVALID',
        `expected the paths to define the placeholder \`${part.name}\``,
        { details: { placeholder: part.name } },
      )
    }
  }
  const literals = new Map<string, Buffer>()
  for (const part of template.parts) {
    if (typeof part === 'string') literals.set(part, Buffer.from(part))
  }
  return {
    apply(envelope, context) {
      const values = new Values(new JsonView(envelope), paths, context)
      const body = fill(template, literals, values)
      if (body === undefined) {
        return failed(`expected the template to make at most ${BODY_SIZE_BYTES_MAX} bytes`)
      }
      return template.kind === 'json' ? checked(body) : { kind: 'input', body }
    },
  }
}

function parsePaths(sources: Readonly<Record<string, string>>): Map<string, Path> {
  const entries = Object.entries(sources)
  if (entries.length > PATHS_MAX) {
    throw new AppError(
      'TEMPLATE_INVALID',
      `expected at most ${PATHS_MAX} paths, got \`${entries.length}\``,
    )
  }
  const paths = new Map<string, Path>()
  for (const [name, source] of entries) {
    if (/^aws/i.test(name) || !/^[A-Za-z0-9_.-]{1,256}$/.test(name)) {
      throw new AppError(
        'TEMPLATE_INVALID',
        `expected the name \`${name}\` to be letters, digits, dashes and underscores not beginning with AWS`,
      )
    }
    paths.set(name, parsePath(source))
  }
  return paths
}

/** The values that one event gives to the names of a template, each made once. */
class Values {
  readonly #view: JsonView
  readonly #paths: ReadonlyMap<string, Path>
  readonly #context: TransformContext
  readonly #json = new Map<string, Buffer>()
  readonly #text = new Map<string, Buffer>()

  constructor(view: JsonView, paths: ReadonlyMap<string, Path>, context: TransformContext) {
    this.#view = view
    this.#paths = paths
    this.#context = context
  }

  /** As a JSON value; of what is missing, an empty string. */
  json(name: string): Buffer {
    let made = this.#json.get(name)
    if (made === undefined) {
      made = this.#reserved(name) ?? this.#select(name) ?? Buffer.from('""')
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
    const span: Span = view.root
    if (view.isContainer(span) && !isBare) return view.bytes
    return Buffer.from(plainText(view, span))
  }

  #reserved(name: string): Buffer | undefined {
    return isReserved(name) ? reservedValue(name, this.#view, this.#context) : undefined
  }

  #select(name: string): Buffer | undefined {
    const path = this.#paths.get(name)
    const selection: Selection | undefined = path && select(this.#view, path)
    return selection && sourceOf(this.#view, selection)
  }
}

function fill(
  template: Template,
  literals: ReadonlyMap<string, Buffer>,
  values: Values,
): Buffer | undefined {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for (const part of template.parts) {
    const piece = typeof part === 'string' ? literals.get(part)! : valueOf(template, part, values)
    sizeBytes += piece.length
    if (sizeBytes > BODY_SIZE_BYTES_MAX) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces, sizeBytes)
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

function failed(message: string): TransformResult {
  return { kind: 'failed', error: new AppError('TEMPLATE_INVALID', message) }
}
