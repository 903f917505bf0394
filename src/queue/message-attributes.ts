// Message attributes as SQS has them: names, types, sizes, and the digest by which clients check that what
// they sent is what arrived. Binary values are base64 text throughout, as on the wire.

import { createHash } from 'node:crypto'
import { queueFault } from './fault.ts'
import { ATTRIBUTE_NAME_LENGTH_MAX, MESSAGE_ATTRIBUTES_MAX } from './limits.ts'

export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, perhaps with a custom label behind a dot. */
  readonly DataType: string
  readonly StringValue?: string
  /** Base64. */
  readonly BinaryValue?: string
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

const TYPE_STRING = 1
const TYPE_BINARY = 2
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
// eslint-disable-next-line no-control-regex -- the characters that SQS refuses are control characters
const INVALID_CHARACTERS = /[^\u{9}\u{A}\u{D}\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

export function hasInvalidCharacters(text: string): boolean {
  return INVALID_CHARACTERS.test(text)
}

/** Throws the fault that SQS answers for the first attribute that is not well formed. */
export function checkMessageAttributes(attributes: MessageAttributes): void {
  const names = Object.keys(attributes)
  if (names.length > MESSAGE_ATTRIBUTES_MAX) {
    throw invalid(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MESSAGE_ATTRIBUTES_MAX}].`,
    )
  }
  for (const name of names) {
    checkName(name)
    checkValue(name, attributes[name]!)
  }
}

/** What the attributes count for in a message's size: name, type and value of each. */
export function attributesSizeBytes(attributes: MessageAttributes): number {
  let size = 0
  for (const [name, attribute] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType)
    size += valueOf(attribute).length
  }
  return size
}

/**
 * The MD5 that clients verify, hex; undefined for no attributes: sorted by name, each of name, type and
 * value behind its length (four bytes, big-endian), the value also behind a byte that tells text from binary.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function digestAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined
  const hash = createHash('md5')
  const update = (bytes: Buffer): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of names) {
    const attribute = attributes[name]!
    update(Buffer.from(name))
    update(Buffer.from(attribute.DataType))
    hash.update(Buffer.of(isBinary(attribute) ? TYPE_BINARY : TYPE_STRING))
    update(valueOf(attribute))
  }
  return hash.digest('hex')
}

/** Those asked for by name, by `prefix.*`, by `All` or `.*`. */
export function selectAttributes(
  attributes: MessageAttributes,
  wanted: readonly string[],
): MessageAttributes {
  if (wanted.length === 0) return {}
  const isWanted = (name: string): boolean =>
    wanted.some(
      (want) =>
        want === 'All' ||
        want === name ||
        (want.endsWith('.*') && name.startsWith(want.slice(0, -2))),
    )
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)))
}

function checkName(name: string): void {
  if (name === '' || name.length > ATTRIBUTE_NAME_LENGTH_MAX) {
    throw invalid(
      `Message (user) attribute name must be shorter than ${ATTRIBUTE_NAME_LENGTH_MAX} characters and not empty.`,
    )
  }
  if (!/^[A-Za-z0-9_.-]+$/.test(name) || /^\.|\.$|\.\./.test(name)) {
    throw invalid(
      `The message attribute name '${name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.`,
    )
  }
  if (/^(aws|amazon)\./i.test(name)) {
    throw invalid(
      `The message attribute name '${name}' is invalid. Attribute names cannot start with AWS. or Amazon.`,
    )
  }
}

function checkValue(name: string, attribute: MessageAttribute): void {
  const type = attribute.DataType
  if (typeof type !== 'string' || !/^(String|Number|Binary)(\.|$)/.test(type)) {
    throw invalid(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
  }
  const value = isBinary(attribute) ? attribute.BinaryValue : attribute.StringValue
  if (value === undefined || value === '') {
    const field = isBinary(attribute) ? 'Binary' : 'String'
    throw invalid(
      `Message (user) attribute '${name}' must contain a non-empty value of type '${field}'.`,
    )
  }
  if (isBinary(attribute)) return
  if (hasInvalidCharacters(value)) {
    throw queueFault(
      'InvalidMessageContents',
      `The message attribute '${name}' contains characters that are not allowed.`,
    )
  }
  if (type.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
    throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`)
  }
}

function isBinary(attribute: MessageAttribute): boolean {
  return attribute.DataType.startsWith('Binary')
}

function valueOf(attribute: MessageAttribute): Buffer {
  return isBinary(attribute)
    ? Buffer.from(attribute.BinaryValue ?? '', 'base64')
    : Buffer.from(attribute.StringValue ?? '')
}

function invalid(message: string): Error {
  return queueFault('InvalidParameterValue', message)
}
