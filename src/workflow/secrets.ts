// Secrets in values. A parameter that comes from a Secret is put into texts as a mark, `${secret:namespace/name/key}`,
// and the mark is all that objects, statuses and events show; it becomes the value where something outside is called.

import { KubeError, type KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { isList, isObject } from './json-tree.ts'

const MARK = /\$\{secret:([a-z0-9.-]+)\/([a-z0-9.-]+)\/([-._A-Za-z0-9]+)\}/g

export interface SecretRef {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

/** The value of a Secret's key; throws an Error that names what is missing. */
export type SecretReader = (ref: SecretRef) => Promise<string>

export function markOf({ namespace, name, key }: SecretRef): string {
  return `\${secret:${namespace}/${name}/${key}}`
}

/** The Secret that a text is the mark of, and nothing else. */
function refOfMark(text: string): SecretRef | undefined {
  const [first, ...more] = refsIn(text)
  return first !== undefined && more.length === 0 && markOf(first) === text ? first : undefined
}

export interface Revealed {
  readonly value: Json
  /** Puts the marks back where a text shows a value. */
  hide(text: string): string
}

export async function revealSecrets(value: Json, read: SecretReader): Promise<Revealed> {
  const text = JSON.stringify(value)
  const values = new Map<string, string>()
  for (const ref of refsIn(text)) values.set(markOf(ref), await read(ref))
  if (values.size === 0) return { value, hide: (shown) => shown }
  return {
    value: mapTexts(value, (one) => one.replaceAll(MARK, (mark) => values.get(mark) ?? mark)),
    hide: (shown) => hideAll(shown, values),
  }
}

function hideAll(shown: string, values: ReadonlyMap<string, string>): string {
  let text = shown
  for (const [mark, secret] of values) {
    if (secret === '') continue
    // As it is, and as it stands in JSON.
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1)]))
      text = text.replaceAll(form, mark)
  }
  return text
}

function refsIn(text: string): readonly SecretRef[] {
  return Array.from(text.matchAll(MARK), ([, namespace, name, key]) => ({
    namespace: namespace!,
    name: name!,
    key: key!,
  }))
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (isList(value)) return value.map((item) => mapTexts(item, change))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapTexts(member ?? null, change)]),
  )
}

/**
 * The object with its marks where its kind has a place for a Secret: environment variables refer to it, another Secret
 * gets the value. Things of providers keep the marks. Throws a `KubeError` for a mark anywhere else.
 */
export async function placeSecrets(object: KubeObject, read: SecretReader): Promise<KubeObject> {
  const { spec } = object
  if (refsIn(JSON.stringify(object)).length === 0) return object
  if (isObject(spec) && isObject(spec['forProvider'])) return object
  if (object.kind === 'Secret' && object.apiVersion === 'v1')
    return (await revealSecrets(object as unknown as Json, read)).value as unknown as KubeObject
  const placed = placeInEnvironment(object as unknown as Json, object)
  if (refsIn(JSON.stringify(placed)).length > 0)
    throw new KubeError(
      'BadRequest',
      `a parameter from a Secret can be the whole value of an environment variable of ${object.kind} \`${object.metadata.name}\`, and stand nowhere else in it`,
    )
  return placed as unknown as KubeObject
}

function placeInEnvironment(value: Json, object: KubeObject): Json {
  if (isList(value)) return value.map((item) => placeInEnvironment(item, object))
  if (!isObject(value)) return value
  const ref = typeof value['value'] === 'string' ? refOfMark(value['value']) : undefined
  if (ref !== undefined && typeof value['name'] === 'string' && isNear(ref, object)) {
    const { value: _, ...rest } = value
    return { ...rest, valueFrom: { secretKeyRef: { name: ref.name, key: ref.key } } }
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      placeInEnvironment(member ?? null, object),
    ]),
  )
}

function isNear({ namespace }: SecretRef, { metadata }: KubeObject): boolean {
  return namespace === metadata.namespace
}
