// A watch as lines of JSON, one for each change. The head of the answer goes out before there is anything to tell:
// clients wait for it.
//
// A watch ends at its time, or when the client or the server goes; what ends it before its time is its last line.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes

import type { Clock } from '../../base/index.ts'
import {
  type KubeEvent,
  KubeError,
  type KubeObject,
  type ResourceType,
} from '../../objects/index.ts'
import type { ObjectForm } from './negotiate.ts'
import { failureStatus, refusalOf } from './status.ts'
import { encodeTable, metadataOnly, type RowObject } from './table.ts'

export interface WatchStreamOptions {
  readonly type: ResourceType
  readonly form: ObjectForm
  readonly include: RowObject
  readonly clock: Clock
  readonly timeoutMs: number
  /** Aborts when the client goes. */
  readonly signal: AbortSignal
  /** Begins the watch; its own signal aborts at the end of its time, too. */
  readonly open: (signal: AbortSignal) => AsyncIterable<KubeEvent>
}

/** Throws at once what is wrong with the watch itself. */
export function streamWatch(options: WatchStreamOptions): AsyncIterable<string> {
  const ended = new AbortController()
  const events = options.open(AbortSignal.any([options.signal, ended.signal]))
  return stream(options, events, ended)
}

async function* stream(
  options: WatchStreamOptions,
  events: AsyncIterable<KubeEvent>,
  ended: AbortController,
): AsyncGenerator<string> {
  const { clock, timeoutMs } = options
  const timer = clock.setTimer(timeoutMs, () => ended.abort())
  const encode = createEncoder(options)
  try {
    for await (const event of events) yield encode(event)
  } catch (error) {
    const refusal = refusalOf(error) ?? INTERNAL
    yield line('ERROR', failureStatus(refusal))
    if (refusal === INTERNAL) throw error
  } finally {
    timer.cancel()
    ended.abort()
  }
}

const INTERNAL = new KubeError(
  'InternalError',
  'the watch failed inside the server; its log has the request',
)

function createEncoder(options: WatchStreamOptions): (event: KubeEvent) => string {
  const { type, form, include, clock } = options
  let hasColumns = true
  const shape = (object: KubeObject): object => {
    if (form === 'metadata') return metadataOnly(object)
    const { resourceVersion = '' } = object.metadata
    const table = { type, include, now: clock.now() }
    const rows = encodeTable([object], { resourceVersion }, table, hasColumns)
    hasColumns = false
    return rows
  }
  return (event) => {
    if (event.type !== 'BOOKMARK') {
      const { type: how, object } = event
      if (form === 'json') return `{"type":"${how}","object":${jsonOf(object)}}\n`
      return line(how, shape(object))
    }
    return line('BOOKMARK', bookmark(options, event))
  }
}

function bookmark(
  { type, form, include, clock }: WatchStreamOptions,
  event: Extract<KubeEvent, { readonly type: 'BOOKMARK' }>,
): object {
  const { resourceVersion, isInitialEnd = false } = event
  if (form === 'table')
    return encodeTable([], { resourceVersion }, { type, include, now: clock.now() })
  const named =
    form === 'metadata'
      ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
      : {
          kind: type.kind,
          apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
        }
  return {
    ...named,
    metadata: {
      resourceVersion,
      creationTimestamp: null,
      ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  }
}

/** Objects that many watch are written once. */
const texts = new WeakMap<KubeObject, string>()

function jsonOf(object: KubeObject): string {
  let text = texts.get(object)
  if (text === undefined) texts.set(object, (text = JSON.stringify(object)))
  return text
}

function line(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`
}
