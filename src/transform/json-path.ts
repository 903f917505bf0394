// JSON paths as EventBridge takes them: names by dots or in brackets, array indexes, and `*` for every
// member or element. No filters, slices, functions or descent.

import { AppError } from '../base/index.ts'
import { JsonView, type Span } from './json-view.ts'
import { PATH_LENGTH_MAX } from './limits.ts'

export type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }

export interface Path {
  readonly source: string
  readonly steps: readonly Step[]
  /** Whether it holds a `*` and so selects a list. */
  readonly isList: boolean
}

/** What a path selected: one value as it lies in the event, or the values that a list is made of. */
type Selection =
  | { readonly kind: 'value'; readonly span: Span }
  | { readonly kind: 'list'; readonly spans: readonly Span[] }

const STEP =
  /\.(?:(?<all>\*)|(?<name>[^.[\]*?()'"\s@,:]+))|\[(?:(?<every>\*)|(?<index>\d{1,9})|'(?<single>[^']+)'|"(?<double>[^"]+)")\]/y

/** Parses a path such as `$.detail.items[0].price-list.*`, or throws `TEMPLATE_INVALID`. */
export function parsePath(source: string): Path {
  if (source.length > PATH_LENGTH_MAX) {
    throw invalid(source.slice(0, PATH_LENGTH_MAX), `at most ${PATH_LENGTH_MAX} characters`)
  }
  if (!source.startsWith('$')) throw invalid(source, 'a JSON path that begins with `$`')
  const steps: Step[] = []
  STEP.lastIndex = 1
  while (STEP.lastIndex < source.length) {
    const at = STEP.lastIndex
    const groups = STEP.exec(source)?.groups
    if (groups === undefined) {
      throw invalid(source, `names, indexes or \`*\` from position ${at} on`)
    }
    steps.push(stepOf(groups))
  }
  return { source, steps, isList: steps.some((step) => step.kind === 'all') }
}

function invalid(source: string, expected: string): AppError {
  return new AppError('TEMPLATE_INVALID', `expected the path \`${source}\` to be ${expected}`, {
    details: { path: source },
  })
}

function stepOf(groups: Readonly<Record<string, string | undefined>>): Step {
  if (groups['index'] !== undefined) return { kind: 'index', index: Number(groups['index']) }
  const name = groups['name'] ?? groups['single'] ?? groups['double']
  return name === undefined ? { kind: 'all' } : { kind: 'name', name }
}

/** The value at `path`, or undefined when the event has none. */
function select(view: JsonView, path: Path): Selection | undefined {
  let spans: readonly Span[] = [view.root]
  let isList = false
  for (const step of path.steps) {
    const next: Span[] = []
    let isThere = false
    for (const span of spans) {
      const found = follow(view, span, step)
      if (found === undefined) continue
      isThere = true
      for (const each of found) next.push(each)
    }
    // An empty list is a value; a list of what is not there is none.
    if (!isThere && !isList) return undefined
    if (step.kind === 'all') isList = true
    spans = next
  }
  return isList ? { kind: 'list', spans } : { kind: 'value', span: spans[0]! }
}

function follow(view: JsonView, span: Span, step: Step): readonly Span[] | undefined {
  if (step.kind === 'name') {
    const member = view.members(span)?.get(step.name)
    return member === undefined ? undefined : [member]
  }
  if (step.kind === 'index') {
    const element = view.elements(span)?.[step.index]
    return element === undefined ? undefined : [element]
  }
  return view.elements(span) ?? (view.members(span) && [...view.members(span)!.values()])
}

/** The value at a path, as it was written; undefined when there is none. */
export function sourceAt(view: JsonView, path: Path): Buffer | undefined {
  const selection = select(view, path)
  return selection === undefined ? undefined : sourceOf(view, selection)
}

/** A selection as JSON: the bytes as they were written, a list's values between brackets. */
function sourceOf(view: JsonView, selection: Selection): Buffer {
  if (selection.kind === 'value') return view.source(selection.span)
  const parts = selection.spans.flatMap((span, index) =>
    index === 0 ? [view.source(span)] : [Buffer.from(','), view.source(span)],
  )
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')])
}

/**
 * The value at `path` in JSON bytes, as it was written there, or undefined when there is none.
 *
 * @example
 * selectPath(Buffer.from('{"detail":{"n":1.50}}'), '$.detail.n')?.toString() // '1.50'
 */
export function selectPath(json: Uint8Array, path: string): Buffer | undefined {
  return sourceAt(new JsonView(json), parsePath(path))
}
