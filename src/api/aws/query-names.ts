// The names of the query protocol. Lists and maps stand in an element of their own, as `member` and `entry`; those
// of SQS, whose tables are made for JSON today, stand flattened under the singular of their member or the name of
// their item.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html

import type { Shape } from './shapes.ts'

/** What a list or map is called in a response: `<QueueUrl>`, `<Attribute>`, `<SendMessageBatchResultEntry>`. */
export function responseName(member: string, shapeName: string, shape: Shape): string {
  return shape.type === 'list' ? itemName(shapeName) : singular(capitalised(member))
}

/** Every name a list or map may have in a request; clients of different age say it differently. */
export function requestNames(member: string, shapeName: string): readonly string[] {
  const name = capitalised(member)
  return [...new Set([singular(name), itemName(shapeName), name])]
}

/** What an item is called inside the element of its list or map. */
export function wrappedName(shape: Shape): string {
  return shape.type === 'list' ? (shape.member?.locationName ?? 'member') : 'entry'
}

/** In SQS entries of a tag map are Key and Value, of every other map Name and Value. */
export function entryNames(
  shapeName: string,
  shape: Shape,
): { readonly key: string; readonly value: string } {
  if (shape.flattened === true) {
    return { key: shapeName === 'TagMap' ? 'Key' : 'Name', value: 'Value' }
  }
  return { key: shape.key?.locationName ?? 'key', value: shape.value?.locationName ?? 'value' }
}

function itemName(shapeName: string): string {
  return shapeName.replace(/List$/, '')
}

function singular(name: string): string {
  return name.replace(/s$/, '')
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
