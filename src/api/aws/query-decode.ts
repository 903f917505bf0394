// The query protocol, inwards: `Action=SendMessage&MessageAttribute.1.Name=a&…` becomes the value that the JSON
// protocol would carry, so that one validator and one handler serve both.

import { AppError } from '../../base/index.ts'
import { awsFault } from './faults.ts'
import { QUERY_DEPTH_MAX, QUERY_PARAMETERS_MAX } from './limits.ts'
import { entryNames, requestNames, wrappedName } from './query-names.ts'
import { type ServiceModel, type Shape, shapeOf } from './shapes.ts'

/** A dotted name, part by part. */
interface Node {
  text?: string
  readonly children: Map<string, Node>
}

/** Parameters of a form body or query string; the first of a name counts. */
export function parseForm(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.size >= QUERY_PARAMETERS_MAX) {
      throw new AppError(
        'REQUEST_TOO_LARGE',
        `expected at most ${QUERY_PARAMETERS_MAX} parameters`,
        { details: { awsCode: 'MalformedQueryString' } },
      )
    }
    if (!parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

/** The input of the named shape, as JSON would have it; parameters the shape does not name are ignored. */
export function decodeQuery(
  model: ServiceModel,
  shapeName: string,
  parameters: ReadonlyMap<string, string>,
): unknown {
  const root: Node = { children: new Map() }
  for (const [name, value] of parameters) plant(root, name.split('.'), value)
  return decodeStructure(model, shapeName, root)
}

function plant(root: Node, parts: readonly string[], value: string): void {
  if (parts.length > QUERY_DEPTH_MAX) return
  let node = root
  for (const part of parts) {
    let child = node.children.get(part)
    if (child === undefined) {
      child = { children: new Map() }
      node.children.set(part, child)
    }
    node = child
  }
  node.text = value
}

function decodeNode(model: ServiceModel, shapeName: string, node: Node): unknown {
  const shape = shapeOf(model, shapeName)
  return shape.type === 'structure'
    ? decodeStructure(model, shapeName, node)
    : decodeScalar(shape.type, node.text)
}

function decodeStructure(model: ServiceModel, shapeName: string, node: Node): object {
  const entries: [string, unknown][] = []
  for (const [name, member] of Object.entries(shapeOf(model, shapeName).members ?? {})) {
    const value = decodeMember(model, name, member.shape, node)
    if (value !== undefined) entries.push([name, value])
  }
  return Object.fromEntries(entries)
}

function decodeMember(model: ServiceModel, name: string, shapeName: string, parent: Node): unknown {
  const shape = shapeOf(model, shapeName)
  if (shape.type !== 'list' && shape.type !== 'map') {
    const node = parent.children.get(name)
    return node === undefined ? undefined : decodeNode(model, shapeName, node)
  }
  const items = itemsOf(name, shapeName, shape, parent)
  if (items.length === 0) return undefined
  if (shape.type === 'list') {
    const itemShape = shape.member?.shape ?? ''
    return items.map((item) => decodeNode(model, itemShape, item))
  }
  return decodeMap(model, shapeName, items)
}

function itemsOf(name: string, shapeName: string, shape: Shape, parent: Node): readonly Node[] {
  if (shape.flattened === true) {
    return requestNames(name, shapeName).flatMap((candidate) =>
      numberedChildren(parent.children.get(candidate)),
    )
  }
  return numberedChildren(parent.children.get(name)?.children.get(wrappedName(shape)))
}

function decodeMap(model: ServiceModel, shapeName: string, items: readonly Node[]): object {
  const shape = shapeOf(model, shapeName)
  const valueShape = shape.value?.shape ?? ''
  const names = entryNames(shapeName, shape)
  return Object.fromEntries(
    items.map((item) => {
      const key = item.children.get(names.key) ?? item.children.get('Key')
      const value = item.children.get(names.value)
      if (key?.text === undefined || value === undefined) {
        throw awsFault('MissingParameter', `The request must contain the parameter ${names.key}.`)
      }
      return [key.text, decodeNode(model, valueShape, value)]
    }),
  )
}

function numberedChildren(node: Node | undefined): readonly Node[] {
  if (node === undefined) return []
  return [...node.children]
    .filter(([name]) => /^[1-9]\d{0,4}$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child)
}

function decodeScalar(type: string, text: string | undefined): unknown {
  if (text === undefined) return undefined
  if (type === 'integer' || type === 'long') {
    if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
    throw awsFault(
      'InvalidParameterValue',
      `Value ${text} for a parameter of type integer is invalid.`,
    )
  }
  if (type === 'boolean') return text.toLowerCase() === 'true'
  if (type === 'double' || type === 'float') return decodeNumber(Number(text), text, 'double')
  if (type === 'timestamp') return decodeNumber(Date.parse(text) / 1000, text, 'timestamp')
  return text
}

function decodeNumber(value: number, text: string, type: string): number {
  if (Number.isFinite(value) && text.trim() !== '') return value
  throw awsFault(
    'InvalidParameterValue',
    `Value ${text} for a parameter of type ${type} is invalid.`,
  )
}
