// The EventBridge envelope: a view of the one event, written once at ingress. Members stand in the order AWS
// writes them; what only CloudEvents has (subject, dataschema, extensions) stands beside them, before `detail`,
// so that patterns see it too.

import { AppError, formatSeconds } from '../base/index.ts'
import { type Event, formatBusKey } from './event.ts'
import { arePlainNames, checkJson } from './json-check.ts'
import {
  createRecordTemplate,
  type Directed,
  encodeStoredEvent,
  type EventMeta,
  type RecordTemplate,
} from './stored-event.ts'
import { EVENT_DEPTH_MAX } from './limits.ts'

/** One entry of PutEvents, checked and stamped. */
export interface PutEvent {
  readonly busKey: string
  readonly account: string
  readonly region: string
  /** Taken for a UUID when it is as long as one. */
  readonly id: string
  readonly source: string
  readonly detailType: string
  /** Seconds precision, `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly time: string
  readonly resources: readonly string[]
  /** JSON text of an object, as given; bytes are UTF-8. */
  readonly detail: string | Uint8Array
  /** As `checkJson` found it of the detail; looked for when absent. */
  readonly hasPlainNames?: boolean
  readonly traceHeader?: string
  /** Set on events that are for certain rules only. */
  readonly directed?: Directed
}

/** The log record of a PutEvents entry. */
export function storePutEvent(put: PutEvent): Buffer {
  const { detail, hasPlainNames = findPlainNames(detail) } = put
  const isPlain =
    put.resources.length === 0 && put.traceHeader === undefined && put.directed === undefined
  if (isPlain && typeof detail !== 'string' && put.id.length === UUID_LENGTH) {
    return templateOf(put).fill(put.id, detail, hasPlainNames)
  }
  return encodeStoredEvent({
    busKey: put.busKey,
    ...(put.traceHeader === undefined && put.directed === undefined ? {} : { meta: putMeta(put) }),
    envelopeHead: formatHead(put, put.id),
    detail,
    hasData: true,
    hasPlainNames,
  })
}

/** Of what is no JSON, or deeper than events may be, nothing is known. */
function findPlainNames(detail: string | Uint8Array): boolean {
  const bytes = typeof detail === 'string' ? Buffer.from(detail) : detail
  return arePlainNames(checkJson(bytes, { depthMax: EVENT_DEPTH_MAX }))
}

const UUID_LENGTH = 36

// The entries of a busy source differ in id and detail alone, so what is common to them is written once.
let lastPut: PutEvent | undefined
let lastTemplate: RecordTemplate | undefined

function templateOf(put: PutEvent): RecordTemplate {
  if (lastTemplate === undefined || lastPut === undefined || !isAlike(put, lastPut)) {
    lastTemplate = createRecordTemplate(put.busKey, (id) => formatHead(put, id))
    lastPut = { ...put, detail: '' }
  }
  return lastTemplate
}

function isAlike(put: PutEvent, other: PutEvent): boolean {
  return (
    put.time === other.time &&
    put.detailType === other.detailType &&
    put.source === other.source &&
    put.busKey === other.busKey &&
    put.account === other.account &&
    put.region === other.region
  )
}

function formatHead(put: PutEvent, id: string): string {
  const { detailType, source, account, time, region, resources } = put
  return (
    `{"version":"0","id":${JSON.stringify(id)},"detail-type":${JSON.stringify(detailType)}` +
    `,"source":${JSON.stringify(source)},"account":"${account}","time":"${time}"` +
    `,"region":"${region}","resources":${resources.length === 0 ? '[]' : JSON.stringify(resources)}` +
    ',"detail":'
  )
}

function putMeta({ traceHeader, directed }: PutEvent): EventMeta {
  return {
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(directed === undefined ? {} : { directed }),
  }
}

/**
 * The log record of any event; `came` says by which subject of a broker. Throws `EVENT_INVALID` when data that claims to
 * be JSON is not.
 */
export function storeEvent(event: Event, came: Pick<EventMeta, 'topic'> = {}): Buffer {
  const time = envelopeTimeOf(event.time)
  const data = detailOf(event)
  return encodeStoredEvent({
    busKey: formatBusKey(event.bus),
    meta: { ...metaOf(event, time), ...came },
    envelopeHead:
      `{"version":"0","id":${JSON.stringify(event.id)},"detail-type":${JSON.stringify(event.type)}` +
      `,"source":${JSON.stringify(event.source)},"account":"${event.bus.account}","time":"${time}"` +
      `,"region":"${event.bus.region}","resources":${event.resources.length === 0 ? '[]' : JSON.stringify(event.resources)}` +
      `${visibleAttributes(event, data)},"detail":`,
    detail: data.detail,
    ...(data.raw === undefined ? {} : { rawData: data.raw }),
    hasData: event.data !== undefined,
    hasPlainNames: data.hasPlainNames,
  })
}

// Events that come together mostly have the same time.
let lastGivenTime = ''
let lastEnvelopeTime = ''

function envelopeTimeOf(time: string): string {
  if (time !== lastGivenTime) {
    lastEnvelopeTime = formatEnvelopeTime(Date.parse(time))
    lastGivenTime = time
  }
  return lastEnvelopeTime
}

/** What makes a CloudEvent the same event again: its source and id (CloudEvents 1.0.2, `id`). */
export function cloudEventKey(source: string, id: string): string {
  return `${source}\0${id}`
}

/** `YYYY-MM-DDTHH:MM:SSZ`, which is all that an envelope's time can say. */
export function formatEnvelopeTime(timeMs: number): string {
  return formatSeconds(timeMs)
}

/** Whether a media type's data is JSON: absent, `application/json`, `text/json`, or any `+json`. */
export function isJsonMediaType(datacontenttype: string | undefined): boolean {
  if (datacontenttype === undefined) return true
  const type = datacontenttype.split(';', 1)[0]!.trim().toLowerCase()
  return type.endsWith('/json') || type.endsWith('+json')
}

// Names the envelope itself uses: an extension so named stays in the event but not in its view.
const ENVELOPE_NAMES = new Set([
  'version',
  'id',
  'source',
  'account',
  'time',
  'region',
  'resources',
  'detail',
])

/** Members as text: in an object one that is named by a number would stand before all others. */
function visibleAttributes(event: Event, { base64 }: Detail): string {
  const visible: [string, unknown][] = []
  if (event.subject !== undefined) visible.push(['subject', event.subject])
  if (event.dataschema !== undefined) visible.push(['dataschema', event.dataschema])
  for (const [name, value] of Object.entries(event.extensions)) {
    if (!ENVELOPE_NAMES.has(name)) visible.push([name, value])
  }
  if (base64 !== undefined) visible.push(['data_base64', base64])
  return visible.map(([name, value]) => `,"${name}":${JSON.stringify(value)}`).join('')
}

function metaOf(event: Event, envelopeTime: string): EventMeta {
  return {
    origin: 'cloudevents',
    ...(event.time === envelopeTime ? {} : { time: event.time }),
    ...(event.dataschema === undefined ? {} : { dataschema: event.dataschema }),
    ...(event.datacontenttype === undefined ? {} : { datacontenttype: event.datacontenttype }),
    ...(Object.keys(event.extensions).length === 0 ? {} : { extensions: event.extensions }),
  }
}

interface Detail {
  readonly detail: string | Uint8Array
  readonly hasPlainNames: boolean
  readonly raw?: Uint8Array
  readonly base64?: string
}

function detailOf(event: Event): Detail {
  if (event.data === undefined) return { detail: '{}', hasPlainNames: true }
  if (isJsonMediaType(event.datacontenttype)) return checkedJson(event.data)
  const text = decodeUtf8(event.data)
  if (text !== undefined)
    return { detail: JSON.stringify(text), hasPlainNames: true, raw: event.data }
  const base64 = Buffer.from(event.data.buffer, event.data.byteOffset, event.data.length)
  return {
    detail: 'null',
    hasPlainNames: true,
    raw: event.data,
    base64: base64.toString('base64'),
  }
}

function checkedJson(data: Uint8Array): Detail {
  const check = checkJson(data, { depthMax: EVENT_DEPTH_MAX })
  if (check.kind !== 'fault') {
    return { detail: data, hasPlainNames: arePlainNames(check) }
  }
  throw new AppError(
    'EVENT_INVALID',
    `expected data to be JSON, as its content type says, got ${check.reason} at byte ${check.offset}`,
  )
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    // Not text: the caller carries it as base64.
    return undefined
  }
}
