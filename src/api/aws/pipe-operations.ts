// All operations of EventBridge Pipes. What a change leads to is told in AWS's words of transition; describing the
// pipe then tells what it does.

import type { NewPipe, PipeChange, PipeUses, PipeView } from '../../control/index.ts'
import type {
  PipeEnrichmentParameters,
  PipeLogConfiguration,
  PipeSourceParameters,
  PipeSpec,
  PipeTargetParameters,
  Tags,
} from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly Name: string
}

interface PipeInput extends NameInput {
  readonly Description?: string
  readonly DesiredState?: PipeSpec['state']
  readonly SourceParameters?: PipeSourceParameters
  readonly Enrichment?: string
  readonly EnrichmentParameters?: PipeEnrichmentParameters
  readonly TargetParameters?: PipeTargetParameters
  readonly RoleArn: string
  readonly LogConfiguration?: PipeLogConfiguration
  readonly KmsKeyIdentifier?: string
}

interface CreateInput extends PipeInput {
  readonly Source: string
  readonly Target: string
  readonly Tags?: Tags
}

interface UpdateInput extends PipeInput {
  readonly Target?: string
}

interface ListInput {
  readonly NamePrefix?: string
  readonly DesiredState?: string
  readonly CurrentState?: string
  readonly SourcePrefix?: string
  readonly TargetPrefix?: string
  readonly NextToken?: string
  readonly Limit?: number
}

interface ResourceInput {
  readonly resourceArn: string
}

export function pipeOperations(pipes: PipeUses): readonly AwsOperation[] {
  return [
    operation<CreateInput>('pipes', 'CreatePipe', async (input, scope) =>
      encodeChange(await pipes.create(scope, decodeNew(input)), 'CREATING'),
    ),
    operation<NameInput>('pipes', 'DescribePipe', async (input, scope) =>
      encodePipe(await pipes.get(scope, input.Name)),
    ),
    operation<ListInput>('pipes', 'ListPipes', async (input, scope) => {
      const page = await pipes.list(scope, {
        namePrefix: input.NamePrefix,
        desiredState: input.DesiredState,
        currentState: input.CurrentState,
        sourcePrefix: input.SourcePrefix,
        targetPrefix: input.TargetPrefix,
        limit: input.Limit,
        token: input.NextToken,
      })
      return { Pipes: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<UpdateInput>('pipes', 'UpdatePipe', async (input, scope) =>
      encodeChange(await pipes.update(scope, input.Name, decodeChange(input)), 'UPDATING'),
    ),
    operation<NameInput>('pipes', 'DeletePipe', async (input, scope) =>
      encodeChange(await pipes.delete(scope, input.Name), 'DELETING'),
    ),
    operation<NameInput>('pipes', 'StartPipe', async (input, scope) =>
      encodeChange(await pipes.setState(scope, input.Name, 'RUNNING'), 'STARTING'),
    ),
    operation<NameInput>('pipes', 'StopPipe', async (input, scope) =>
      encodeChange(await pipes.setState(scope, input.Name, 'STOPPED'), 'STOPPING'),
    ),
    ...tagOperations(pipes),
  ]
}

function tagOperations(pipes: PipeUses): readonly AwsOperation[] {
  return [
    operation<ResourceInput>('pipes', 'ListTagsForResource', async (input, scope) => ({
      tags: await pipes.tags(scope, input.resourceArn),
    })),
    operation<ResourceInput & { readonly tags: Tags }>(
      'pipes',
      'TagResource',
      async (input, scope) => {
        await pipes.changeTags(scope, input.resourceArn, (tags) => ({ ...tags, ...input.tags }))
        return {}
      },
    ),
    operation<ResourceInput & { readonly tagKeys: readonly string[] }>(
      'pipes',
      'UntagResource',
      async (input, scope) => {
        const gone = new Set(input.tagKeys)
        await pipes.changeTags(scope, input.resourceArn, (tags) =>
          Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
        )
        return {}
      },
    ),
  ]
}

function decodeNew(input: CreateInput): NewPipe {
  return {
    ...decodeChange(input),
    name: input.Name,
    source: input.Source,
    target: input.Target,
    tags: input.Tags,
  }
}

function decodeChange(input: UpdateInput): PipeChange {
  return {
    description: input.Description,
    state: input.DesiredState,
    sourceParameters: input.SourceParameters,
    enrichment: input.Enrichment,
    enrichmentParameters: input.EnrichmentParameters,
    target: input.Target,
    targetParameters: input.TargetParameters,
    roleArn: input.RoleArn,
    logConfiguration: input.LogConfiguration,
    kmsKeyIdentifier: input.KmsKeyIdentifier,
  }
}

function encodeChange(pipe: PipeView, currentState: string): object {
  return { ...encodeStates(pipe), CurrentState: currentState }
}

function encodeStates({ arn, spec, status, createdAt, modifiedAt }: PipeView): object {
  return {
    Arn: arn,
    Name: spec.name,
    DesiredState: spec.state,
    CurrentState: status.state,
    CreationTime: createdAt,
    LastModifiedTime: modifiedAt,
  }
}

function encodeListed(pipe: PipeView): object {
  const { spec, status } = pipe
  return {
    ...encodeStates(pipe),
    StateReason: status.reason,
    Source: spec.source,
    Enrichment: spec.enrichment,
    Target: spec.target,
  }
}

function encodePipe(pipe: PipeView): object {
  const { spec } = pipe
  return {
    ...encodeListed(pipe),
    Description: spec.description,
    SourceParameters: spec.sourceParameters,
    EnrichmentParameters: spec.enrichmentParameters,
    TargetParameters: spec.targetParameters,
    RoleArn: spec.roleArn,
    LogConfiguration: spec.logConfiguration,
    KmsKeyIdentifier: spec.kmsKeyIdentifier,
    Tags: spec.tags ?? {},
  }
}
