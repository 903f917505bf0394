// The one table of options. Validation, `--help`, the environment's names and docs/reference/configuration.md
// are all made from it; a test holds that each row is a place in Config and the other way round.

export type OptionType =
  | 'text'
  | 'url'
  | 'path'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'duration'
  | 'size'
  | 'choice'
  | 'list'
  /** Positions in the log, such as `1200-1299`. */
  | 'ranges'
  /** A URL, or `aws` for AWS's own. */
  | 'endpoint'
  /** Endpoints by service. */
  | 'endpoints'
  /** Masked wherever it is printed. */
  | 'secret'

export interface Option {
  /** Where it stands in the file and in Config, dots between levels. */
  readonly key: string
  readonly type: OptionType
  /** As one would write it; absent when there is none. */
  readonly default?: string
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
  /** The environment variable, where it is not made of the key. */
  readonly env?: string
  /** A variable of somebody else's that counts when ours is not set. */
  readonly envAlso?: string
  /** The long flag, for the few that have one. */
  readonly flag?: string
  /** `start` options have no effect under `dev`, `client` ones only on commands that call a server. */
  readonly only?: 'start' | 'client'
  readonly doc: string
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const MIB = 1024 * 1024

export const OPTIONS: readonly Option[] = [
  {
    key: 'host',
    type: 'text',
    default: '127.0.0.1',
    flag: '--host',
    doc: 'address to listen on, and to call',
  },
  {
    key: 'port',
    type: 'integer',
    default: '4566',
    min: 0,
    max: 65_535,
    flag: '--port',
    doc: 'port to listen on, and to call; 0 lets the system choose one',
  },
  {
    key: 'endpointUrl',
    type: 'url',
    flag: '--endpoint-url',
    only: 'client',
    doc: 'the server to call, instead of host and port',
  },
  {
    key: 'token',
    type: 'secret',
    only: 'client',
    doc: "token to sign in with where a server asks who calls; without one, the administrator's of a server under `start` on this data directory",
  },
  {
    key: 'dataDir',
    type: 'path',
    default: './.signalbox',
    flag: '--data-dir',
    doc: 'directory of the log and the store',
  },
  {
    key: 'logLevel',
    type: 'choice',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    flag: '--log-level',
    doc: 'least serious log line to write',
  },
  {
    key: 'log.retentionAgeMs',
    type: 'duration',
    default: '7d',
    min: MINUTE_MS,
    doc: 'how long events are kept in the log; what is not yet delivered is kept longer',
  },
  {
    key: 'log.retentionSizeBytes',
    type: 'size',
    default: '10GiB',
    min: 16 * MIB,
    doc: 'how large the log may grow before its oldest segments go',
  },
  {
    key: 'log.acceptDataLoss',
    type: 'ranges',
    default: '',
    flag: '--accept-data-loss',
    doc: 'damaged records, as `/readyz` names them, whose loss is accepted; the server is then ready without them',
  },
  {
    key: 'audit.retentionAgeMs',
    type: 'duration',
    default: '90d',
    min: MINUTE_MS,
    doc: 'how long records of who did what are kept',
  },
  {
    key: 'audit.retentionSizeBytes',
    type: 'size',
    default: '256MiB',
    min: 16 * MIB,
    doc: 'how large the audit log may grow before its oldest files go; half of it is for events that come and go, half for all else',
  },
  {
    key: 'limits.requestSizeBytesMax',
    type: 'size',
    default: '4MiB',
    min: 1024,
    max: 64 * MIB,
    doc: 'largest request body',
  },
  {
    key: 'limits.entrySizeBytesMax',
    type: 'size',
    default: '1048576',
    min: 1024,
    max: 16 * MIB,
    doc: 'largest single event',
  },
  {
    key: 'limits.backlogSizeBytesMax',
    type: 'size',
    default: '64MiB',
    min: MIB,
    doc: 'bytes that may wait in memory for the disk; beyond them producers are told to come back later',
  },
  {
    key: 'dedupe.windowMs',
    type: 'duration',
    default: '5m',
    min: 0,
    max: DAY_MS,
    doc: 'how long an event with the same source and id counts as the same event; 0 turns it off',
  },
  {
    key: 'drain.delayMs',
    type: 'duration',
    default: '0s',
    min: 0,
    max: MINUTE_MS,
    doc: 'how long a server that was asked to stop still serves while `/readyz` answers 503, so that whoever routes to it can see',
  },
  {
    key: 'delivery.timeoutMs',
    type: 'duration',
    default: '15s',
    min: 100,
    max: 15 * MINUTE_MS,
    doc: 'time that one attempt may take',
  },
  {
    key: 'delivery.concurrencyMax',
    type: 'integer',
    default: '64',
    min: 1,
    max: 1000,
    doc: 'attempts that may run at once to one target',
  },
  {
    key: 'delivery.retriesMax',
    type: 'integer',
    default: '185',
    min: 0,
    max: 185,
    doc: 'retries of a delivery, where its target says nothing',
  },
  {
    key: 'delivery.ageMsMax',
    type: 'duration',
    default: '24h',
    min: MINUTE_MS,
    max: DAY_MS,
    doc: 'age at which a delivery is given up, where its target says nothing',
  },
  {
    key: 'delivery.delayMsMin',
    type: 'duration',
    default: '1s',
    min: 1,
    max: HOUR_MS,
    doc: 'delay before the first retry; each later one doubles it',
  },
  {
    key: 'delivery.delayMsMax',
    type: 'duration',
    default: '8m',
    min: 1,
    max: DAY_MS,
    doc: 'longest delay between two retries',
  },
  {
    key: 'delivery.jitter',
    type: 'number',
    default: '0.2',
    min: 0,
    max: 1,
    doc: 'how far a delay is spread at random, as a part of it',
  },
  {
    key: 'breaker.requestsMin',
    type: 'integer',
    default: '10',
    min: 1,
    max: 100_000,
    doc: 'attempts in the window before the failure ratio counts',
  },
  {
    key: 'breaker.failureRatio',
    type: 'number',
    default: '0.7',
    min: 0.01,
    max: 1,
    doc: 'part of failed attempts that opens the breaker of a target',
  },
  {
    key: 'breaker.consecutiveFailures',
    type: 'integer',
    default: '5',
    min: 1,
    max: 100_000,
    doc: 'failures in a row that open the breaker of a target',
  },
  {
    key: 'breaker.windowMs',
    type: 'duration',
    default: '30s',
    min: 1000,
    max: HOUR_MS,
    doc: 'window over which the failure ratio is taken',
  },
  {
    key: 'breaker.openMsMin',
    type: 'duration',
    default: '30s',
    min: 100,
    max: HOUR_MS,
    doc: 'how long a breaker stays open before one attempt probes the target; doubles while that fails',
  },
  {
    key: 'breaker.openMsMax',
    type: 'duration',
    default: '10m',
    min: 100,
    max: DAY_MS,
    doc: 'longest time between two probes',
  },
  {
    key: 'compat.strict',
    type: 'boolean',
    default: 'false',
    flag: '--strict',
    doc: 'refuse what AWS refuses, such as sources that begin with `aws.`',
  },
  {
    key: 'compat.crossBusReplay',
    type: 'boolean',
    default: 'false',
    flag: '--allow-cross-bus-replay',
    doc: 'let a replay go to another bus than the one its archive listens to, which AWS refuses',
  },
  {
    key: 'cloudTrail',
    type: 'boolean',
    default: 'false',
    doc: 'put each call of an AWS operation as an event `AWS API Call via CloudTrail` on the default bus of its caller',
  },
  {
    key: 'allowedHosts',
    type: 'list',
    default: '',
    doc: 'further names by which the server may be called (the Host header); loopback names always may',
  },
  {
    key: 'targets.allow',
    type: 'list',
    default: '',
    only: 'start',
    doc: 'hosts, `*.suffix` names and address ranges that targets may have, private ones too; empty allows every public address',
  },
  {
    key: 'targets.aws.endpoint',
    type: 'endpoint',
    env: 'SIGNALBOX_AWS_ENDPOINT',
    doc: 'where targets that are services of AWS are called: a URL for all of them, or `aws` for AWS itself',
  },
  {
    key: 'targets.aws.endpoints',
    type: 'endpoints',
    default: '',
    doc: 'the same by service, as an ARN names it: a mapping in the file, `sqs=http://…,states=aws` in the environment',
  },
  {
    key: 'targets.aws.region',
    type: 'text',
    default: 'us-east-1',
    envAlso: 'AWS_REGION',
    doc: 'region of AWS to call where neither a target nor its event names one',
  },
  {
    key: 'targets.aws.accessKeyId',
    type: 'text',
    envAlso: 'AWS_ACCESS_KEY_ID',
    doc: 'as whom to call AWS; without it stand-ins are called as the account of the target',
  },
  {
    key: 'targets.aws.secretAccessKey',
    type: 'secret',
    envAlso: 'AWS_SECRET_ACCESS_KEY',
    doc: 'its secret',
  },
  {
    key: 'targets.aws.sessionToken',
    type: 'secret',
    envAlso: 'AWS_SESSION_TOKEN',
    doc: 'its token, where the credentials are temporary',
  },
  {
    key: 'accessKeysFile',
    type: 'path',
    flag: '--access-keys-file',
    only: 'start',
    doc: 'file with the access keys that may sign requests',
  },
  {
    key: 'secretKeyFile',
    type: 'path',
    doc: 'file with the keys that secrets are sealed with on the disk; `secret.key` in the data directory when not set',
  },
  {
    key: 'organizationId',
    type: 'text',
    doc: 'organization that all accounts of this server are in, for bus policies that name `aws:PrincipalOrgID`',
  },
  {
    key: 'insecureListen',
    type: 'boolean',
    default: 'false',
    flag: '--insecure-listen',
    only: 'start',
    doc: 'listen beyond loopback without TLS, because something in front does it',
  },
  {
    key: 'functionUploads',
    type: 'boolean',
    default: 'false',
    only: 'start',
    doc: 'let callers of the Lambda API bring code, which then runs as the user of this server',
  },
  {
    key: 'https.listen',
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'on', 'off'],
    doc: 'whether this server listens for HTTPS as well: `auto` does, under `dev` when the port is free',
  },
  {
    key: 'https.host',
    type: 'text',
    default: '127.0.0.1',
    doc: 'address to listen on for HTTPS; under `start` it may be reached from elsewhere',
  },
  {
    key: 'https.port',
    type: 'integer',
    default: '6443',
    min: 0,
    max: 65_535,
    doc: 'port for HTTPS; 0 lets the system choose one',
  },
  {
    key: 'https.certificateFile',
    type: 'path',
    doc: "certificate, and those between it and its authority, as PEM, for whoever calls the server by a name that it has; all others see one of the server's own authority",
  },
  {
    key: 'https.keyFile',
    type: 'path',
    doc: 'its private key, as PEM',
  },
  {
    key: 'kubernetes.kubeconfig',
    type: 'path',
    flag: '--kubeconfig',
    doc: 'kubeconfig of a Kubernetes cluster: triggers and the roost keeper then work on its objects rather than on those of this server, and the ends of its Jobs are events',
  },
  {
    key: 'kubernetes.context',
    type: 'text',
    flag: '--context',
    doc: 'context of the kubeconfig; its current one when not set',
  },
  {
    key: 'podman',
    type: 'choice',
    default: 'local',
    choices: ['off', 'local', 'pull'],
    doc: 'whether podman, where it is there, runs images of Jobs: `local` those that it has, `pull` others too',
  },
  {
    key: 'nats.listen',
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'on', 'off'],
    doc: 'whether this server listens for NATS clients, on 127.0.0.1: `auto` does under `dev` when the port is free',
  },
  {
    key: 'nats.port',
    type: 'integer',
    default: '4222',
    min: 0,
    max: 65_535,
    doc: 'port for NATS clients; 0 lets the system choose one',
  },
  {
    key: 'nats.token',
    type: 'secret',
    doc: 'token that NATS clients must give; without one, under `dev`, any client may come',
  },
  {
    key: 'roost.configMap',
    type: 'text',
    default: 'default/roost-keeper-events-config',
    doc: 'ConfigMap whose `events-config.yaml` stands above the `events` section of the file, as `NAMESPACE/NAME`; it need not exist',
  },
  {
    key: 'secretsDir',
    type: 'path',
    default: './secrets',
    doc: 'directory with the secrets that brokers name, each in a file `NAME/KEY`; it need not exist',
  },
  {
    key: 'functionsDir',
    type: 'path',
    default: './functions',
    doc: 'directory whose files become functions; it need not exist',
  },
]

const ENV_PREFIX = 'SIGNALBOX_'

/** The environment variable of an option: `delivery.timeoutMs` is `SIGNALBOX_DELIVERY_TIMEOUT_MS`. */
export function envNameOf(key: string): string {
  const words = key.replaceAll('.', '_').replace(/[a-z](?=[A-Z])/g, '$&_')
  return ENV_PREFIX + words.toUpperCase()
}

/** The environment variable of a row of the table. */
export function envNameOfOption({ key, env }: Option): string {
  return env ?? envNameOf(key)
}

/** The unit that a plain number stands in. */
export function unitOf(option: Option): string {
  if (option.type === 'duration') return 'ms'
  if (option.type === 'size') return 'bytes'
  return ''
}
