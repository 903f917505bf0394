// Which provider makes an object: the ProviderConfig that it names, else the one named `default`, else `local`.

import type { KubeClient, KubeObject } from '../objects/index.ts'
import { specOf } from './desired.ts'
import { asText, isObject, type JsonObject } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import type { ProviderConfig } from './provider.ts'

const DEFAULT = 'default'
const LOCAL: ProviderConfig = { name: DEFAULT, provider: 'local', spec: {}, secret: {} }

export type FoundConfig =
  | { readonly kind: 'found'; readonly config: ProviderConfig }
  | { readonly kind: 'refused'; readonly message: string }

export function configName(object: KubeObject): string {
  const ref = specOf(object)['providerConfigRef']
  return isObject(ref) && typeof ref['name'] === 'string' ? ref['name'] : DEFAULT
}

export async function findConfig(client: KubeClient, object: KubeObject): Promise<FoundConfig> {
  const name = configName(object)
  const found = await client.get({ apiVersion: API_VERSION, kind: 'ProviderConfig', name })
  if (found === undefined) {
    if (name === DEFAULT) return { kind: 'found', config: LOCAL }
    const message = `there is no ProviderConfig \`${name}\`; create it, or leave out spec.providerConfigRef to use the local provider`
    return { kind: 'refused', message }
  }
  const spec = specOf(found)
  const { provider = 'local' } = spec
  const secret = await readSecret(client, spec)
  if (typeof secret === 'string')
    return { kind: 'refused', message: `ProviderConfig \`${name}\`: ${secret}` }
  return {
    kind: 'found',
    config: { name, provider: asText(provider), spec, secret },
  }
}

/** The keys of the Secret that is named, or what is wrong. */
async function readSecret(
  client: KubeClient,
  { credentials }: JsonObject,
): Promise<Readonly<Record<string, string>> | string> {
  const ref = isObject(credentials) ? credentials['secretRef'] : undefined
  if (!isObject(ref)) return {}
  const { name, namespace } = ref
  const where = `${asText(namespace)}/${asText(name)}`
  const found = await client.get({
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: asText(namespace),
    name: asText(name),
  })
  if (found === undefined) return `Secret \`${where}\` with the credentials is not there`
  const data = isObject(found['data']) ? found['data'] : {}
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      Buffer.from(asText(value), 'base64').toString(),
    ]),
  )
}

/** Whether a ProviderConfig takes its credentials from this Secret. */
export function usesSecret(config: KubeObject, { metadata }: KubeObject): boolean {
  const { credentials } = specOf(config)
  const ref = isObject(credentials) ? credentials['secretRef'] : undefined
  return isObject(ref) && ref['name'] === metadata.name && ref['namespace'] === metadata.namespace
}
