// Target inputs over the envelope's bytes: a constant, a path, or a template with paths. An input is parsed
// and checked once; applying it is pure, and what it selects is sent as the bytes it was written in.

import { AppError, assertNever } from '../base/index.ts'
import { checkJson } from '../event/index.ts'
import { failed, fillTemplate, literalsOf } from './fill.ts'
import { fillFiringText } from './firing-text.ts'
import { parsePath, sourceAt, type Path } from './json-path.ts'
import { JsonView } from './json-view.ts'
import { BODY_DEPTH_MAX, CONSTANT_LENGTH_MAX, PATHS_MAX } from './limits.ts'
import { isReserved, reservedValue } from './reserved.ts'
import { parseTemplate, type Template } from './template.ts'
import type { InputTransform } from './transform.ts'

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
  /** Text with the names of a schedule's firing in it. */
  | { readonly kind: 'firing'; readonly text: string }

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
    case 'firing':
      return compileFiring(input.text)
    default:
      return assertNever(input)
  }
}

function compileFiring(text: string): InputTransform {
  const [id, time] = [parsePath('$.id'), parsePath('$.time')]
  return {
    apply(envelope, { ruleArn, attempt }) {
      const view = new JsonView(envelope)
      const textAt = (path: Path): string => JSON.parse(sourceAt(view, path)!.toString()) as string
      const facts = {
        scheduleArn: ruleArn,
        scheduledTime: textAt(time),
        eventId: textAt(id),
        attempt: attempt ?? 1,
      }
      return { kind: 'input', body: Buffer.from(fillFiringText(text, facts)) }
    },
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
      const body = sourceAt(view, path)
      if (body === undefined) {
        return failed(`expected the event to have a value at \`${path.source}\``)
      }
      return { kind: 'input', body }
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
  const literals = literalsOf(template)
  return {
    apply(envelope, context) {
      const view = new JsonView(envelope)
      return fillTemplate(template, literals, (name) => {
        if (isReserved(name)) return reservedValue(name, view, context)
        const path = paths.get(name)
        return path === undefined ? undefined : sourceAt(view, path)
      })
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
