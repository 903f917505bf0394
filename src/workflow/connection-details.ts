// How to reach what was made, in Secrets: one of each resource's own, and one that all resources of a workflow share.

import { isKubeError, type KubeClient, type KubeObject, type KubeOwner } from '../objects/index.ts'
import { specOf } from './desired.ts'
import { asText, isObject, type JsonObject } from './json-tree.ts'

const SECRET_TYPE = 'connection.crossplane.io/v1alpha1'

/** Writes the Secrets that the object asks for. */
export async function writeConnection(
  client: KubeClient,
  object: KubeObject,
  connection: Readonly<Record<string, string>>,
): Promise<void> {
  if (Object.keys(connection).length === 0) return
  for (const secret of secretsOf(object, connection)) await put(client, object, secret)
}

/** Takes away what garbage collection does not: Secrets in another namespace, and the object's keys in a shared one. */
export async function removeConnection(client: KubeClient, object: KubeObject): Promise<void> {
  for (const { namespace, name, isShared } of secretsOf(object, { none: '' })) {
    const key = { apiVersion: 'v1', kind: 'Secret', namespace, name }
    const found = await client.get(key)
    if (found === undefined) continue
    const data = isObject(found['data']) ? found['data'] : {}
    const left = Object.keys(data).filter((one) => !one.startsWith(`${object.metadata.name}.`))
    try {
      if (!isShared || left.length === 0) await client.delete(key)
      else {
        const gone = Object.keys(data).filter((one) => !left.includes(one))
        await client.patch(key, 'merge', {
          data: Object.fromEntries(gone.map((one) => [one, null])),
        })
      }
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }
}

interface SecretWish {
  readonly namespace: string
  readonly name: string
  readonly data: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly type: string
  readonly isShared: boolean
}

function secretsOf(
  object: KubeObject,
  connection: Readonly<Record<string, string>>,
): readonly SecretWish[] {
  const spec = specOf(object)
  const { name, namespace = 'default', labels = {} } = object.metadata
  const own = spec['writeConnectionSecretToRef']
  const shared = spec['publishConnectionDetailsTo']
  const wishes: SecretWish[] = []
  if (isObject(own) && typeof own['name'] === 'string')
    wishes.push({
      namespace: typeof own['namespace'] === 'string' ? own['namespace'] : namespace,
      name: own['name'],
      data: connection,
      labels,
      annotations: {},
      type: SECRET_TYPE,
      isShared: false,
    })
  if (isObject(shared) && typeof shared['name'] === 'string') {
    const metadata = isObject(shared['metadata']) ? shared['metadata'] : {}
    const entries = Object.entries(connection).map(([key, value]) => [`${name}.${key}`, value])
    wishes.push({
      namespace,
      name: shared['name'],
      data: Object.fromEntries(entries) as Readonly<Record<string, string>>,
      labels: textsOf(metadata['labels']),
      annotations: textsOf(metadata['annotations']),
      type: typeof metadata['type'] === 'string' ? metadata['type'] : SECRET_TYPE,
      isShared: true,
    })
  }
  return wishes
}

async function put(client: KubeClient, object: KubeObject, wish: SecretWish): Promise<void> {
  const { namespace, name, labels, annotations, type } = wish
  const data = Object.fromEntries(
    Object.entries(wish.data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  const key = { apiVersion: 'v1', kind: 'Secret', namespace, name }
  const found = await client.get(key)
  if (found !== undefined) {
    if (isHeld(found, data, { ...labels, ...annotations })) return
    await client.patch(key, 'merge', { metadata: { labels, annotations }, data })
    return
  }
  const isNear = namespace === object.metadata.namespace && !wish.isShared
  const metadata = {
    name,
    namespace,
    labels,
    annotations,
    ...(isNear ? { ownerReferences: [ownerOf(object)] } : {}),
  }
  try {
    await client.create({ apiVersion: 'v1', kind: 'Secret', metadata, type, data })
  } catch (error) {
    // Another resource of the workflow was faster: its Secret gets these keys too.
    if (!isKubeError(error, 'AlreadyExists')) throw error
    await client.patch(key, 'merge', { metadata: { labels, annotations }, data })
  }
}

function isHeld(
  found: KubeObject,
  data: Readonly<Record<string, string>>,
  texts: Readonly<Record<string, string>>,
): boolean {
  const held = isObject(found['data']) ? found['data'] : {}
  const { labels = {}, annotations = {} } = found.metadata
  const shown = { ...labels, ...annotations }
  return (
    Object.entries(data).every(([key, value]) => held[key] === value) &&
    Object.entries(texts).every(([key, value]) => shown[key] === value)
  )
}

function ownerOf({ apiVersion, kind, metadata }: KubeObject): KubeOwner {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid!, controller: true }
}

function textsOf(value: JsonObject[string]): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, asText(text)]))
}
