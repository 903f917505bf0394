// YAML, for all rooms: the library, and Kubernetes' reading of it.

import { parse, parseAllDocuments, stringify, YAMLParseError } from 'yaml'

export { parse as parseYaml, parseDocument as parseYamlDocument } from 'yaml'

/** A text that is not the YAML it should be; its message says where. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
}

const ALIASES_MAX = 100

/** YAML 1.1, in which `yes` and `on` are booleans: what kubectl makes of a manifest. */
const KUBERNETES = { version: '1.1', maxAliasCount: ALIASES_MAX, uniqueKeys: true } as const

/** The one value of a text, as Kubernetes reads it. Throws `YamlError`. */
export function parseManifest(text: string): unknown {
  try {
    return parse(text, KUBERNETES)
  } catch (error) {
    throw asYamlError(error)
  }
}

/** The values of a text of several documents; empty ones are left out. Throws `YamlError`. */
export function parseManifests(text: string): readonly unknown[] {
  const documents = parseAllDocuments(text, KUBERNETES)
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) throw asYamlError(error)
    try {
      const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX })
      return value === null || value === undefined ? [] : [value]
    } catch (error_) {
      throw asYamlError(error_)
    }
  })
}

/** In the form in which people read it: blocks, names in their order. */
export function formatYaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0 })
}

/** A name that stands for nothing, or for far too much, is a `ReferenceError` of the library's. */
function asYamlError(error: unknown): Error {
  if (error instanceof YAMLParseError || error instanceof ReferenceError)
    return new YamlError(error.message.split('\n')[0], { cause: error })
  return error as Error
}
