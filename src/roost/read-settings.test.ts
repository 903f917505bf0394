import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { readSettings } from './read-settings.ts'
import type { RoostSettings } from './settings.ts'
import { type Setting, SETTINGS } from './settings-table.ts'

function read(content: unknown, env: Readonly<Record<string, string>> = {}): RoostSettings {
  return readSettings({ layers: [{ name: 'the file', content }], env }).settings
}

function faultsOf(content: unknown, env: Readonly<Record<string, string>> = {}): readonly string[] {
  try {
    read(content, env)
  } catch (error) {
    assert.ok(isAppError(error, 'CONFIG_INVALID'), String(error))
    return error.details['faults'] as readonly string[]
  }
  return []
}

/** `{a: {b: value}}` of `a.b`. */
function treeOf(key: string, value: unknown): object {
  return key
    .split('.')
    .reverse()
    .reduce<unknown>((inner, name) => ({ [name]: inner }), value) as object
}

function at(settings: RoostSettings, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], settings)
}

/** Right and other than the default, and wrong. */
function samplesOf(setting: Setting): {
  readonly right: unknown
  readonly parsed: unknown
  readonly wrong: readonly unknown[]
} {
  const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
  switch (setting.type) {
    case 'text':
      return { right: 'some', parsed: 'some', wrong: [7, ['some']] }
    case 'boolean':
      return {
        right: setting.default !== true,
        parsed: setting.default !== true,
        wrong: ['perhaps', 7],
      }
    case 'integer': {
      const parsed = Math.min(setting.max!, Math.max(setting.min!, Number(setting.default) + 1))
      return { right: parsed, parsed, wrong: [setting.min! - 1, setting.max! + 1, 2.5, 'many'] }
    }
    case 'number':
      return { right: 3.5, parsed: 3.5, wrong: [0, 'many'] }
    case 'duration': {
      // Above the session's, which has a bound of its own.
      const parsed = setting.key.endsWith('maxProcessingTime') ? setting.max! : setting.min! + 1000
      return {
        right: `${parsed}ms`,
        parsed,
        wrong: ['soon', '5x', setting.max! + 1],
      }
    }
    case 'choice': {
      const parsed = setting.choices!.findLast((choice) => choice !== setting.default)
      return { right: parsed, parsed, wrong: ['other', 7] }
    }
    case 'servers':
      return { right: ['a:1', '[::1]:2'], parsed: ['a:1', '[::1]:2'], wrong: [[], ['a b'], 7] }
    case 'topic':
      return { right: 'a.topic', parsed: 'a.topic', wrong: ['a topic', '..', 7] }
    case 'url':
      return {
        right: 'https://x.test/a',
        parsed: 'https://x.test/a',
        wrong: ['ftp://x', 'https://u:p@x.test', 'x'],
      }
    case 'pem':
      return {
        right: Buffer.from(pem).toString('base64'),
        parsed: pem,
        wrong: ['no certificate', 7],
      }
    case 'secret':
      return {
        right: { name: 'a', key: 'b' },
        parsed: { name: 'a', key: 'b' },
        wrong: ['literal', { name: 'a' }, { name: 'a', key: 'b', more: 1 }],
      }
  }
}

/** What goes with a key so that it contradicts nothing. */
function companyOf(key: string): object {
  const secret = { name: 's', key: 'k' }
  if (
    /^kafka\.security\.(mechanism|username|passwordRef|tls)/.test(key) ||
    key === 'kafka.security.protocol'
  ) {
    const sasl = { mechanism: 'PLAIN', username: 'u', passwordRef: secret }
    const client = { clientCertRef: secret, clientKeyRef: secret }
    const tls = /client/.test(key) ? client : {}
    return { kafka: { security: { protocol: 'SASL_SSL', ...sasl, tls } } }
  }
  if (key === 'kafka.producer.acks') return { kafka: { producer: { idempotent: false } } }
  if (/consumer\.(session|heartbeat|maxProc)/.test(key))
    return {
      kafka: {
        consumer: { sessionTimeout: '30m', heartbeatInterval: '1s', maxProcessingTime: '60m' },
      },
    }
  if (key.endsWith('fetchMax')) return {}
  const storage = /^(.*\.storage)\.(.*)$/.exec(key)
  if (storage !== null && !['path', 'type', 'region', 'encryption'].includes(storage[2]!))
    return treeOf(storage[1]!, {
      type: 's3',
      bucket: 'b',
      accessKeyRef: secret,
      secretKeyRef: secret,
    })
  if (storage?.[2] === 'type') return treeOf(storage[1]!, { bucket: 'b' })
  if (key.startsWith('schemaValidation.registry')) {
    const auth = /user|password/.test(key) ? { username: 'u', passwordRef: secret } : {}
    return { schemaValidation: { registry: { type: 'custom', url: 'https://r.test', auth } } }
  }
  if (key === 'deadLetterQueue.messageRetention')
    return { deadLetterQueue: { processingInterval: '1s' } }
  if (key.endsWith('maxDelay'))
    return { deadLetterQueue: { retryBackoff: { initialDelay: '1ms' } } }
  if (key.endsWith('successThreshold')) return { circuitBreaker: { maxHalfOpenCalls: 100 } }
  return {}
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function merge(one: unknown, other: unknown): unknown {
  if (!isMap(one) || !isMap(other)) return other
  const merged: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other))
    merged[name] = name in one && !name.endsWith('Ref') ? merge(one[name], value) : value
  return merged
}

for (const setting of SETTINGS) {
  const { key } = setting
  const { right, parsed, wrong } = samplesOf(setting)
  test(`\`${key}\` is taken from a file, and what it cannot be is named`, () => {
    const settings = read(merge(companyOf(key), treeOf(key, right)))
    assert.deepEqual(at(settings, key), parsed)
    for (const value of wrong) {
      const faults = faultsOf(treeOf(key, value))
      assert.equal(faults.length, 1, `${key}: ${JSON.stringify(value)}: ${faults.join('; ')}`)
      assert.match(faults[0]!, new RegExp(`\`${key.replaceAll('.', '\\.')}\` in the file to be `))
    }
  })
}

test('without a word everything has its default, and nothing is on', () => {
  const settings = read(undefined)
  assert.equal(settings.enabled, false)
  assert.deepEqual(settings.kafka.brokers, ['localhost:9092'])
  assert.deepEqual(settings.kafka.producer, {
    acks: 'all',
    retries: 5,
    batchSize: 16_384,
    lingerMs: 100,
    compression: 'gzip',
    idempotent: true,
    maxMessageBytes: 1_000_000,
    requestTimeout: 30_000,
  })
  assert.deepEqual(settings.kafka.consumer, {
    groupId: 'roost-keeper-consumers',
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    sessionTimeout: 30_000,
    heartbeatInterval: 3000,
    fetchMin: 1,
    fetchMax: 1_048_576,
    maxProcessingTime: 300_000,
    instances: 1,
  })
  assert.deepEqual(settings.topics, {
    lifecycle: 'roost-keeper-lifecycle',
    triggers: 'roost-keeper-triggers',
    autoCreate: true,
    defaultPartitions: 3,
    replicationFactor: 1,
    retentionMs: 604_800_000,
  })
  assert.equal(settings.deadLetterQueue.messageRetention, 168 * 3_600_000)
  assert.equal(settings.replay.storage, undefined)
  assert.equal(settings.circuitBreaker.recoveryTimeout, 30_000)
})

test('the later layer stands above the earlier, and the environment above both', () => {
  const { settings } = readSettings({
    layers: [
      { name: 'the file', content: { kafka: { brokers: ['a:1'] }, topics: { lifecycle: 'one' } } },
      { name: 'the map', content: 'kafka:\n  brokers: ["b:2"]\n' },
    ],
    env: { KAFKA_TOPIC_LIFECYCLE: 'two', EVENTS_ENABLED: 'true', KAFKA_TOPIC_TRIGGERS: '' },
  })
  assert.deepEqual(settings.kafka.brokers, ['b:2'])
  assert.equal(settings.topics.lifecycle, 'two')
  assert.equal(settings.topics.triggers, 'roost-keeper-triggers')
  assert.equal(settings.enabled, true)
})

test('the password of the environment is used, and printed nowhere', () => {
  const settings = read(
    { kafka: { security: { protocol: 'SASL_SSL', mechanism: 'PLAIN', username: 'u' } } },
    { KAFKA_PASSWORD: 'canary' },
  )
  assert.equal(settings.kafka.security.password?.(), 'canary')
  assert.ok(!JSON.stringify(settings).includes('canary'))
})

const SECRET = { name: 's', key: 'k' }
const CONTRADICTIONS: readonly (readonly [
  name: string,
  content: object,
  said: readonly RegExp[],
])[] = [
  [
    'SASL without anything',
    { kafka: { security: { protocol: 'SASL_SSL' } } },
    [/mechanism` is missing/, /username` is missing/, /passwordRef.*KAFKA_PASSWORD.*is missing/],
  ],
  [
    'a user without SASL',
    { kafka: { security: { protocol: 'SSL', username: 'u' } } },
    [/`SSL` has no use for/],
  ],
  [
    'TLS that is off and on',
    { kafka: { security: { protocol: 'SSL', tls: { enabled: false } } } },
    [/tls\.enabled` is `false`/],
  ],
  [
    'TLS without TLS',
    { kafka: { security: { tls: { insecureSkipVerify: true } } } },
    [/without TLS/],
  ],
  [
    'half of a client certificate',
    { kafka: { security: { protocol: 'SSL', tls: { clientCertRef: SECRET } } } },
    [/clientCertRef.*together/],
  ],
  [
    'idempotence without acks',
    { kafka: { producer: { acks: 'leader' } } },
    [/idempotent` needs .*acks/],
  ],
  [
    'idempotence without retries',
    { kafka: { producer: { retries: 0 } } },
    [/idempotent` needs .*retries/],
  ],
  [
    'batches above messages',
    { kafka: { producer: { batchSize: 2_000_000 } } },
    [/batchSize` to be at most/],
  ],
  [
    'slow heartbeats',
    { kafka: { consumer: { heartbeatInterval: '20s' } } },
    [/heartbeatInterval` to be at most a third/],
  ],
  [
    'short processing',
    { kafka: { consumer: { maxProcessingTime: '5s' } } },
    [/maxProcessingTime` to be at least/],
  ],
  [
    'fetches that cannot be',
    { kafka: { consumer: { fetchMin: 4096, fetchMax: 2048 } } },
    [/fetchMin` to be at most/],
  ],
  ['one topic for both', { topics: { lifecycle: 'x', triggers: 'x' } }, [/two topics, got `x`/]],
  [
    'a back-off that shrinks',
    { deadLetterQueue: { retryBackoff: { initialDelay: '2m' } } },
    [/initialDelay` to be at most/],
  ],
  [
    'letters that expire unseen',
    { deadLetterQueue: { messageRetention: '1m' } },
    [/processingInterval` to be at most/],
  ],
  [
    'S3 without a bucket',
    { deadLetterQueue: { storage: { type: 's3' } } },
    [/storage\.bucket` is missing/],
  ],
  [
    'S3 with a path',
    { deadLetterQueue: { storage: { type: 's3', bucket: 'b', path: '/x' } } },
    [/path` is for `local`/],
  ],
  [
    'a directory with a bucket',
    { replay: { storage: { bucket: 'b' } } },
    [/replay\.storage\.bucket` is for `s3`/],
  ],
  [
    'half of a key pair',
    { deadLetterQueue: { storage: { type: 's3', bucket: 'b', accessKeyRef: SECRET } } },
    [/accessKeyRef.*together/],
  ],
  [
    'a registry without address',
    { schemaValidation: { registry: { type: 'confluent' } } },
    [/url` is missing/],
  ],
  [
    'our own registry elsewhere',
    { schemaValidation: { registry: { url: 'https://x.test' } } },
    [/`internal`/],
  ],
  [
    'a breaker that never closes',
    { circuitBreaker: { maxHalfOpenCalls: 2 } },
    [/could never close/],
  ],
]

for (const [name, content, said] of CONTRADICTIONS) {
  test(`${name} is a contradiction that is named`, () => {
    const faults = faultsOf(content)
    assert.equal(faults.length, said.length, faults.join('\n'))
    for (const [index, pattern] of said.entries()) assert.match(faults[index]!, pattern)
  })
}

test('every fault of every source is named at once, with what was meant', () => {
  const faults = faultsOf(
    { enabld: true, kafka: { brokrs: ['a:1'], producer: { acks: 'most' } }, topics: 7 },
    { KAFKA_SASL_MECHANISM: 'MAGIC' },
  )
  assert.equal(faults.length, 5, faults.join('\n'))
  assert.match(faults.join('\n'), /`enabld` in the file is no key; `enabled` is one/)
  assert.match(faults.join('\n'), /`kafka\.brokrs` .*`kafka\.brokers` is one/)
  assert.match(faults.join('\n'), /`topics` in the file is no key: expected a mapping/)
  assert.match(
    faults.join('\n'),
    /acks` in the file to be one of `all`, `leader`, `none`, got `most`/,
  )
  assert.match(faults.join('\n'), /`KAFKA_SASL_MECHANISM` to be one of/)
})

test('what may be a secret by mistake is not shown', () => {
  const [fault] = faultsOf({ kafka: { security: { passwordRef: 'canary' } } })
  assert.ok(fault !== undefined && !fault.includes('canary'))
})

test('texts that are no YAML, no mapping, or too much of it are told', () => {
  assert.match(faultsOf('a: [')[0]!, /is not valid YAML/)
  assert.match(faultsOf('- a')[0]!, /to be a mapping/)
  assert.match(faultsOf('events: 7')[0]!, /`events` in the file to be a mapping/)
  assert.match(faultsOf('kafka: {}\nevents: {}')[0]!, /`kafka` in the file stands beside `events`/)
  assert.match(faultsOf('x'.repeat(300_000))[0]!, /at most/)
})

test('a configuration of form 0 is migrated, and says what was changed; form 1 must be as it is', () => {
  const old = { kafka: { brokers: 'a:1, b:2', producer: { acks: -1 }, security: { username: '' } } }
  const { settings, notes } = readSettings({
    layers: [{ name: 'the file', content: old }],
    env: {},
  })
  assert.deepEqual(settings.kafka.brokers, ['a:1', 'b:2'])
  assert.equal(settings.kafka.producer.acks, 'all')
  assert.deepEqual(notes, [
    'the file: `kafka.security.username` is left out',
    'the file: `kafka.brokers` is a list',
    'the file: `kafka.producer.acks` `-1` is `all`',
  ])
  assert.equal(faultsOf({ version: 1, ...old }).length, 3)
  assert.match(faultsOf({ version: 2 })[0]!, /`version` in the file to be 0 or 1, got `2`/)
})
