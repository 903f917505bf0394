// `signalbox schema infer`: the schema of sample events, as the discoverer would make it; needs no server.

import {
  exportDraft4,
  formatInferred,
  mergeShapes,
  parseDocument,
  shapeOf,
} from '../schema/index.ts'
import type { CommandContext } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { readFileText } from './input.ts'
import { UsageError } from './usage-error.ts'

export interface SchemaInferOptions {
  readonly draft4?: boolean
  readonly source?: string
  readonly detailType?: string
}

interface Sample {
  readonly source?: string
  readonly detailType?: string
  readonly detail: unknown
}

export async function runSchemaInfer(
  { io }: CommandContext,
  options: SchemaInferOptions,
  files: readonly string[],
): Promise<number> {
  const samples: Sample[] = []
  for (const file of files.length === 0 ? ['-'] : files) {
    samples.push(...readSamples(await readFileText(io, file), file))
  }
  const first = samples[0]
  if (first === undefined) throw new UsageError('expected at least one event')
  const source = options.source ?? first.source ?? 'unknown'
  const detailType = options.detailType ?? first.detailType ?? 'Event'
  const detail = samples.map((sample) => shapeOf(sample.detail)).reduce(mergeShapes)
  const content = formatInferred({ source, detailType, detail })
  const printed =
    options.draft4 === true
      ? exportDraft4(parseDocument({ name: detailType, type: 'OpenApi3', content }))
      : content
  await io.stdout.write(`${JSON.stringify(JSON.parse(printed), undefined, 2)}\n`)
  return EXIT_CODES.ok
}

/** One event, a list of them, or one to a line. */
function readSamples(text: string, file: string): readonly Sample[] {
  const whole = parse(text)
  const values =
    whole === undefined
      ? text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parse(line)]))
      : [whole].flat()
  return values.map((value) => toSample(value, file))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** An envelope of EventBridge, a CloudEvent, or a detail alone. */
function toSample(value: unknown, file: string): Sample {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`expected \`${file}\` to hold events as JSON objects`)
  }
  const event = value as Readonly<Record<string, unknown>>
  const { source, type, detail, data, 'detail-type': detailType } = event
  if (typeof source !== 'string') return { detail: value }
  if (typeof detailType === 'string' && detail !== undefined) return { source, detailType, detail }
  if (typeof type === 'string' && 'specversion' in event) {
    return { source, detailType: type, detail: data ?? {} }
  }
  return { detail: value }
}
