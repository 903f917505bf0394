// The query protocol, outwards: an operation's output as XML in the form that its tables and the older
// protocol's names define.

import { entryNames, responseName, wrappedName } from './query-names.ts'
import { type OperationShape, type ServiceModel, shapeOf } from './shapes.ts'

const NAMESPACES: Readonly<Record<string, string>> = {
  '2010-08-01': 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  '2010-03-31': 'http://sns.amazonaws.com/doc/2010-03-31/',
  '2012-11-05': 'http://queue.amazonaws.com/doc/2012-11-05/',
  '2011-06-15': 'https://sts.amazonaws.com/doc/2011-06-15/',
}

export interface QueryResult {
  readonly model: ServiceModel
  readonly operation: OperationShape
  readonly output: object
  readonly requestId: string
}

export function encodeQueryResult(result: QueryResult): string {
  const { model, operation, requestId } = result
  const name = operation.name
  const members =
    operation.output === undefined
      ? ''
      : `<${name}Result>${encodeStructure(model, operation.output.shape, result.output)}</${name}Result>`
  const metadata = `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>`
  return `<?xml version="1.0"?><${name}Response xmlns="${namespaceOfModel(model)}">${members}${metadata}</${name}Response>`
}

export interface QueryError {
  readonly model: ServiceModel
  readonly code: string
  readonly message: string
  readonly isSenderFault: boolean
  readonly requestId: string
}

export function encodeQueryError(error: QueryError): string {
  const type = error.isSenderFault ? 'Sender' : 'Receiver'
  const body = `<Error><Type>${type}</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message><Detail/></Error>`
  return `<?xml version="1.0"?><ErrorResponse xmlns="${namespaceOfModel(error.model)}">${body}<RequestId>${escapeXml(error.requestId)}</RequestId></ErrorResponse>`
}

function namespaceOfModel(model: ServiceModel): string {
  return NAMESPACES[model.metadata.apiVersion] ?? ''
}

function encodeStructure(model: ServiceModel, shapeName: string, value: object): string {
  const values = new Map<string, unknown>(Object.entries(value))
  let text = ''
  for (const [name, member] of Object.entries(shapeOf(model, shapeName).members ?? {})) {
    const item = values.get(name)
    if (item !== undefined && item !== null) text += encodeMember(model, name, member.shape, item)
  }
  return text
}

function encodeMember(
  model: ServiceModel,
  name: string,
  shapeName: string,
  value: unknown,
): string {
  const shape = shapeOf(model, shapeName)
  const items = encodeItems(model, shapeName, value)
  if (items === undefined) return wrap(name, encodeValue(model, shapeName, value))
  if (shape.flattened === true) {
    const tag = responseName(name, shapeName, shape)
    return items.map((item) => wrap(tag, item)).join('')
  }
  return wrap(name, items.map((item) => wrap(wrappedName(shape), item)).join(''))
}

/** The insides of each item of a list or map; undefined for any other value. */
function encodeItems(
  model: ServiceModel,
  shapeName: string,
  value: unknown,
): readonly string[] | undefined {
  const shape = shapeOf(model, shapeName)
  if (shape.type === 'list' && Array.isArray(value)) {
    const itemShape = shape.member?.shape ?? ''
    return value.map((item) => encodeValue(model, itemShape, item))
  }
  if (shape.type !== 'map' || typeof value !== 'object' || value === null) return undefined
  const names = entryNames(shapeName, shape)
  const valueShape = shape.value?.shape ?? ''
  return Object.entries(value).map(
    ([key, item]) =>
      wrap(names.key, escapeXml(key)) + wrap(names.value, encodeValue(model, valueShape, item)),
  )
}

function encodeValue(model: ServiceModel, shapeName: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) return encodeStructure(model, shapeName, value)
  const isTime = shapeOf(model, shapeName).type === 'timestamp' && typeof value === 'number'
  return escapeXml(isTime ? new Date(value * 1000).toISOString() : String(value))
}

function wrap(tag: string, text: string): string {
  return `<${tag}>${text}</${tag}>`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;',
}

/** Text as XML content; characters that XML 1.0 cannot hold become U+FFFD. */
function escapeXml(text: string): string {
  return (
    text
      .replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? character)
      // oxlint-disable-next-line no-control-regex -- these are the characters that XML cannot hold
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  )
}
