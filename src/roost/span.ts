// One step of the way of an event, as tracing knows it: a span for each publish and each consume.
// https://www.w3.org/TR/trace-context/#traceparent-header

import type { Clock, Random, SpanEnded } from '../base/index.ts'

/** A span that has ended. */
export type Span = SpanEnded

export interface OpenSpan {
  readonly traceId: string
  /** What goes with the record. */
  readonly traceparent: string
  end(attributes?: Span['attributes'], error?: string): void
}

export interface SpanOptions {
  readonly clock: Clock
  readonly random: Random
  readonly onSpan: (span: Span) => void
}

export interface SpanStart {
  readonly name: string
  readonly kind: Span['kind']
  readonly attributes: Span['attributes']
  /** The `traceparent` that came. */
  readonly parent?: string | undefined
}

const PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/

export function startSpan({ clock, random, onSpan }: SpanOptions, start: SpanStart): OpenSpan {
  const { name, kind, attributes, parent } = start
  const [, parentTrace, parentSpanId] = PARENT.exec(parent ?? '') ?? []
  const traceId = parentTrace ?? hex(random, 16)
  const spanId = hex(random, 8)
  const startedAt = clock.now()
  const begun = clock.monotonic()
  return {
    traceId,
    traceparent: `00-${traceId}-${spanId}-01`,
    end(more = {}, error) {
      onSpan({
        name,
        kind,
        traceId,
        spanId,
        ...(parentSpanId === undefined ? {} : { parentSpanId }),
        startedAt,
        durationMs: clock.monotonic() - begun,
        attributes: { ...attributes, ...more },
        ...(error === undefined ? {} : { error }),
      })
    },
  }
}

function hex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex')
}
