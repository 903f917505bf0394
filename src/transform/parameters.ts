// Target parameters whose value is a path: `$.detail.id` stands for what the event has there. A value is a path as
// a whole or not at all, and only in the parameters that EventBridge lets be dynamic.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#targets-specifics

import { AppError, isAppError } from '../base/index.ts'
import { parsePath, sourceAt, type Path } from './json-path.ts'
import { JsonView } from './json-view.ts'
import { plainText } from './plain-text.ts'

export type Parameters = Readonly<Record<string, unknown>>

export type ParametersResult =
  | { readonly kind: 'parameters'; readonly parameters: Parameters }
  /** The event has nothing at a path that must have a value. */
  | { readonly kind: 'failed'; readonly error: AppError }

export interface DynamicParameters {
  /** With the event's values in their places. `envelope` is valid JSON in UTF-8. */
  fill(envelope: Uint8Array): ParametersResult
}

const DYNAMIC = new Set([
  'EcsParameters',
  'HttpParameters',
  'RedshiftDataParameters',
  'SageMakerPipelineParameters',
])
/** What is absent from the event is simply not sent, where it has a name of its own. */
const OPTIONAL = new Set(['HeaderParameters', 'QueryStringParameters'])

/**
 * Undefined when no value is a path. A malformed path throws `TEMPLATE_INVALID` with the parameter's name in
 * `details.parameter`.
 */
export function compileParameters(parameters: Parameters): DynamicParameters | undefined {
  const paths = new Map<string, Path>()
  for (const [name, value] of Object.entries(parameters)) {
    if (DYNAMIC.has(name)) collectPaths(name, value, paths)
  }
  if (paths.size === 0) return undefined
  return { fill: (envelope) => fillAll(parameters, paths, new JsonView(envelope)) }
}

function collectPaths(name: string, value: unknown, paths: Map<string, Path>): void {
  if (typeof value === 'string') {
    if (isPath(value)) paths.set(value, parse(name, value))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) collectPaths(`${name}.${key}`, item, paths)
  }
}

function isPath(text: string): boolean {
  return text.startsWith('$.') || text.startsWith('$[')
}

function parse(parameter: string, source: string): Path {
  try {
    return parsePath(source)
  } catch (error) {
    if (!isAppError(error, 'TEMPLATE_INVALID')) throw error
    throw new AppError('TEMPLATE_INVALID', error.message, { details: { parameter }, cause: error })
  }
}

function fillAll(
  parameters: Parameters,
  paths: ReadonlyMap<string, Path>,
  view: JsonView,
): ParametersResult {
  const values = new Map<string, string>()
  for (const [source, path] of paths) {
    const bytes = sourceAt(view, path)
    if (bytes === undefined) continue
    const found = new JsonView(bytes)
    values.set(
      source,
      found.isString(found.root) ? plainText(found, found.root) : found.bytes.toString(),
    )
  }
  const missing: string[] = []
  const filled = Object.entries(parameters).map(([name, value]) => [
    name,
    DYNAMIC.has(name) ? fill(name, value, { paths, values, missing }) : value,
  ])
  if (missing[0] === undefined) {
    return { kind: 'parameters', parameters: Object.fromEntries(filled) as Parameters }
  }
  const message = `expected the event to have a value at \`${missing[0]}\``
  return { kind: 'failed', error: new AppError('TEMPLATE_INVALID', message) }
}

interface Filling {
  readonly paths: ReadonlyMap<string, Path>
  readonly values: ReadonlyMap<string, string>
  readonly missing: string[]
}

/** Undefined for what shall not be there. */
function fill(name: string, value: unknown, filling: Filling): unknown {
  if (typeof value === 'string') {
    if (!filling.paths.has(value)) return value
    const found = filling.values.get(value)
    if (found === undefined) filling.missing.push(value)
    return found
  }
  if (Array.isArray(value)) return value.map((item) => fill(name, item, filling))
  if (typeof value !== 'object' || value === null) return value
  const inner = OPTIONAL.has(name) ? { ...filling, missing: [] } : filling
  const entries = Object.entries(value).map(([key, item]) => [key, fill(key, item, inner)])
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}
