// The attributes of a CloudEvent: their names, types and rules, the same in every mode. All faults of an event
// are found, not the first only.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md

import { AppError } from '../base/index.ts'
import type { BusRef, Event, ExtensionValue } from './event.ts'
import { ATTRIBUTES_MAX } from './limits.ts'

/** What an event does not say itself. */
export interface CloudEventContext {
  readonly bus: BusRef
  /** RFC 3339; stamped on events that give no time. */
  readonly time: string
  /** Names of attributes may have capitals, dashes and underscores too: producers are not all as the rule says. */
  readonly allowForeignNames?: true
}

/** Attributes as they came, by name; absent ones are not there. */
export type Attributes = ReadonlyMap<string, unknown>

export interface EventContent {
  readonly data?: Uint8Array
  /** Overrides the attribute, where the mode says what the data is. */
  readonly datacontenttype?: string
}

const INTEGER_MAX = 2 ** 31 - 1
const INTEGER_MIN = -(2 ** 31)
const NAME = /^[a-z0-9]+$/
const FOREIGN_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/
// RFC 3986 forbids these; letters beyond ASCII are let pass (RFC 3987).
const URI_FORBIDDEN = /[\s<>"{}|\\^`]/
const URI_SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:./
// spec.md, type String: "Unicode control characters, noncharacters and unpaired surrogates are not allowed"
const STRING_FORBIDDEN = /\p{Cc}|\p{Noncharacter_Code_Point}/u
const RFC_3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const TOKEN = "[\\w!#$%&'*+.^`|~-]+"
const MEDIA_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*$`,
)

interface Rule {
  readonly isRequired: boolean
  readonly wants: string
  isValid(value: string): boolean
}

const RULES: Readonly<Record<string, Rule>> = {
  specversion: {
    isRequired: true,
    wants: '`1.0`',
    isValid: (value) => value === '1.0',
  },
  id: { isRequired: true, wants: 'a string that is not empty', isValid: isFilled },
  source: {
    isRequired: true,
    wants: 'a URI reference that is not empty',
    isValid: (value) => isFilled(value) && !URI_FORBIDDEN.test(value),
  },
  type: { isRequired: true, wants: 'a string that is not empty', isValid: isFilled },
  time: {
    isRequired: false,
    wants: 'a time of RFC 3339, such as `2026-01-31T12:00:00Z`',
    isValid: isTime,
  },
  subject: { isRequired: false, wants: 'a string that is not empty', isValid: isFilled },
  dataschema: {
    isRequired: false,
    wants: 'an absolute URI',
    isValid: (value) => URI_SCHEME.test(value) && !URI_FORBIDDEN.test(value),
  },
  datacontenttype: {
    isRequired: false,
    wants: 'a media type, such as `application/json`',
    isValid: (value) => MEDIA_TYPE.test(value),
  },
}

/** The event of these attributes and data; throws `EVENT_INVALID` naming every fault, and `where` it is. */
export function createEvent(
  attributes: Attributes,
  content: EventContent,
  context: CloudEventContext,
  where = '',
): Event {
  const names = context.allowForeignNames === true ? FOREIGN_NAME : NAME
  const faults = [...contextFaults(attributes), ...extensionFaults(attributes, names)]
  if (faults.length > 0) throw invalid(faults.map((fault) => `${where}${fault}`))
  const text = (name: string): string | undefined => attributes.get(name) as string | undefined
  const subject = text('subject')
  const dataschema = text('dataschema')
  const datacontenttype = content.datacontenttype ?? text('datacontenttype')
  return {
    id: text('id')!,
    source: text('source')!,
    type: text('type')!,
    time: text('time') ?? context.time,
    ...(subject === undefined ? {} : { subject }),
    ...(dataschema === undefined ? {} : { dataschema }),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    extensions: extensionsOf(attributes),
    ...(content.data === undefined ? {} : { data: content.data }),
    bus: context.bus,
    resources: [],
  }
}

/** The attributes of an event but for its data, in the order in which they are written. */
export function attributesOf(event: Event): readonly (readonly [string, ExtensionValue])[] {
  const optional = [
    ['subject', event.subject],
    ['dataschema', event.dataschema],
    ['datacontenttype', event.datacontenttype],
  ] as const
  return [
    ['specversion', '1.0'],
    ['id', event.id],
    ['source', event.source],
    ['type', event.type],
    ['time', event.time],
    ...optional.filter(
      (entry): entry is readonly [(typeof entry)[0], string] => entry[1] !== undefined,
    ),
    ...Object.entries(event.extensions),
  ]
}

export function invalid(faults: readonly string[]): AppError {
  return new AppError('EVENT_INVALID', faults.join('; '), { details: { faults } })
}

function contextFaults(attributes: Attributes): readonly string[] {
  const faults: string[] = []
  for (const [name, rule] of Object.entries(RULES)) {
    const value = attributes.get(name)
    if (value === undefined) {
      if (rule.isRequired)
        faults.push(`expected attribute \`${name}\` to be ${rule.wants}, got none`)
    } else if (typeof value !== 'string' || !rule.isValid(value) || !isString(value)) {
      faults.push(`expected attribute \`${name}\` to be ${rule.wants}, got \`${show(value)}\``)
    }
  }
  return faults
}

function extensionFaults(attributes: Attributes, names: RegExp): readonly string[] {
  if (attributes.size > ATTRIBUTES_MAX) {
    return [`expected at most ${ATTRIBUTES_MAX} attributes, got \`${attributes.size}\``]
  }
  const faults: string[] = []
  for (const [name, value] of attributes) {
    if (Object.hasOwn(RULES, name)) continue
    if (!names.test(name) || name === 'data') {
      faults.push(
        `expected attribute names of lower-case letters and digits, got \`${show(name)}\``,
      )
    } else if (!isExtensionValue(value)) {
      faults.push(
        `expected attribute \`${name}\` to be a string, a boolean or an integer of 32 bits, got \`${show(value)}\``,
      )
    }
  }
  return faults
}

function extensionsOf(attributes: Attributes): Readonly<Record<string, ExtensionValue>> {
  const extensions: Record<string, ExtensionValue> = {}
  for (const [name, value] of attributes) {
    if (!Object.hasOwn(RULES, name)) extensions[name] = value as ExtensionValue
  }
  return extensions
}

function isExtensionValue(value: unknown): value is ExtensionValue {
  if (typeof value === 'string') return isString(value)
  if (typeof value === 'boolean') return true
  return Number.isInteger(value) && Number(value) <= INTEGER_MAX && Number(value) >= INTEGER_MIN
}

function isString(value: string): boolean {
  return value.isWellFormed() && !STRING_FORBIDDEN.test(value)
}

function isFilled(value: string): boolean {
  return value !== ''
}

function isTime(value: string): boolean {
  // The pattern lets 31 February pass; the calendar does not.
  return RFC_3339.test(value) && isCalendarDay(value)
}

function isCalendarDay(value: string): boolean {
  const [year, month, day] = value.slice(0, 10).split('-').map(Number) as [number, number, number]
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
