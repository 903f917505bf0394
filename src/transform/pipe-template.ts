// Templates of pipes: paths stand in the template itself, `{"id": <$.body.id>}`, beside reserved names. Paths lead
// through the event with its payload decoded; where a path leads nowhere there is an empty string.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html

import { AppError } from '../base/index.ts'
import { fillTemplate, literalsOf } from './fill.ts'
import { parsePath, sourceAt, type Path } from './json-path.ts'
import { JsonView } from './json-view.ts'
import { parsePathTemplate } from './template.ts'
import type { TransformResult } from './transform.ts'

/** An event on its way through a pipe. */
export interface PipeEvent {
  /** JSON as the source, or the enrichment, gave it. */
  readonly received: Uint8Array
  /** The same with the payload that lies in it as text parsed, where that is JSON. */
  readonly decoded: Uint8Array
}

export interface PipeContext {
  readonly pipeArn: string
  readonly pipeName: string
  readonly sourceArn: string
  readonly enrichmentArn?: string
  readonly targetArn: string
  /** When the event came to this transformation, wall milliseconds. */
  readonly ingestionTime: number
}

export interface PipeTemplate {
  apply(event: PipeEvent, context: PipeContext): TransformResult
}

type Reserved = (event: PipeEvent, context: PipeContext) => Uint8Array

const RESERVED: ReadonlyMap<string, Reserved> = new Map<string, Reserved>([
  ['aws.pipes.pipe-arn', (_event, context) => quote(context.pipeArn)],
  ['aws.pipes.pipe-name', (_event, context) => quote(context.pipeName)],
  ['aws.pipes.source-arn', (_event, context) => quote(context.sourceArn)],
  ['aws.pipes.enrichment-arn', (_event, context) => quote(context.enrichmentArn ?? '')],
  ['aws.pipes.target-arn', (_event, context) => quote(context.targetArn)],
  [
    'aws.pipes.event.ingestion-time',
    (_event, context) => quote(new Date(context.ingestionTime).toISOString()),
  ],
  ['aws.pipes.event', (event) => event.received],
  ['aws.pipes.event.json', (event) => event.decoded],
])

/** Parses and checks a template; a bad one throws `TEMPLATE_INVALID`. */
export function compilePipeTemplate(source: string): PipeTemplate {
  const template = parsePathTemplate(source)
  const paths = new Map<string, Path>()
  for (const part of template.parts) {
    if (typeof part === 'string' || RESERVED.has(part.name)) continue
    if (!part.name.startsWith('$')) {
      throw new AppError(
        'TEMPLATE_INVALID',
        `expected a path or one of \`${[...RESERVED.keys()].join('`, `')}\`, got \`${part.name}\``,
      )
    }
    paths.set(part.name, parsePath(part.name))
  }
  const literals = literalsOf(template)
  return {
    apply(event, context) {
      const view = new JsonView(event.decoded)
      return fillTemplate(template, literals, (name) => {
        const path = paths.get(name)
        if (path !== undefined) return sourceAt(view, path)
        return bufferOf(RESERVED.get(name)!(event, context))
      })
    },
  }
}

/** Whether a parameter is one that each event fills in: a path as a whole. */
export function isDynamic(value: string): boolean {
  return /^\$(?:\.|\[|$)/.test(value)
}

/** The text at a path of an event; undefined when the event has none. A list or an object stays JSON. */
export function textAt(event: PipeEvent, path: string): string | undefined {
  const view = new JsonView(event.decoded)
  const found = sourceAt(view, parsePath(path))
  if (found === undefined) return undefined
  const value: unknown = JSON.parse(found.toString())
  return typeof value === 'string' ? value : found.toString()
}

/** The elements of a JSON array as they were written; undefined of any other value. `json` was checked before. */
export function splitArray(json: Uint8Array): readonly Buffer[] | undefined {
  const view = new JsonView(json)
  return view.elements(view.root)?.map((span) => view.source(span))
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function quote(text: string): Buffer {
  return Buffer.from(JSON.stringify(text))
}
