// How targets that are services of AWS are called: what the configuration says of endpoints and credentials.

import type { AwsTargetsConfig, Config } from './config/index.ts'
import type { SinkKindsOptions } from './connect/index.ts'
import { compileInput } from './transform/index.ts'

/** Services that this server serves itself, for universal targets of which nothing else is configured. */
const OWN_SERVICES: ReadonlySet<string> = new Set([
  'events',
  'lambda',
  'pipes',
  'scheduler',
  'schemas',
  'sns',
  'sqs',
])

export interface AwsTargetsOptions {
  readonly config: Config
  /** Where this server can be called, once it listens. */
  readonly ownUrl: () => string | undefined
}

export function awsTargets({ config, ownUrl }: AwsTargetsOptions): SinkKindsOptions['aws'] {
  const { aws } = config.targets
  const endpointOf = (service: string): string | undefined =>
    Object.hasOwn(aws.endpoints, service) ? aws.endpoints[service] : aws.endpoint
  return {
    endpointOf,
    endpointOfUniversal(service) {
      const isOwn = config.mode === 'dev' && OWN_SERVICES.has(service)
      return endpointOf(service) ?? (isOwn ? ownUrl() : undefined)
    },
    ...credentialsOf(aws),
    region: aws.region,
    timeoutMs: config.delivery.timeoutMs,
    select: selectText,
  }
}

function credentialsOf(aws: AwsTargetsConfig): Pick<SinkKindsOptions['aws'], 'credentials'> {
  const { accessKeyId, secretAccessKey, sessionToken } = aws
  if (accessKeyId === undefined || secretAccessKey === undefined) return {}
  return {
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
    },
  }
}

/** A text without its quotes, anything else as its JSON. */
export function selectText(path: string, envelope: Uint8Array): string | undefined {
  const selected = compileInput({ kind: 'path', path }).apply(envelope, {
    ruleArn: '',
    ruleName: '',
    ingestionTime: 0,
  })
  if (selected.kind === 'failed') return undefined
  const text = Buffer.from(selected.body).toString()
  return text.startsWith('"') ? (JSON.parse(text) as string) : text
}
