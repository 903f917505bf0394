// CreateDiscoverer, DescribeDiscoverer, ListDiscoverers, UpdateDiscoverer, StartDiscoverer, StopDiscoverer,
// DeleteDiscoverer.

import type { DiscovererView, SchemaUses } from '../../control/index.ts'
import type { Tags } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import { decodePage, type PageInput } from './schemas-page.ts'

interface DiscovererInput {
  readonly DiscovererId: string
}

interface UpdateInput {
  readonly Description?: string
  readonly CrossAccount?: boolean
}

interface CreateInput extends UpdateInput {
  readonly SourceArn: string
  readonly Tags?: Tags
}

interface ListInput extends PageInput {
  readonly DiscovererIdPrefix?: string
  readonly SourceArnPrefix?: string
}

export function discovererOperations({ discoverers }: SchemaUses): readonly AwsOperation[] {
  return [
    operation<CreateInput>('schemas', 'CreateDiscoverer', async (input, scope) => {
      const { SourceArn: sourceArn, Tags: tags } = input
      const discoverer = { sourceArn, tags, ...decodeUpdate(input) }
      return encodeDiscoverer(await discoverers.create(scope, discoverer))
    }),
    operation<DiscovererInput>('schemas', 'DescribeDiscoverer', async (input, scope) =>
      encodeDiscoverer(await discoverers.get(scope, input.DiscovererId)),
    ),
    operation<ListInput>('schemas', 'ListDiscoverers', async (input, scope) => {
      const { DiscovererIdPrefix: idPrefix, SourceArnPrefix: sourceArnPrefix } = input
      const filter = { idPrefix, sourceArnPrefix, ...decodePage(input) }
      const page = await discoverers.list(scope, filter)
      return { Discoverers: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<DiscovererInput & UpdateInput>('schemas', 'UpdateDiscoverer', async (input, scope) =>
      encodeDiscoverer(await discoverers.update(scope, input.DiscovererId, decodeUpdate(input))),
    ),
    operation<DiscovererInput>('schemas', 'StartDiscoverer', async (input, scope) =>
      encodeState(await discoverers.start(scope, input.DiscovererId)),
    ),
    operation<DiscovererInput>('schemas', 'StopDiscoverer', async (input, scope) =>
      encodeState(await discoverers.stop(scope, input.DiscovererId)),
    ),
    operation<DiscovererInput>('schemas', 'DeleteDiscoverer', async (input, scope) => {
      await discoverers.delete(scope, input.DiscovererId)
      return {}
    }),
  ]
}

function decodeUpdate({ Description: description, CrossAccount: crossAccount }: UpdateInput): {
  readonly description: string | undefined
  readonly crossAccount: boolean | undefined
} {
  return { description, crossAccount }
}

function encodeState({ spec }: DiscovererView): object {
  return { DiscovererId: spec.id, State: spec.state }
}

function encodeListed(discoverer: DiscovererView): object {
  const { arn, sourceArn, spec } = discoverer
  return {
    ...encodeState(discoverer),
    DiscovererArn: arn,
    SourceArn: sourceArn,
    CrossAccount: spec.crossAccount,
    tags: spec.tags ?? {},
  }
}

function encodeDiscoverer(discoverer: DiscovererView): object {
  return { ...encodeListed(discoverer), Description: discoverer.spec.description }
}
