// The provider that makes nothing outside: the object itself is the thing. It gets an id, an ARN and properties of the
// form that the service would give, so that templates can be written and tried with nothing else.

import { createHash } from 'node:crypto'
import type { KubeObject } from '../../../objects/index.ts'
import type { Json } from '../../../structure/index.ts'
import { isObject, type JsonObject } from '../../json-tree.ts'
import type { Provider, ProviderAnswer, ProviderRequest } from '../../provider.ts'

const ACCOUNT = '000000000000'
const REGION_DEFAULT = 'us-east-1'

export function createLocalProvider(): Provider {
  return {
    apply: (request) => Promise.resolve(apply(request)),
    remove: () => Promise.resolve(true),
  }
}

function apply({ object, wanted, known, mayCreate }: ProviderRequest): ProviderAnswer {
  if (known['id'] === undefined && !mayCreate) return { kind: 'absent' }
  const identity = identityOf(object, wanted)
  const shown = shownOf(object)
  return {
    kind: 'ready',
    id: identity.id,
    arn: identity.arn,
    properties: { ...shown, ...identity.properties, Arn: identity.arn },
    connection: { id: identity.id, arn: identity.arn, ...textsOf(identity.properties) },
  }
}

/** As the object has it, with marks for what is secret. */
function shownOf({ spec }: KubeObject): JsonObject {
  const forProvider = isObject(spec) && isObject(spec['forProvider']) ? spec['forProvider'] : {}
  return forProvider
}

interface Identity {
  readonly id: string
  readonly arn: string
  readonly properties: Readonly<Record<string, Json>>
}

function identityOf({ apiVersion, kind, metadata }: KubeObject, wanted: JsonObject): Identity {
  const service = apiVersion.split('.')[0]!
  const region = typeof wanted['region'] === 'string' ? wanted['region'] : REGION_DEFAULT
  const { name, uid = '' } = metadata
  const hash = createHash('sha256').update(uid).digest('hex')
  const number = String((Number.parseInt(hash.slice(0, 8), 16) % 9_000_000) + 1_000_000)
  const scope = `arn:aws:${service}:${region}:${ACCOUNT}`
  const host = `${hash.slice(0, 12)}.${service}.${region}.local`
  switch (`${service}/${kind}`) {
    case 'mediaconnect/Flow': {
      const arn = `${scope}:flow:1-${hash.slice(0, 16)}:${name}`
      return { id: arn, arn, properties: { FlowArn: arn, Status: 'STANDBY', IngestIp: ipOf(hash) } }
    }
    case 'mediaconnect/Bridge':
    case 'mediaconnect/Gateway': {
      const arn = `${scope}:${kind.toLowerCase()}:1-${hash.slice(0, 16)}:${name}`
      return { id: arn, arn, properties: { [`${kind}Arn`]: arn, State: 'ACTIVE' } }
    }
    case 'medialive/Channel': {
      const arn = `${scope}:channel:${number}`
      return { id: number, arn, properties: { ChannelId: number, State: 'IDLE' } }
    }
    case 'medialive/Input': {
      const arn = `${scope}:input:${number}`
      const url = `rtmp://${host}:1935/${name}`
      return { id: number, arn, properties: { InputId: number, Url: url, State: 'DETACHED' } }
    }
    case 'mediapackage/Channel': {
      const arn = `${scope}:channels/${hash.slice(0, 32)}`
      const url = `https://${host}/in/v2/${name}/channel`
      return { id: name, arn, properties: { Id: name, IngestUrl: url } }
    }
    case 'mediapackage/OriginEndpoint': {
      const arn = `${scope}:origin_endpoints/${hash.slice(0, 32)}`
      const url = `https://${host}/out/v1/${hash.slice(0, 16)}/index.m3u8`
      return { id: name, arn, properties: { Id: name, Url: url } }
    }
    case 's3/Bucket':
      return { id: name, arn: `arn:aws:s3:::${name}`, properties: { BucketName: name } }
    default: {
      const arn = `${scope}:${kind.toLowerCase()}/${name}`
      return { id: name, arn, properties: { Name: name } }
    }
  }
}

/** An address for documentation, RFC 5737. */
function ipOf(hash: string): string {
  return `203.0.113.${(Number.parseInt(hash.slice(8, 10), 16) % 254) + 1}`
}

function textsOf(properties: Readonly<Record<string, Json>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) =>
      typeof value === 'string' && /(?:Url|Ip)$/.test(name)
        ? [[name.charAt(0).toLowerCase() + name.slice(1), value]]
        : [],
    ),
  )
}
