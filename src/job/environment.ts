// The variables of a container, from all the places that a pod may name: nothing is inherited.
// https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/

import type { KubeClient, KubeObject } from '../objects/index.ts'
import { type Container, type EnvSource, type EnvVariable, podSpecOf } from './objects.ts'

/** Something that the pod names is not there: the container waits with `CreateContainerConfigError`. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

const NAME_PATTERN = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/

/** Rejects with an `EnvironmentError`. */
export async function environmentOf(
  client: KubeClient,
  pod: KubeObject,
  { env = [], envFrom = [] }: Container,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>()
  for (const source of envFrom)
    for (const [name, value] of await readSource(client, pod, source))
      if (NAME_PATTERN.test(name)) values.set(name, value)
  for (const variable of env) {
    const value = await readVariable(client, pod, variable, values)
    if (value !== undefined) values.set(variable.name, value)
  }
  return values
}

async function readSource(
  client: KubeClient,
  pod: KubeObject,
  { prefix = '', configMapRef, secretRef }: EnvSource,
): Promise<readonly (readonly [string, string])[]> {
  const kind = secretRef === undefined ? 'ConfigMap' : 'Secret'
  const { name = '', optional = false } = secretRef ?? configMapRef ?? {}
  const data = await readData(client, pod, kind, name)
  if (data === undefined && !optional) throw missing(kind, name)
  return Array.from(data ?? [], ([key, value]) => [prefix + key, value.toString()] as const)
}

async function readVariable(
  client: KubeClient,
  pod: KubeObject,
  { name, value, valueFrom }: EnvVariable,
  known: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value ?? '', known)
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom
  if (fieldRef !== undefined) return fieldOf(pod, fieldRef.fieldPath, name)
  const reference = secretKeyRef ?? configMapKeyRef
  if (reference === undefined)
    throw new EnvironmentError(`the source of variable \`${name}\` is not served`)
  const kind = secretKeyRef === undefined ? 'ConfigMap' : 'Secret'
  const { name: of = '', key, optional = false } = reference
  const data = await readData(client, pod, kind, of)
  if (data === undefined && !optional) throw missing(kind, of)
  const found = data?.get(key)
  if (found === undefined && data !== undefined && !optional)
    throw new EnvironmentError(
      `couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${of}`,
    )
  return found?.toString()
}

/** The entries of a ConfigMap or Secret; undefined when there is none. */
export async function readData(
  client: KubeClient,
  pod: KubeObject,
  kind: 'ConfigMap' | 'Secret',
  name: string,
): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const { namespace = '' } = pod.metadata
  const object = await client.get({ apiVersion: 'v1', kind, namespace, name })
  if (object === undefined) return undefined
  const entries = new Map<string, Buffer>()
  const isSecret = kind === 'Secret'
  for (const [key, value] of entriesOf(object['data']))
    entries.set(key, Buffer.from(value, isSecret ? 'base64' : 'utf8'))
  for (const [key, value] of entriesOf(object['binaryData']))
    entries.set(key, Buffer.from(value, 'base64'))
  return entries
}

export function missing(kind: 'ConfigMap' | 'Secret', name: string): EnvironmentError {
  return new EnvironmentError(`${kind.toLowerCase()} "${name}" not found`)
}

function entriesOf(data: unknown): readonly (readonly [string, string])[] {
  return typeof data === 'object' && data !== null ? Object.entries(data) : []
}

/** `$(NAME)` stands for a variable that came before; `$$` is a dollar. */
export function expand(text: string, known: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(?:\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))/g, (whole, name?: string) => {
    if (name === undefined) return '$'
    return known.get(name) ?? whole
  })
}

const KEYED = /^metadata\.(labels|annotations)\['([^']+)'\]$/
const HOST_ADDRESS = '127.0.0.1'

function fieldOf(pod: KubeObject, path: string, variable: string): string {
  const { metadata } = pod
  const { serviceAccountName = 'default', nodeName = '' } = podSpecOf(pod)
  const keyed = KEYED.exec(path)
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? ''
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': nodeName,
    'spec.serviceAccountName': serviceAccountName,
    'status.hostIP': HOST_ADDRESS,
    'status.podIP': HOST_ADDRESS,
    'status.podIPs': HOST_ADDRESS,
  }
  const value = Object.hasOwn(fields, path) ? fields[path] : undefined
  if (value === undefined)
    throw new EnvironmentError(`the field \`${path}\` of variable \`${variable}\` is not served`)
  return value
}
