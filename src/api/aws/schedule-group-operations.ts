// The operations of EventBridge Scheduler on schedule groups, and on their tags.

import type { Control, ScheduleGroupView } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import { decodeTag, decodeTags, encodeTags, type TagInput } from './tag-operations.ts'

interface NameInput {
  readonly Name: string
  readonly ClientToken?: string
}

interface CreateInput extends NameInput {
  readonly Tags?: readonly TagInput[]
}

interface ListInput {
  readonly MaxResults?: number
  readonly NamePrefix?: string
  readonly NextToken?: string
}

interface ResourceInput {
  readonly ResourceArn: string
}

interface AddInput extends ResourceInput {
  readonly Tags: readonly TagInput[]
}

interface RemoveInput extends ResourceInput {
  readonly TagKeys: readonly string[]
}

export function scheduleGroupOperations({
  scheduleGroups: groups,
}: Control): readonly AwsOperation[] {
  return [
    operation<CreateInput>('scheduler', 'CreateScheduleGroup', async (input, scope) => {
      const draft = { name: input.Name, token: input.ClientToken, ...decodeTags(input.Tags) }
      return { ScheduleGroupArn: (await groups.create(scope, draft)).arn }
    }),
    operation<NameInput>('scheduler', 'GetScheduleGroup', async (input, scope) =>
      encodeGroup(await groups.get(scope, input.Name)),
    ),
    operation<NameInput>('scheduler', 'DeleteScheduleGroup', async (input, scope) => {
      await groups.delete(scope, input.Name, input.ClientToken)
      return {}
    }),
    operation<ListInput>('scheduler', 'ListScheduleGroups', async (input, scope) => {
      const page = await groups.list(scope, {
        namePrefix: input.NamePrefix,
        limit: input.MaxResults,
        token: input.NextToken,
      })
      return { ScheduleGroups: page.items.map(encodeGroup), NextToken: page.nextToken }
    }),
    operation<ResourceInput>('scheduler', 'ListTagsForResource', async (input, scope) => ({
      Tags: encodeTags(await groups.listTags(scope, input.ResourceArn)),
    })),
    operation<AddInput>('scheduler', 'TagResource', async (input, scope) => {
      await groups.addTags(scope, input.ResourceArn, input.Tags.map(decodeTag))
      return {}
    }),
    operation<RemoveInput>('scheduler', 'UntagResource', async (input, scope) => {
      await groups.removeTags(scope, input.ResourceArn, input.TagKeys)
      return {}
    }),
  ]
}

function encodeGroup({ arn, name, state, createdAt, modifiedAt }: ScheduleGroupView): object {
  return {
    Arn: arn,
    CreationDate: createdAt,
    LastModificationDate: modifiedAt,
    Name: name,
    State: state,
  }
}
