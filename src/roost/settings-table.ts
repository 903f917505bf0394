// The one table of the keeper's keys: type, default and bounds of each. The reader, the tests and the guide's table
// are made from it.

export type SettingType =
  | 'text'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'duration'
  | 'choice'
  | 'servers'
  | 'topic'
  | 'url'
  | 'pem'
  /** `{name, key}` of a Secret. */
  | 'secret'

export interface Setting {
  /** Dots between levels. */
  readonly key: string
  readonly type: SettingType
  /** As it stands in a file; durations as text. */
  readonly default?: string | number | boolean | readonly string[]
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
  /** The environment variable that stands above the file. */
  readonly env?: string
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIB = 1024 * 1024

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

function whole(key: string, fallback: number, min: number, max: number): Setting {
  return { key, type: 'integer', default: fallback, min, max }
}

function span(key: string, fallback: string, min: number, max: number): Setting {
  return { key, type: 'duration', default: fallback, min, max }
}

function flag(key: string, fallback: boolean): Setting {
  return { key, type: 'boolean', default: fallback }
}

function choice(key: string, fallback: string, choices: readonly string[]): Setting {
  return { key, type: 'choice', default: fallback, choices }
}

function storage(at: string): readonly Setting[] {
  return [
    choice(`${at}.type`, 'local', ['local', 's3']),
    { key: `${at}.path`, type: 'text' },
    { key: `${at}.bucket`, type: 'text' },
    { key: `${at}.region`, type: 'text', default: 'us-east-1' },
    { key: `${at}.endpoint`, type: 'url' },
    { key: `${at}.accessKeyRef`, type: 'secret' },
    { key: `${at}.secretKeyRef`, type: 'secret' },
    { key: `${at}.prefix`, type: 'text' },
    flag(`${at}.encryption`, true),
  ]
}

export const SETTINGS: readonly Setting[] = [
  { ...flag('enabled', false), env: 'EVENTS_ENABLED' },
  choice('extensionNames', 'seed', ['seed', 'strict']),
  choice('contentMode', 'structured', ['structured', 'binary']),
  { key: 'identity', type: 'text' },
  { key: 'kafka.brokers', type: 'servers', default: ['localhost:9092'], env: 'KAFKA_BROKERS' },
  { ...choice('kafka.security.protocol', 'PLAINTEXT', PROTOCOLS), env: 'KAFKA_SECURITY_PROTOCOL' },
  {
    key: 'kafka.security.mechanism',
    type: 'choice',
    choices: MECHANISMS,
    env: 'KAFKA_SASL_MECHANISM',
  },
  { key: 'kafka.security.username', type: 'text', env: 'KAFKA_USERNAME' },
  { key: 'kafka.security.passwordRef', type: 'secret' },
  { key: 'kafka.security.tls.enabled', type: 'boolean' },
  flag('kafka.security.tls.insecureSkipVerify', false),
  { key: 'kafka.security.tls.caBundle', type: 'pem' },
  { key: 'kafka.security.tls.clientCertRef', type: 'secret' },
  { key: 'kafka.security.tls.clientKeyRef', type: 'secret' },
  choice('kafka.producer.acks', 'all', ['all', 'leader', 'none']),
  whole('kafka.producer.retries', 5, 0, 100),
  whole('kafka.producer.batchSize', 16_384, 1, 16 * MIB),
  whole('kafka.producer.lingerMs', 100, 0, 60_000),
  choice('kafka.producer.compression', 'gzip', CODECS),
  flag('kafka.producer.idempotent', true),
  whole('kafka.producer.maxMessageBytes', 1_000_000, 1024, 16 * MIB),
  span('kafka.producer.requestTimeout', '30s', 100, 10 * MINUTE),
  { key: 'kafka.consumer.groupId', type: 'text', default: 'roost-keeper-consumers' },
  choice('kafka.consumer.autoOffsetReset', 'earliest', ['earliest', 'latest']),
  flag('kafka.consumer.enableAutoCommit', false),
  span('kafka.consumer.sessionTimeout', '30s', 6 * SECOND, 30 * MINUTE),
  span('kafka.consumer.heartbeatInterval', '3s', 100, 10 * MINUTE),
  whole('kafka.consumer.fetchMin', 1, 1, 16 * MIB),
  whole('kafka.consumer.fetchMax', 1_048_576, 1024, 64 * MIB),
  span('kafka.consumer.maxProcessingTime', '300s', SECOND, HOUR),
  whole('kafka.consumer.instances', 1, 1, 32),
  span('kafka.connection.dialTimeout', '10s', 100, 10 * MINUTE),
  span('kafka.connection.keepAlive', '30s', 0, HOUR),
  span('kafka.connection.retryBackoff', '1s', 10, 10 * MINUTE),
  whole('kafka.connection.maxRetries', 5, 0, 100),
  {
    key: 'topics.lifecycle',
    type: 'topic',
    default: 'roost-keeper-lifecycle',
    env: 'KAFKA_TOPIC_LIFECYCLE',
  },
  {
    key: 'topics.triggers',
    type: 'topic',
    default: 'roost-keeper-triggers',
    env: 'KAFKA_TOPIC_TRIGGERS',
  },
  flag('topics.autoCreate', true),
  whole('topics.defaultPartitions', 3, 1, 1000),
  whole('topics.replicationFactor', 1, 1, 100),
  whole('topics.retentionMs', 604_800_000, -1, Number.MAX_SAFE_INTEGER),
  flag('deadLetterQueue.enabled', true),
  whole('deadLetterQueue.maxRetries', 3, 0, 100),
  span('deadLetterQueue.retryBackoff.initialDelay', '1s', 1, HOUR),
  span('deadLetterQueue.retryBackoff.maxDelay', '60s', 1, DAY),
  { key: 'deadLetterQueue.retryBackoff.multiplier', type: 'number', default: 2, min: 1, max: 100 },
  flag('deadLetterQueue.retryBackoff.jitter', true),
  ...storage('deadLetterQueue.storage'),
  span('deadLetterQueue.processingInterval', '5m', 100, 7 * DAY),
  span('deadLetterQueue.messageRetention', '168h', SECOND, 3650 * DAY),
  flag('replay.enabled', true),
  span('replay.retention', '168h', SECOND, 3650 * DAY),
  whole('replay.batchSize', 100, 1, 10_000),
  choice('replay.compression', 'gzip', ['none', 'gzip']),
  ...storage('replay.storage'),
  flag('schemaValidation.enabled', false),
  choice('schemaValidation.mode', 'warn', ['strict', 'warn', 'disabled']),
  choice('schemaValidation.registry.type', 'internal', ['internal', 'confluent', 'custom']),
  { key: 'schemaValidation.registry.url', type: 'url' },
  { key: 'schemaValidation.registry.auth.username', type: 'text' },
  { key: 'schemaValidation.registry.auth.passwordRef', type: 'secret' },
  { key: 'schemaValidation.registry.auth.tokenRef', type: 'secret' },
  flag('schemaValidation.cache.enabled', true),
  span('schemaValidation.cache.ttl', '1h', SECOND, 30 * DAY),
  whole('schemaValidation.cache.maxSize', 1000, 1, 100_000),
  flag('circuitBreaker.enabled', true),
  whole('circuitBreaker.failureThreshold', 5, 1, 100_000),
  whole('circuitBreaker.successThreshold', 3, 1, 100_000),
  span('circuitBreaker.recoveryTimeout', '30s', 10, DAY),
  span('circuitBreaker.halfOpenTimeout', '60s', 10, DAY),
  whole('circuitBreaker.maxHalfOpenCalls', 10, 1, 100_000),
]

/** The whole section is absent unless one of its keys is given. */
export const OPTIONAL_SECTIONS: readonly string[] = ['replay.storage']
