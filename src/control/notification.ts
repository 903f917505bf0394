// A publication as an event of its topic's bus, and the event as each protocol of a subscription is told of it.
// What filter policies ask of stands in views of its own, `attributes` and `body`, so that a policy is a pattern.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html

import { storePutEvent } from '../event/index.ts'
import {
  subscriptionArn,
  type SubscriptionProtocol,
  topicArn,
  type TopicSpec,
} from '../model/index.ts'
import type { MessageAttributes } from '../queue/index.ts'
import {
  isSignatureVersion,
  type SignatureVersion,
  type SignedMembers,
  type SignedText,
  type TextToSign,
  textToSign,
} from './notification-signature.ts'
import { topicBusKey } from './topics.ts'

/** What a topic is told. */
export interface Publication {
  readonly message: string
  readonly subject?: string
  /** `json`: the message is an object of texts by protocol. */
  readonly structure?: string
  readonly attributes?: MessageAttributes
  readonly groupId?: string
  readonly deduplicationId?: string
}

/** The `detail` of a notification's event. */
interface Notice {
  readonly topic: string
  readonly account: string
  readonly region: string
  /** Milliseconds, which an envelope's time does not say. */
  readonly timestamp: string
  /** Where this server was called when it was published. */
  readonly endpoint: string
  /** 1 when absent. */
  readonly signatureVersion?: SignatureVersion
  readonly message: string
  readonly messages?: Readonly<Record<string, string>>
  readonly subject?: string
  readonly messageAttributes?: MessageAttributes
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly groupId?: string
  readonly deduplicationId?: string
  /** Of a confirmation that is asked for. */
  readonly token?: string
}

export interface NoticeStamp {
  readonly id: string
  readonly now: number
  readonly endpoint: string
  readonly traceHeader?: string
}

/** The log record of a publication. */
export function storePublication(
  topic: TopicSpec,
  publication: Publication,
  stamp: NoticeStamp & { readonly hasBodyFilters: boolean },
): Buffer {
  const { message, subject, structure, attributes, groupId, deduplicationId } = publication
  const body = stamp.hasBodyFilters ? parseObject(message) : undefined
  return store(topic, stamp, {
    type: 'Notification',
    notice: {
      ...signatureOf(topic),
      message,
      ...(structure === 'json' ? { messages: parseObject(message) as Record<string, string> } : {}),
      ...(subject === undefined ? {} : { subject }),
      ...(attributes === undefined
        ? {}
        : { messageAttributes: attributes, attributes: viewOf(attributes) }),
      ...(body === undefined ? {} : { body }),
      ...(groupId === undefined ? {} : { groupId }),
      ...(deduplicationId === undefined ? {} : { deduplicationId }),
    },
  })
}

/** The log record that asks one subscription, by its key, to be confirmed. */
export function storeConfirmation(
  topic: TopicSpec,
  asked: { readonly key: string; readonly token: string },
  stamp: NoticeStamp,
): Buffer {
  const arn = topicArn(topic, topic.name)
  const message = `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
  return store(topic, stamp, {
    type: 'SubscriptionConfirmation',
    notice: { ...signatureOf(topic), message, token: asked.token },
    rules: [asked.key],
  })
}

function signatureOf({ attributes }: TopicSpec): Pick<Notice, 'signatureVersion'> {
  const version = attributes['SignatureVersion'] ?? '1'
  return isSignatureVersion(version) && version !== '1' ? { signatureVersion: version } : {}
}

function store(
  topic: TopicSpec,
  { id, now, endpoint, traceHeader }: NoticeStamp,
  {
    type,
    notice,
    rules,
  }: {
    readonly type: string
    readonly notice: Omit<Notice, 'topic' | 'account' | 'region' | 'timestamp' | 'endpoint'>
    readonly rules?: readonly string[]
  },
): Buffer {
  const { account, region, name } = topic
  const timestamp = new Date(now).toISOString()
  const detail: Notice = { topic: name, account, region, timestamp, endpoint, ...notice }
  return storePutEvent({
    busKey: topicBusKey(topic, name),
    account,
    region,
    id,
    source: 'aws.sns',
    detailType: type,
    time: `${timestamp.slice(0, 19)}Z`,
    resources: [topicArn(topic, name)],
    detail: JSON.stringify(detail),
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(rules === undefined ? {} : { directed: { rules, matched: true } }),
  })
}

/** Attributes as filter policies see them: numbers as numbers, arrays as arrays. */
function viewOf(attributes: MessageAttributes): Readonly<Record<string, unknown>> {
  const view: Record<string, unknown> = {}
  for (const [name, { DataType, StringValue }] of Object.entries(attributes)) {
    if (StringValue === undefined) continue
    if (DataType.startsWith('Number')) view[name] = Number(StringValue)
    else if (DataType.startsWith('String.Array')) view[name] = parseJson(StringValue) ?? StringValue
    else view[name] = StringValue
  }
  return view
}

export interface Told {
  readonly protocol: SubscriptionProtocol
  /** The last part of the subscription's ARN. */
  readonly id: string
  readonly isRaw: boolean
}

export interface TellingMessage {
  readonly body: Uint8Array
  /** For what goes by HTTP. */
  readonly headers: Readonly<Record<string, string>>
  readonly attributes?: MessageAttributes
  readonly groupId?: string
  readonly deduplicationId?: string
}

/** What a subscription is to be sent, but for the signature. */
export interface Telling {
  /** Absent for what is sent raw. */
  readonly toSign?: TextToSign
  write(signed: SignedText | undefined): TellingMessage
}

/** What a subscription is sent of an event of its topic's bus. */
export function prepareTelling(envelope: Uint8Array, told: Told): Telling {
  const event = JSON.parse(Buffer.from(envelope).toString()) as TopicEvent
  const { detail: notice } = event
  const isRaw = told.isRaw && event['detail-type'] === 'Notification'
  const { groupId, deduplicationId } = notice
  const message = (body: string): TellingMessage => ({
    body: Buffer.from(body),
    headers: headersOf(event, told, isRaw),
    ...(isRaw && notice.messageAttributes !== undefined
      ? { attributes: notice.messageAttributes }
      : {}),
    ...(groupId === undefined ? {} : { groupId }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
  })
  if (isRaw) return { write: () => message(textFor(notice, told.protocol)) }
  const members = membersOf(event, told)
  return {
    toSign: textToSign(members, notice.signatureVersion ?? '1'),
    write: (signed) => message(print({ notice, told, members, signed })),
  }
}

interface TopicEvent {
  readonly id: string
  readonly 'detail-type': string
  readonly detail: Notice
}

interface Printed {
  readonly notice: Notice
  readonly told: Told
  readonly members: SignedMembers
  readonly signed: SignedText | undefined
}

/** As AWS prints it; some receivers have come to count on it. */
const INDENT = 2

function membersOf(event: TopicEvent, { protocol }: Told): SignedMembers {
  const { id, detail: notice } = event
  const { topic, timestamp, subject, endpoint, token = '' } = notice
  const arn = topicArn(notice, topic)
  const common = {
    Type: event['detail-type'],
    MessageId: id,
    TopicArn: arn,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: textFor(notice, protocol),
    Timestamp: timestamp,
  }
  if (event['detail-type'] === 'Notification') return common
  const SubscribeURL = `${endpoint}/?Action=ConfirmSubscription&TopicArn=${arn}&Token=${token}`
  return { ...common, Token: token, SubscribeURL }
}

function print(printed: Printed): string {
  const { notice, told, members } = printed
  const { Type, MessageId, ...rest } = members
  const isNotification = Type === 'Notification'
  if (told.protocol === 'lambda') return JSON.stringify(lambdaEvent(printed), undefined, INDENT)
  const attributes = shownAttributes(notice)
  const document = {
    Type,
    MessageId,
    ...(notice.groupId === undefined ? {} : { SequenceNumber: sequenceOf(notice) }),
    ...rest,
    ...shownSignature(printed, 'SigningCertURL'),
    ...(isNotification ? { UnsubscribeURL: unsubscribeUrlOf(notice, told) } : {}),
    ...(attributes === undefined ? {} : { MessageAttributes: attributes }),
  }
  return JSON.stringify(document, undefined, INDENT)
}

function shownSignature(
  { notice, signed }: Printed,
  urlName: 'SigningCertURL' | 'SigningCertUrl',
): object {
  if (signed === undefined) return {}
  return {
    SignatureVersion: notice.signatureVersion ?? '1',
    Signature: signed.signature,
    [urlName]: `${notice.endpoint}${signed.certificatePath}`,
  }
}

function unsubscribeUrlOf(notice: Notice, { id }: Told): string {
  const arn = subscriptionArn(notice, notice.topic, id)
  return `${notice.endpoint}/?Action=Unsubscribe&SubscriptionArn=${arn}`
}

function lambdaEvent(printed: Printed): object {
  const { notice, told, members } = printed
  const { Type, MessageId, TopicArn, Subject = null, Message, Timestamp } = members
  return {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscriptionArn(notice, notice.topic, told.id),
        Sns: {
          Type,
          MessageId,
          TopicArn,
          Subject,
          Message,
          Timestamp,
          ...shownSignature(printed, 'SigningCertUrl'),
          UnsubscribeUrl: unsubscribeUrlOf(notice, told),
          MessageAttributes: shownAttributes(notice) ?? {},
        },
      },
    ],
  }
}

function shownAttributes({ messageAttributes }: Notice): object | undefined {
  if (messageAttributes === undefined) return undefined
  return Object.fromEntries(
    Object.entries(messageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: StringValue ?? BinaryValue },
    ]),
  )
}

function headersOf(
  event: TopicEvent,
  { id }: Told,
  isRaw: boolean,
): Readonly<Record<string, string>> {
  const { detail: notice } = event
  return {
    'Content-Type': 'text/plain; charset=UTF-8',
    'User-Agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': event['detail-type'],
    'x-amz-sns-message-id': event.id,
    'x-amz-sns-topic-arn': topicArn(notice, notice.topic),
    'x-amz-sns-subscription-arn': subscriptionArn(notice, notice.topic, id),
    ...(isRaw ? { 'x-amz-sns-rawdelivery': 'true' } : {}),
  }
}

function textFor({ message, messages }: Notice, protocol: SubscriptionProtocol): string {
  return messages?.[protocol] ?? messages?.['default'] ?? message
}

/** Twenty digits that grow with time: what SNS promises of them. */
export function sequenceOf({ timestamp }: Pick<Notice, 'timestamp'>): string {
  return `1${String(Date.parse(timestamp)).padStart(19, '0')}`
}

function parseObject(text: string): object | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // A message need not be JSON; then there is nothing in it to ask of.
    return undefined
  }
}
