// What a pipe says of the topic that it reads, in AWS's words: `smk://host:9092` with SelfManagedKafkaParameters, or
// `kafka://BROKER/TOPIC`, whose broker says the rest. AWS's operations take the first form alone, so there the host may
// be the name of a broker. A cluster of MSK by its ARN is the broker of the cluster's name.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceSelfManagedKafkaParameters.html

import {
  type BrokerSecurity,
  type BrokerSpec,
  DEFAULT_ACCOUNT,
  parseArn,
  parseBrokerAddress,
  type SecretRef,
} from '../../../model/index.ts'
import type { BrokerAccess, FindBroker, RevealSecret } from '../../broker-access.ts'
import { groupOfPipe } from '../../pipe-group.ts'
import { PIPE_RECORDS_DEFAULT, PIPE_RECORDS_MAX, PIPE_WINDOW_SECONDS_MAX } from './limits.ts'

export interface PipeReading {
  /** Undefined while there is no such broker. */
  access(): Promise<BrokerAccess | undefined>
  readonly servers: () => string
  /** As the configuration would have it. */
  readonly brokerName: string
  /** The ARN of a cluster of MSK; absent for others. */
  readonly clusterArn?: string
  readonly topic: string
  readonly group: string
  readonly from: 'earliest' | 'latest'
  readonly recordsMax: number
  readonly windowMs: number
}

export interface PipeReadingOptions {
  readonly findBroker: FindBroker
  /** What it takes to reach a broker that is none of the named ones. */
  readonly accessTo: (broker: BrokerSpec) => BrokerAccess
}

type Members = Readonly<Record<string, unknown>>

const SMK = /^smk:\/\/([^/]+)$/

export function isKafkaSource(address: string): boolean {
  if (SMK.test(address) || clusterOf(address) !== undefined) return true
  return parseBrokerAddress(address)?.type === 'kafka'
}

/** The name in the ARN of a cluster of MSK. */
function clusterOf(address: string): string | undefined {
  const arn = parseArn(address)
  return arn?.service === 'kafka' ? /^cluster\/([^/]+)\//.exec(arn.resource)?.[1] : undefined
}

/** `reader` names the pipe, whose group it is where the parameters name none. */
export function readPipeParameters(
  { findBroker, accessTo }: PipeReadingOptions,
  address: string,
  { parameters, reader }: { readonly parameters: Members; readonly reader: string },
): PipeReading {
  const cluster = clusterOf(address)
  const own = membersOf(
    parameters[
      cluster === undefined ? 'SelfManagedKafkaParameters' : 'ManagedStreamingKafkaParameters'
    ],
  )
  const named = parseBrokerAddress(address)
  const host = cluster ?? named?.broker ?? SMK.exec(address)?.[1]?.replace(/:\d+$/, '') ?? ''
  const servers = serversOf(address, own['AdditionalBootstrapServers'])
  const group = text(own['ConsumerGroupID']) ?? groupOfPipe(reader)
  return {
    async access() {
      const broker = findBroker(host)
      const isSelfManaged = named === undefined && cluster === undefined
      return broker === undefined && isSelfManaged ? selfManaged(accessTo, servers, own) : broker
    },
    brokerName: host,
    ...(cluster === undefined ? {} : { clusterArn: address }),
    servers: () => (findBroker(host)?.broker.servers ?? servers).join(','),
    topic: text(own['TopicName']) ?? named?.place ?? '',
    group,
    from: own['StartingPosition'] === 'LATEST' ? 'latest' : 'earliest',
    recordsMax: numberIn(own['BatchSize'], 1, PIPE_RECORDS_MAX) ?? PIPE_RECORDS_DEFAULT,
    windowMs:
      (numberIn(own['MaximumBatchingWindowInSeconds'], 0, PIPE_WINDOW_SECONDS_MAX) ?? 0) * 1000,
  }
}

function serversOf(address: string, additional: unknown): readonly string[] {
  const first = SMK.exec(address)?.[1]?.split(',') ?? []
  const more = Array.isArray(additional) ? additional.filter((one) => typeof one === 'string') : []
  return [...first, ...more]
}

/** A cluster of which only the pipe speaks, with the credentials that its secret holds. */
async function selfManaged(
  accessTo: PipeReadingOptions['accessTo'],
  servers: readonly string[],
  own: Members,
): Promise<BrokerAccess> {
  const spec: BrokerSpec = {
    account: DEFAULT_ACCOUNT,
    region: 'us-east-1',
    name: 'smk',
    type: 'kafka',
    servers,
  }
  const security = await securityOf(own, accessTo(spec).reveal)
  return accessTo(security === undefined ? spec : { ...spec, security })
}

const MECHANISMS = {
  BasicAuth: 'PLAIN',
  SaslScram256Auth: 'SCRAM-SHA-256',
  SaslScram512Auth: 'SCRAM-SHA-512',
} as const

/** AWS speaks to self-managed clusters over TLS as soon as there are credentials or an authority. */
async function securityOf(own: Members, reveal: RevealSecret): Promise<BrokerSecurity | undefined> {
  const credentials = membersOf(own['Credentials'])
  const ca = text(own['ServerRootCaCertificate'])
  const tls = ca === undefined ? {} : { ca: keyOf(ca, 'certificate') }
  const client = text(credentials['ClientCertificateTlsAuth'])
  if (client !== undefined) {
    const pair = { certificate: keyOf(client, 'certificate'), key: keyOf(client, 'privateKey') }
    return { protocol: 'SSL', tls: { ...tls, ...pair } }
  }
  for (const [member, mechanism] of Object.entries(MECHANISMS)) {
    const secret = text(credentials[member])
    if (secret === undefined) continue
    return {
      protocol: 'SASL_SSL',
      mechanism,
      username: await reveal(keyOf(secret, 'username')),
      password: keyOf(secret, 'password'),
      tls,
    }
  }
  return ca === undefined ? undefined : { protocol: 'SSL', tls }
}

/** A secret of Secrets Manager is a secret here, by its name without the six characters that AWS puts behind it. */
function keyOf(secret: string, key: string): SecretRef {
  const name = parseArn(secret)?.resource.replace(/^secret:/, '') ?? secret
  return { secret: name.replace(/-[A-Za-z0-9]{6}$/, ''), key }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberIn(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && value >= min && value <= max ? value : undefined
}
