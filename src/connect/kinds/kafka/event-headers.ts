// The headers of events in binary mode, as bytes. Of events that come one after the other most headers are alike: those are
// encoded once, and id, time and subject are written between them.

import { attributesOf, type Event } from '../../../event/index.ts'
import { encodeText, sizeOfVarint, writeVarint } from './header-bytes.ts'

const PREFIX = 'ce_'

/** As headers, by name. */
export function headersOf(event: Event): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributesOf(event)) {
    if (name === 'datacontenttype') headers['content-type'] = String(value)
    else headers[`${PREFIX}${name}`] = String(value)
  }
  if (event.data !== undefined) headers['content-type'] ??= 'application/json'
  return headers
}

/** What stands before the id, the time and the subject, and behind all of them. */
export interface HeaderTemplate {
  readonly beforeId: Buffer
  readonly beforeTime: Buffer
  readonly beforeSubject: Buffer | undefined
  readonly after: Buffer
  /** Of all of these. */
  readonly sizeBytes: number
  /** The partitioning extension, which is the key where nothing else is said. */
  readonly key: Buffer | undefined
}

export function headerTemplateOf(event: Event): HeaderTemplate {
  const parts: Buffer[][] = [[]]
  const entries = Object.entries(headersOf(event))
  const count = Buffer.allocUnsafe(sizeOfVarint(entries.length))
  writeVarint(count, entries.length, 0)
  for (const [name, value] of entries) {
    parts.at(-1)!.push(encodeText(name))
    if (name === 'ce_id' || name === 'ce_time' || name === 'ce_subject') parts.push([])
    else parts.at(-1)!.push(encodeText(value))
  }
  const pieces = parts.map((part) => Buffer.concat(part))
  const hasSubject = event.subject !== undefined
  const { partitionkey } = event.extensions
  return {
    beforeId: Buffer.concat([count, pieces[0]!]),
    beforeTime: pieces[1]!,
    beforeSubject: hasSubject ? pieces[2] : undefined,
    after: pieces.at(-1)!,
    sizeBytes: count.length + pieces.reduce((sum, { length }) => sum + length, 0),
    key: partitionkey === undefined ? undefined : Buffer.from(String(partitionkey)),
  }
}
