// ListTagsForResource, TagResource, UntagResource of events, and tags in AWS's form.

import { type Control, type Tag, tagSet } from '../../control/index.ts'
import type { Tags } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

export interface TagInput {
  readonly Key: string
  readonly Value: string
}

interface ResourceInput {
  readonly ResourceARN: string
}

interface AddInput extends ResourceInput {
  readonly Tags: readonly TagInput[]
}

interface RemoveInput extends ResourceInput {
  readonly TagKeys: readonly string[]
}

export function tagOperations(control: Control): readonly AwsOperation[] {
  const { tags } = control
  return [
    operation<ResourceInput>('events', 'ListTagsForResource', async (input, scope) => ({
      Tags: encodeTags(await tags.list(scope, input.ResourceARN)),
    })),
    operation<AddInput>('events', 'TagResource', async (input, scope) => {
      await tags.add(scope, input.ResourceARN, input.Tags.map(decodeTag))
      return {}
    }),
    operation<RemoveInput>('events', 'UntagResource', async (input, scope) => {
      await tags.remove(scope, input.ResourceARN, input.TagKeys)
      return {}
    }),
  ]
}

/** The `tags` of a new resource: nothing when the request has none. */
export function decodeTags(tags: readonly TagInput[] | undefined): { readonly tags?: Tags } {
  return tags === undefined || tags.length === 0 ? {} : { tags: tagSet(tags.map(decodeTag)) }
}

export function decodeTag({ Key: key, Value: value }: TagInput): Tag {
  return { key, value }
}

export function encodeTags(tags: Tags): readonly TagInput[] {
  return Object.entries(tags).map(([key, value]) => ({ Key: key, Value: value }))
}
