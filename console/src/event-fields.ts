// The fields of a form, read from a schema's content: the properties of the detail, where they are plain, and the
// detail that their values make. What is not plain is written as JSON.

export type FieldKind = 'text' | 'number' | 'boolean' | 'choice' | 'json'

export interface EventField {
  readonly name: string
  readonly kind: FieldKind
  readonly isRequired: boolean
  readonly choices: readonly string[]
  readonly description?: string
}

type Json = Readonly<Record<string, unknown>>

/** The fields of a schema's detail, in its order; none when it is no plain object. */
export function readFields(content: string): readonly EventField[] {
  const document: unknown = JSON.parse(content)
  if (!isObject(document)) return []
  const detail = detailOf(document)
  const { required } = detail
  const names: readonly unknown[] = Array.isArray(required) ? required : []
  return Object.entries(objectAt(detail, 'properties')).map(([name, value]) => {
    const field = resolve(document, value)
    const { description } = field
    return {
      name,
      ...kindOf(field),
      isRequired: names.includes(name),
      ...(typeof description === 'string' ? { description } : {}),
    }
  })
}

export interface FieldFault {
  readonly name: string
  readonly message: string
}

/** The detail as JSON text; what is empty and not required is left out. */
export function formatDetail(
  fields: readonly EventField[],
  values: Readonly<Record<string, string>>,
): string | FieldFault {
  const parts: string[] = []
  for (const field of fields) {
    const text = values[field.name] ?? ''
    if (text === '' && !field.isRequired) continue
    const json = toJson(field, text)
    if (json === undefined) {
      return { name: field.name, message: `expected \`${field.name}\` to be ${WANTED[field.kind]}` }
    }
    parts.push(`${JSON.stringify(field.name)}:${json}`)
  }
  return `{${parts.join(',')}}`
}

/** What a field shows for a value of the example. */
export function fieldText({ kind }: EventField, value: unknown): string {
  if (value === undefined) return ''
  if (kind === 'json') return JSON.stringify(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const WANTED: Readonly<Record<FieldKind, string>> = {
  text: 'a text',
  number: 'a number',
  boolean: '`true` or `false`',
  choice: 'one of its choices',
  json: 'JSON',
}

function toJson({ kind }: EventField, text: string): string | undefined {
  if (kind === 'text' || kind === 'choice') return JSON.stringify(text)
  if (kind === 'number') return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : undefined
  if (kind === 'boolean') return text === 'true' || text === 'false' ? text : undefined
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

/** The detail of an envelope, or the schema that is of the detail alone. */
function detailOf(document: Json): Json {
  const schemas = objectAt(objectAt(document, 'components'), 'schemas')
  const envelope = schemas['AWSEvent'] ?? document
  const whole = resolve(document, envelope)
  const properties = objectAt(whole, 'properties')
  if (isObject(properties['detail'])) return resolve(document, properties['detail'])
  if (Object.keys(schemas).length === 0) return whole
  const title = objectAt(document, 'info')['title']
  const named = typeof title === 'string' ? schemas[title] : undefined
  return resolve(document, named ?? Object.values(schemas)[0])
}

function kindOf({ type, enum: values }: Json): Pick<EventField, 'kind' | 'choices'> {
  const choices: readonly unknown[] = Array.isArray(values) ? values : []
  if (choices.length > 0 && choices.every((value) => typeof value === 'string')) {
    return { kind: 'choice', choices }
  }
  if (type === 'string') return { kind: 'text', choices: [] }
  if (type === 'number' || type === 'integer') return { kind: 'number', choices: [] }
  return { kind: type === 'boolean' ? 'boolean' : 'json', choices: [] }
}

const REFERENCES_MAX = 20

function resolve(document: Json, value: unknown): Json {
  let current = value
  for (let count = 0; count < REFERENCES_MAX; count += 1) {
    if (!isObject(current)) return {}
    const { $ref: reference } = current
    if (typeof reference !== 'string') return current
    current = reference
      .split('/')
      .slice(1)
      .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), document)
  }
  return {}
}

function objectAt(value: Json, name: string): Json {
  const found = value[name]
  return isObject(found) ? found : {}
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
