// The names that templates may use without defining them.

import { formatSeconds } from '../base/index.ts'
import type { JsonView } from './json-view.ts'
import type { TransformContext } from './transform.ts'

type Reserved = (view: JsonView, context: TransformContext) => Buffer

const RESERVED: ReadonlyMap<string, Reserved> = new Map<string, Reserved>([
  ['aws.events.rule-arn', (_view, context) => quote(context.ruleArn)],
  ['aws.events.rule-name', (_view, context) => quote(context.ruleName)],
  [
    'aws.events.event.ingestion-time',
    (_view, context) => quote(formatSeconds(context.ingestionTime)),
  ],
  ['aws.events.event.json', (view) => view.source(view.root)],
  ['aws.events.event', withoutDetail],
])

export function isReserved(name: string): boolean {
  return RESERVED.has(name)
}

/** The JSON value of a reserved name. */
export function reservedValue(name: string, view: JsonView, context: TransformContext): Buffer {
  return RESERVED.get(name)!(view, context)
}

function quote(text: string): Buffer {
  return Buffer.from(JSON.stringify(text))
}

// The event without its detail, and `detailType` where the envelope has `detail-type`, as AWS sends it.
function withoutDetail(view: JsonView): Buffer {
  const members: Buffer[] = []
  for (const [key, span] of view.members(view.root) ?? []) {
    if (key === 'detail') continue
    const name = key === 'detail-type' ? 'detailType' : key
    members.push(Buffer.from(`${members.length === 0 ? '' : ','}${JSON.stringify(name)}:`))
    members.push(view.source(span))
  }
  return Buffer.concat([Buffer.from('{'), ...members, Buffer.from('}')])
}
