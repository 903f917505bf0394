// A pipe's spec, parsed and checked once: its patterns and templates compiled, its names put together. Making a plan
// is pure; what cannot be compiled throws `PATTERN_INVALID` or `TEMPLATE_INVALID`.

import { parsePattern, type Pattern } from '../match/index.ts'
import { pipeArn, type PipeSpec } from '../model/index.ts'
import { compilePipeTemplate, type PipeContext, type PipeTemplate } from '../transform/index.ts'

export interface PipePlan {
  readonly spec: PipeSpec
  readonly arn: string
  /** The resource's uid: another pipe of the same name has another. */
  readonly uid: string
  /** A record goes on when one of them matches, or when there are none. */
  readonly patterns: readonly Pattern[]
  /** What the enrichment is sent; the event itself when absent. */
  readonly enrichmentTemplate?: PipeTemplate
  readonly targetTemplate?: PipeTemplate
  readonly names: Omit<PipeContext, 'ingestionTime'>
}

export function planPipe(spec: PipeSpec, uid: string): PipePlan {
  const arn = pipeArn(spec, spec.name)
  const enrichmentTemplate = compileTemplate(spec.enrichmentParameters?.InputTemplate)
  const targetTemplate = compileTemplate(spec.targetParameters?.InputTemplate)
  return {
    spec,
    arn,
    uid,
    patterns: patternsOf(spec),
    ...(enrichmentTemplate === undefined ? {} : { enrichmentTemplate }),
    ...(targetTemplate === undefined ? {} : { targetTemplate }),
    names: {
      pipeArn: arn,
      pipeName: spec.name,
      sourceArn: spec.source,
      targetArn: spec.target,
      ...(spec.enrichment === undefined ? {} : { enrichmentArn: spec.enrichment }),
    },
  }
}

function patternsOf({ sourceParameters }: PipeSpec): readonly Pattern[] {
  const filters = sourceParameters?.FilterCriteria?.Filters ?? []
  return filters.flatMap(({ Pattern: text }) => (text ? [parsePattern(text)] : []))
}

function compileTemplate(text: string | undefined): PipeTemplate | undefined {
  return text ? compilePipeTemplate(text) : undefined
}
