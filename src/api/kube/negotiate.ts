// In which form a client wants its answer. It lists forms in the order in which it likes them; the first that is served
// is taken. Protobuf is never answered: every client that lists it lists JSON behind it.

import { KubeError } from '../../objects/index.ts'

/** `table`: rows and columns for `kubectl get`. `metadata`: objects without spec and status. */
export type ObjectForm = 'json' | 'table' | 'metadata'

const METADATA_KINDS = new Set(['PartialObjectMetadata', 'PartialObjectMetadataList'])
const DISCOVERY_VERSIONS = new Set(['v2', 'v2beta1'])

/** Throws `NotAcceptable` when none is served. */
export function negotiateForm(accept: string | undefined): ObjectForm {
  const ranges = parseAccept(accept)
  for (const { type, parameters } of ranges) {
    if (type === '*/*' || type === 'application/*') return 'json'
    if (type !== 'application/json') continue
    const as = parameters.get('as')
    if (as === undefined) return 'json'
    if (parameters.get('g') !== 'meta.k8s.io') continue
    if (as === 'Table' && isServedVersion(parameters)) return 'table'
    if (METADATA_KINDS.has(as)) return 'metadata'
  }
  throw new KubeError(
    'NotAcceptable',
    'only the following media types are accepted: application/json',
  )
}

/** The version of aggregated discovery that the client understands; undefined for the form of old. */
export function negotiateDiscovery(accept: string | undefined): string | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json') continue
    if (parameters.get('as') === undefined) return undefined
    const version = parameters.get('v') ?? ''
    if (parameters.get('g') === 'apidiscovery.k8s.io' && DISCOVERY_VERSIONS.has(version))
      return version
  }
  return undefined
}

function isServedVersion(parameters: ReadonlyMap<string, string>): boolean {
  const version = parameters.get('v')
  return version === 'v1' || version === 'v1beta1'
}

interface MediaRange {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

function parseAccept(accept = '*/*'): readonly MediaRange[] {
  return accept.split(',').map((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    return {
      type: type!.toLowerCase(),
      parameters: new Map(
        parameters.map((one) => {
          const [name, value = ''] = one.split('=')
          return [name!, value]
        }),
      ),
    }
  })
}
