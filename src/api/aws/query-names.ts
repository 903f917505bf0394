// The names of the older query protocol, which today's tables (made for JSON) no longer hold: lists and maps
// stand flattened under the singular of their member or the name of their item.
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

/** Entries of a tag map are Key and Value, of every other map Name and Value. */
export function keyName(shapeName: string): string {
  return shapeName === 'TagMap' ? 'Key' : 'Name'
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
