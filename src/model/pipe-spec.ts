// Pipes: source → filter → enrichment → target. Parameters stay in the words of AWS, as given, because each sort of
// source and target has its own; what the pipe itself reads of them is named here.

import type { FaultList, Fields } from './fault-list.ts'
import { parseArn } from './arn.ts'
import type { Scope, Tags } from './kinds.ts'

export interface PipeSpec extends Scope {
  readonly name: string
  readonly description?: string
  /** What it should be doing; what it does is told by the pipe room. */
  readonly state: 'RUNNING' | 'STOPPED'
  readonly source: string
  readonly sourceParameters?: PipeSourceParameters
  readonly enrichment?: string
  readonly enrichmentParameters?: PipeEnrichmentParameters
  readonly target: string
  readonly targetParameters?: PipeTargetParameters
  readonly roleArn: string
  readonly logConfiguration?: PipeLogConfiguration
  readonly kmsKeyIdentifier?: string
  readonly tags?: Tags
}

type Parameters = Readonly<Record<string, unknown>>

export interface PipeSourceParameters extends Parameters {
  readonly FilterCriteria?: { readonly Filters?: readonly { readonly Pattern?: string }[] }
}

export interface PipeHttpParameters {
  readonly HeaderParameters?: Readonly<Record<string, string>>
  readonly QueryStringParameters?: Readonly<Record<string, string>>
  readonly PathParameterValues?: readonly string[]
}

export interface PipeEnrichmentParameters extends Parameters {
  readonly InputTemplate?: string
  readonly HttpParameters?: PipeHttpParameters
}

export interface PipeTargetParameters extends Parameters {
  readonly InputTemplate?: string
  readonly HttpParameters?: PipeHttpParameters
  readonly LambdaFunctionParameters?: { readonly InvocationType?: string }
  readonly SqsQueueParameters?: {
    readonly MessageGroupId?: string
    readonly MessageDeduplicationId?: string
  }
  readonly EventBridgeEventBusParameters?: {
    readonly DetailType?: string
    readonly Source?: string
    readonly Resources?: readonly string[]
    readonly Time?: string
  }
}

export type PipeLogLevel = 'OFF' | 'ERROR' | 'INFO' | 'TRACE'

export interface PipeLogConfiguration extends Parameters {
  readonly Level: PipeLogLevel
  readonly IncludeExecutionData?: readonly string[]
}

const FILTERS_MAX = 5

export function checkPipe(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], { lengthMax: 64, pattern: /^[.\-_A-Za-z0-9]+$/ })
  faults.text('spec.description', spec['description'], {
    lengthMin: 0,
    lengthMax: 512,
    isOptional: true,
  })
  faults.oneOf('spec.state', spec['state'], ['RUNNING', 'STOPPED'])
  faults.text('spec.source', spec['source'], { lengthMax: 1600 })
  faults.text('spec.target', spec['target'], { lengthMax: 1600 })
  faults.text('spec.enrichment', spec['enrichment'], { lengthMax: 1600, isOptional: true })
  if (typeof spec['roleArn'] !== 'string' || parseArn(spec['roleArn']) === undefined)
    faults.add('spec.roleArn', 'an ARN', spec['roleArn'])
  checkFilters(faults, spec['sourceParameters'])
  for (const member of ['enrichmentParameters', 'targetParameters'])
    checkTemplate(faults, `spec.${member}`, spec[member])
  if (spec['logConfiguration'] !== undefined) checkLog(faults, spec['logConfiguration'])
}

function checkFilters(faults: FaultList, value: unknown): void {
  if (value === undefined) return
  const path = 'spec.sourceParameters'
  const criteria = faults.fields(path, value)?.['FilterCriteria']
  if (criteria === undefined) return
  const filters = faults.fields(`${path}.FilterCriteria`, criteria)?.['Filters']
  if (filters === undefined) return
  const at = `${path}.FilterCriteria.Filters`
  for (const [index, filter] of faults.items(at, filters, FILTERS_MAX).entries()) {
    const pattern = faults.fields(`${at}[${index}]`, filter)?.['Pattern']
    faults.text(`${at}[${index}].Pattern`, pattern, {
      lengthMin: 0,
      lengthMax: 4096,
      isOptional: true,
    })
  }
}

function checkTemplate(faults: FaultList, path: string, value: unknown): void {
  if (value === undefined) return
  const template = faults.fields(path, value)?.['InputTemplate']
  faults.text(`${path}.InputTemplate`, template, {
    lengthMin: 0,
    lengthMax: 8192,
    isOptional: true,
  })
}

function checkLog(faults: FaultList, value: unknown): void {
  const path = 'spec.logConfiguration'
  const level = faults.fields(path, value)?.['Level']
  faults.oneOf(`${path}.Level`, level, ['OFF', 'ERROR', 'INFO', 'TRACE'])
}
