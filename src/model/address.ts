// What a target's address may look like. AWS knows ARNs alone; a URL, a topic or subject of a broker, a function by
// its name and a log line are ours.

import { parseArn } from './arn.ts'

/** For people: what `isTargetAddress` accepts. */
export const TARGET_ADDRESS_FORMS =
  'an ARN, an http(s) URL, `kafka://BROKER/TOPIC`, `nats://BROKER/SUBJECT`, `function:NAME` or `log:NAME`'

const LOCAL_ADDRESS = /^(?:function|log):[A-Za-z0-9_.-]{1,64}$/

export function isTargetAddress(text: string): boolean {
  if (/^https?:\/\//i.test(text)) return URL.canParse(text)
  if (LOCAL_ADDRESS.test(text)) return true
  if (/^(?:kafka|nats):/.test(text)) return parseBrokerAddress(text) !== undefined
  const arn = parseArn(text)
  return arn !== undefined && arn.service !== '' && arn.resource !== ''
}

/** Where on a broker: `kafka://main/orders?key=$.detail.id`. */
export interface BrokerAddress {
  readonly type: 'kafka' | 'nats'
  /** Name of the broker. */
  readonly broker: string
  /** The topic, or the subject. */
  readonly place: string
  readonly options: ReadonlyMap<string, string>
}

const BROKER_ADDRESS =
  /^(kafka|nats):\/\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/([^\s/?#]{1,255})(?:\?([^#]*))?$/

/** What a target's address may say beside the place. */
const OPTION = /^(?:key|mode|jetstream|header\.[A-Za-z0-9_.-]{1,128})$/
const MODES = ['binary', 'structured', 'plain']

export function parseBrokerAddress(text: string): BrokerAddress | undefined {
  const address = placeOf(text)
  if (address === undefined) return undefined
  const { type, options } = address
  const mode = options.get('mode')
  const isKnown = [...options.keys()].every((name) => OPTION.test(name))
  if (!isKnown || (mode !== undefined && !MODES.includes(mode))) return undefined
  const jetstream = options.get('jetstream')
  if (jetstream !== undefined && (type !== 'nats' || !/^(?:true|false)$/.test(jetstream)))
    return undefined
  return address
}

/** What a pipe reads of NATS: `nats://edge/ORDERS?batch=50&from=latest`. */
export interface NatsSourceAddress {
  readonly broker: string
  /** A stream, or a subject where `isSubject`. */
  readonly place: string
  readonly isSubject: boolean
  /** Whether what is read is kept in a stream; of a subject the stream that has it is read then. */
  readonly isJetStream: boolean
  readonly batch?: number
  readonly windowSeconds?: number
  /** Consumer, or queue group; the pipe's own when absent. */
  readonly group?: string
  readonly from: 'earliest' | 'latest'
}

/** What the address of a source may say beside the place. */
const SOURCE_OPTIONS: Readonly<Record<string, RegExp>> = {
  jetstream: /^(?:true|false)$/,
  batch: /^(?:[1-9]\d{0,2}|1000)$/,
  window: /^(?:[12]?\d{1,2}|300)$/,
  group: /^[A-Za-z0-9_-]{1,128}$/,
  from: /^(?:earliest|latest)$/,
}

export function parseNatsSource(text: string): NatsSourceAddress | undefined {
  const { type, broker, place, options } = placeOf(text) ?? {}
  if (type !== 'nats' || broker === undefined || place === undefined) return undefined
  for (const [name, value] of options ?? [])
    if (!Object.hasOwn(SOURCE_OPTIONS, name) || !SOURCE_OPTIONS[name]!.test(value)) return undefined
  const { jetstream, batch, window, group, from } = Object.fromEntries(options ?? [])
  const isSubject = jetstream === 'false' || /[.*>]/.test(place)
  return {
    broker,
    place,
    isSubject,
    isJetStream: jetstream === undefined ? !isSubject : jetstream === 'true',
    ...(batch === undefined ? {} : { batch: Number(batch) }),
    ...(window === undefined ? {} : { windowSeconds: Number(window) }),
    ...(group === undefined ? {} : { group }),
    from: from === 'latest' ? 'latest' : 'earliest',
  }
}

function placeOf(text: string): BrokerAddress | undefined {
  const [, type, broker, place, query] = BROKER_ADDRESS.exec(text) ?? []
  if (type === undefined || broker === undefined || place === undefined) return undefined
  const options = new Map(new URLSearchParams(query ?? ''))
  return { type: type as BrokerAddress['type'], broker, place, options }
}
