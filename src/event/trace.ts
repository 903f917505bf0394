// The trace an event belongs to, in the two forms that travel: AWS's `X-Amzn-Trace-Id` and the `traceparent` of W3C
// (in CloudEvents the distributed tracing extension). An event that came with one is given to targets with both.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
// https://www.w3.org/TR/trace-context/#traceparent-header

import type { EventMeta } from './stored-event.ts'

export interface Trace {
  /** `Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1`. */
  readonly header?: string
  /** `00-67891233abcdef012345678912345678-463ac35c9f6413ad-01`. */
  readonly parent?: string
  readonly state?: string
}

const PARENT = /^00-([0-9a-f]{8})([0-9a-f]{24})-([0-9a-f]{16})-([0-9a-f]{2})$/
const ROOT = /(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})/
const SPAN = /(?:^|;)\s*Parent=([0-9a-f]{16})/
const SAMPLED = /(?:^|;)\s*Sampled=1/

export function traceOf({ traceHeader, extensions }: EventMeta): Trace {
  const given = extensions?.['traceparent']
  const state = extensions?.['tracestate']
  const parent = typeof given === 'string' ? given : toParent(traceHeader)
  const header = traceHeader ?? toHeader(parent)
  return {
    ...(header === undefined ? {} : { header }),
    ...(parent === undefined ? {} : { parent }),
    ...(typeof state === 'string' ? { state } : {}),
  }
}

/** The AWS form alone, for what has a place for no other; events without a trace cost a look. */
export function traceHeaderOf(meta: EventMeta): string | undefined {
  if (meta.traceHeader !== undefined) return meta.traceHeader
  return meta.extensions === undefined ? undefined : traceOf(meta).header
}

function toHeader(parent: string | undefined): string | undefined {
  const [, time, rest, span, flags] = PARENT.exec(parent ?? '') ?? []
  if (time === undefined) return undefined
  const sampled = Number.parseInt(flags!, 16) & 1
  return `Root=1-${time}-${rest};Parent=${span};Sampled=${sampled}`
}

/** Only a header that names a span has a parent to speak of. */
function toParent(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const [, time, rest] = ROOT.exec(header) ?? []
  const [, span] = SPAN.exec(header) ?? []
  if (time === undefined || span === undefined) return undefined
  return `00-${time}${rest}-${span}-${SAMPLED.test(header) ? '01' : '00'}`
}
