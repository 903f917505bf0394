// Request bodies as kubectl's `create` sends them: protobuf in an envelope that names the kind. They are decoded into
// what the same client would have sent as JSON; nothing is ever answered in this form.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding

import { PROTOBUF_DEPTH_MAX } from './limits.ts'
import { MESSAGES } from './messages.ts'

/** What a body in this form holds: an object of a kind. */
export interface ProtobufObject {
  readonly apiVersion: string
  readonly kind: string
  readonly value: Readonly<Record<string, unknown>>
}

/** The bytes are not what they say they are. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

const MAGIC = Buffer.from('k8s\0')
const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5
const SECOND_MS = 1000
const NANOS_PER_MS = 1_000_000
const INT_BITS = 64

/** Answers undefined for a kind that nobody sends in this form; throws `ProtobufError`. */
export function decodeProtobuf(body: Buffer): ProtobufObject | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw new ProtobufError('provided data does not appear to be a protobuf message')
  let apiVersion = ''
  let kind = ''
  let raw: Buffer = Buffer.alloc(0)
  for (const { number, bytes } of readFields(body.subarray(MAGIC.length))) {
    if (number === 1 && bytes !== undefined)
      for (const part of readFields(bytes)) {
        if (part.number === 1) apiVersion = part.bytes?.toString() ?? ''
        if (part.number === 2) kind = part.bytes?.toString() ?? ''
      }
    else if (number === 2) raw = bytes ?? raw
    else if (number === 3 && bytes !== undefined && bytes.length > 0)
      throw new ProtobufError(`content encoding \`${bytes.toString()}\` is not served`)
  }
  const message = messageOf(apiVersion, kind)
  if (message === undefined) return undefined
  const value = decodeMessage(raw, message, 0) as Record<string, unknown>
  return { apiVersion, kind, value: { ...value, apiVersion, kind } }
}

type Message = ReadonlyMap<number, Field>

interface Field {
  readonly name: string
  readonly type: string
  readonly shape: 'one' | 'list' | 'map'
}

let messages: ReadonlyMap<string, Message> | undefined

function findMessage(name: string): Message | undefined {
  messages ??= parseMessages()
  return messages.get(name)
}

/** `batch/v1` Job → `batch.v1.Job`; options of a delete belong to any group. */
function messageOf(apiVersion: string, kind: string): string | undefined {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  const home = kind === 'DeleteOptions' ? 'meta' : group!.replace(/\..*$/, '')
  const name = `${home}.${version}.${kind}`
  return findMessage(name) === undefined ? undefined : name
}

function parseMessages(): ReadonlyMap<string, Message> {
  const lines = MESSAGES.trim().split('\n')
  return new Map(
    lines.map((line) => {
      const [name, ...fields] = line.split(' ')
      return [name!, new Map(fields.map((field) => parseField(field)))]
    }),
  )
}

function parseField(text: string): [number, Field] {
  const [number, name, type] = text.split(':') as [string, string, string]
  const shape = type.startsWith('[') ? 'list' : type.startsWith('{') ? 'map' : 'one'
  return [Number(number), { name, shape, type: shape === 'one' ? type : type.slice(1) }]
}

/** Go's embedded structs: messages of their own here, members of what holds them in JSON. */
const EMBEDDED = new Set([
  'localObjectReference',
  'volumeSource',
  'handler',
  'ephemeralContainerCommon',
])
const RENAMED: Readonly<Record<string, string>> = { uID: 'uid' }

function decodeMessage(bytes: Buffer, name: string, depth: number): unknown {
  if (depth > PROTOBUF_DEPTH_MAX)
    throw new ProtobufError(`expected at most ${PROTOBUF_DEPTH_MAX} messages within each other`)
  if (name.endsWith('.v1.Time') || name.endsWith('.v1.MicroTime')) return decodeTime(bytes, name)
  const fields = findMessage(name)!
  const object: Record<string, unknown> = {}
  for (const part of readFields(bytes)) {
    const field = fields.get(part.number)
    if (field === undefined) continue
    if (field.shape === 'map') {
      const [key, value] = decodeEntry(part, field.type, depth)
      const map = (object[field.name] ??= {}) as Record<string, unknown>
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true })
      continue
    }
    const value = decodeValue(part, field.type, depth)
    if (field.shape === 'list') ((object[field.name] ??= []) as unknown[]).push(value)
    else if (isZero(value)) continue
    else if (EMBEDDED.has(field.name)) Object.assign(object, value)
    else object[RENAMED[field.name] ?? field.name] = value
  }
  return unwrap(object, name)
}

/** Messages that are something plainer in JSON. */
function unwrap(object: Record<string, unknown>, name: string): unknown {
  if (name === 'resource.Quantity') return object['string'] ?? '0'
  if (name.endsWith('.ExtraValue')) return object['items'] ?? []
  if (name === 'intstr.IntOrString')
    return object['type'] === 1 ? (object['strVal'] ?? '') : (object['intVal'] ?? 0)
  if (name === 'meta.v1.FieldsV1' || name === 'runtime.RawExtension')
    return parseRaw(object['Raw'] ?? object['raw'])
  return object
}

function parseRaw(base64: unknown): unknown {
  if (typeof base64 !== 'string') return {}
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString())
  } catch (cause) {
    throw new ProtobufError('a part that has to be JSON is none', { cause })
  }
}

function decodeTime(bytes: Buffer, name: string): unknown {
  let seconds = 0
  let nanos = 0
  for (const { number, varint } of readFields(bytes)) {
    if (number === 1) seconds = Number(BigInt.asIntN(INT_BITS, varint ?? 0n))
    if (number === 2) nanos = Number(BigInt.asIntN(INT_BITS, varint ?? 0n))
  }
  // Go's zero time, which JSON writes as null.
  if (bytes.length === 0 || seconds < 0) return undefined
  const time = new Date(seconds * SECOND_MS + Math.trunc(nanos / NANOS_PER_MS))
  if (Number.isNaN(time.getTime())) throw new ProtobufError('a time is out of range')
  const text = time.toISOString()
  return name.endsWith('MicroTime') ? text.replace('Z', '000Z') : `${text.slice(0, 19)}Z`
}

function decodeEntry(part: Part, type: string, depth: number): [string, unknown] {
  let key = ''
  let value: unknown = type === 'string' || type === 'bytes' ? '' : {}
  for (const entry of readFields(bytesOf(part))) {
    if (entry.number === 1) key = bytesOf(entry).toString()
    if (entry.number === 2) value = decodeValue(entry, type, depth)
  }
  return [key, value]
}

function decodeValue(part: Part, type: string, depth: number): unknown {
  switch (type) {
    case 'string':
      return bytesOf(part).toString()
    case 'bytes':
      return bytesOf(part).toString('base64')
    case 'bool':
      return (part.varint ?? 0n) !== 0n
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(INT_BITS, part.varint ?? 0n))
    default:
      return decodeMessage(bytesOf(part), type, depth + 1)
  }
}

/** Go writes every member that is no pointer, empty or not; JSON would have left the empty ones out. */
function isZero(value: unknown): boolean {
  if (value === undefined || value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

interface Part {
  readonly number: number
  readonly varint?: bigint
  readonly bytes?: Buffer
}

function bytesOf({ bytes }: Part): Buffer {
  if (bytes === undefined) throw new ProtobufError('a field has another type than it should')
  return bytes
}

function* readFields(bytes: Buffer): Generator<Part> {
  const reader = { bytes, at: 0 }
  while (reader.at < bytes.length) {
    const tag = Number(readVarint(reader))
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case VARINT:
        yield { number, varint: readVarint(reader) }
        break
      case BYTES:
        yield { number, bytes: take(reader, Number(readVarint(reader))) }
        break
      case FIXED64:
        take(reader, 8)
        break
      case FIXED32:
        take(reader, 4)
        break
      default:
        throw new ProtobufError(`wire type \`${tag % 8}\` is not served`)
    }
  }
}

interface Reader {
  readonly bytes: Buffer
  at: number
}

function readVarint(reader: Reader): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at]
    if (byte === undefined) throw new ProtobufError('the message ends in the middle of a field')
    reader.at += 1
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  throw new ProtobufError('a number is longer than ten bytes')
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length
  if (end > reader.bytes.length)
    throw new ProtobufError('the message ends in the middle of a field')
  const part = reader.bytes.subarray(reader.at, end)
  reader.at = end
  return part
}
