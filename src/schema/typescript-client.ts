// The part of generated TypeScript that does something: a function to publish each type of event, over the AWS SDK
// or plain `fetch`, and patterns whose fields the compiler checks.

import type { EventType } from './type-book.ts'
import { quote } from './typescript.ts'

export type PublishClient = 'aws-sdk' | 'fetch' | 'none'

export const PUBLISH_CLIENTS: readonly PublishClient[] = ['aws-sdk', 'fetch', 'none']

export interface ClientOptions {
  readonly client: PublishClient
  /** The bus that is published to when nothing else is said. */
  readonly bus: string
}

/** What stands before the types: the client's imports. */
export function formatImports({ client }: ClientOptions): string {
  return client === 'aws-sdk'
    ? `import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'\n\n`
    : ''
}

/** What stands behind the types. */
export function formatClient(events: readonly EventType[], options: ClientOptions): string {
  if (options.client === 'none' || events.length === 0) return PATTERNS
  return [
    PATTERNS,
    OUTGOING,
    options.client === 'aws-sdk' ? formatSdk(options) : formatFetch(options),
    PUBLISH,
    ...events.map((event) => formatPublish(event)),
  ].join('\n\n')
}

const PATTERNS = `/** One test of a value in a pattern; \`null\` means that the field is null. */
export type Matcher<Value> =
  | (Value extends string | number | boolean | null ? Value : never)
  | { readonly prefix: string | { readonly 'equals-ignore-case': string } }
  | { readonly suffix: string | { readonly 'equals-ignore-case': string } }
  | { readonly wildcard: string }
  | { readonly 'equals-ignore-case': string }
  | { readonly exists: boolean }
  | { readonly cidr: string }
  | { readonly numeric: readonly (string | number)[] }
  | { readonly 'anything-but': unknown }

/** A pattern of a field: any of these tests, or patterns of the fields inside. */
export type FieldPattern<Value> = Value extends readonly (infer Item)[]
  ? FieldPattern<Item>
  : Value extends object
    ? DetailPattern<Value>
    : readonly Matcher<Value>[]

export type DetailPattern<Detail> = { readonly [Key in keyof Detail]?: FieldPattern<Detail[Key]> }

export interface EventPattern<Type extends EventType> {
  readonly source?: readonly Matcher<string>[]
  readonly 'detail-type': readonly Type[]
  readonly detail?: DetailPattern<DetailOf<Type>>
}

/** The pattern of a rule for one type of event; its JSON is what \`PutRule\` takes. */
export function patternOf<Type extends EventType>(
  type: Type,
  detail?: DetailPattern<DetailOf<Type>>,
): EventPattern<Type> {
  return detail === undefined ? { 'detail-type': [type] } : { 'detail-type': [type], detail }
}

/** Whether an event is of a type. */
export function isEvent<Type extends EventType>(
  event: { readonly 'detail-type': string },
  type: Type,
): event is EventOf<Type> {
  return event['detail-type'] === type
}`

const OUTGOING = `/** An event to publish. */
export type OutgoingEvent = {
  readonly [Type in EventType]: {
    readonly type: Type
    readonly source: EventOf<Type>['source']
    readonly detail: DetailOf<Type>
  }
}[EventType]

/** What became of one event. */
export interface Publication {
  readonly id?: string | undefined
  readonly error?: string | undefined
}

// A program that has no \`process\` says where to publish by \`configure\`.
declare const process: { readonly env: Readonly<Record<string, string | undefined>> } | undefined
const env = typeof process === 'undefined' ? {} : process.env

/** Events of one request. */
const BATCH_MAX = 10`

function formatSdk({ bus }: ClientOptions): string {
  return `export interface PublisherSettings {
  readonly bus: string
  /** Made from the environment when not given. */
  readonly client?: EventBridgeClient
}

let settings: PublisherSettings = { bus: env['EVENT_BUS_NAME'] ?? ${quote(bus)} }

/** Says where to publish. */
export function configure(changes: Partial<PublisherSettings>): void {
  settings = { ...settings, ...changes }
}

async function send(events: readonly OutgoingEvent[]): Promise<readonly Publication[]> {
  const { bus, client = new EventBridgeClient({}) } = settings
  settings = { bus, client }
  const { Entries: results = [] } = await client.send(
    new PutEventsCommand({
      Entries: events.map(({ type, source, detail }) => ({
        EventBusName: bus,
        Source: source,
        DetailType: type,
        Detail: JSON.stringify(detail),
      })),
    }),
  )
  return results.map((result) =>
    result.EventId === undefined
      ? { error: \`\${result.ErrorCode ?? 'unknown'}: \${result.ErrorMessage ?? ''}\` }
      : { id: result.EventId },
  )
}`
}

function formatFetch({ bus }: ClientOptions): string {
  return `export interface PublisherSettings {
  readonly bus: string
  readonly endpointUrl: string
  /** Sent with each request, such as \`authorization\`. */
  readonly headers: Readonly<Record<string, string>>
}

let settings: PublisherSettings = {
  bus: env['EVENT_BUS_NAME'] ?? ${quote(bus)},
  endpointUrl: env['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? env['AWS_ENDPOINT_URL'] ?? 'http://localhost:4566',
  headers: {},
}

/** Says where to publish. */
export function configure(changes: Partial<PublisherSettings>): void {
  settings = { ...settings, ...changes }
}

async function send(events: readonly OutgoingEvent[]): Promise<readonly Publication[]> {
  const ids = events.map(() => crypto.randomUUID())
  const batch = events.map(({ type, source, detail }, index) => ({
    specversion: '1.0',
    id: ids[index],
    source,
    type,
    datacontenttype: 'application/json',
    data: detail,
  }))
  const response = await fetch(\`\${settings.endpointUrl}/buses/\${encodeURIComponent(settings.bus)}/events\`, {
    method: 'POST',
    headers: { ...settings.headers, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(batch),
  })
  const answer = (await response.json()) as {
    readonly message?: string
    readonly error?: { readonly message: string }
    readonly events?: readonly { readonly id: string; readonly status: string; readonly message?: string }[]
  }
  const refusal = answer.error?.message ?? answer.message ?? \`the server answered \${response.status}\`
  return ids.map((id) => {
    const result = answer.events?.find((event) => event.id === id)
    if (result === undefined) return { error: refusal }
    const isKept = result.status === 'accepted' || result.status === 'duplicate'
    return isKept ? { id } : { error: result.message ?? result.status }
  })
}`
}

const PUBLISH = `/** Publishes events, ten to a request, in their order; answers what became of each. */
export async function publish(events: readonly OutgoingEvent[]): Promise<readonly Publication[]> {
  const results: Publication[] = []
  for (let start = 0; start < events.length; start += BATCH_MAX) {
    results.push(...(await send(events.slice(start, start + BATCH_MAX))))
  }
  return results
}

/** Publishes one event; rejects when it was not taken. */
async function publishOne(event: OutgoingEvent): Promise<string> {
  const [result] = await publish([event])
  if (result?.id === undefined) throw new Error(result?.error ?? 'the event was not taken')
  return result.id
}`

/** One of a type; the source is asked for where the schema names none. */
function formatPublish({ name, detailType, source }: EventType): string {
  const type = quote(detailType)
  const detail = `detail: ${name}['detail']`
  const parameters = source === undefined ? `${detail},\n  source: string,\n` : detail
  const list = source === undefined ? `\n  ${parameters}` : parameters
  const from = source === undefined ? 'source' : `source: ${quote(source)}`
  return `/** Publishes \`${detailType.replaceAll('*/', '* /')}\`; answers its id. */
export function publish${name}(${list}): Promise<string> {
  return publishOne({ type: ${type}, ${from}, detail })
}`
}
