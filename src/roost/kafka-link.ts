// The keeper's cluster as the connect room is told of it, and the clients of it that the keeper uses.

import type { Clock } from '../base/index.ts'
import {
  type BrokerAccess,
  type KafkaProducer,
  type KafkaReader,
  openKafkaProducer,
  openKafkaReader,
} from '../connect/index.ts'
import type { BrokerSecurity, BrokerSpec, SecretRef } from '../model/index.ts'
import type { KafkaSettings, SecretKey } from './settings.ts'

/** Stands for the password of the environment; no Secret can be called so. */
const FROM_ENVIRONMENT: SecretRef = { secret: '', key: '' }

export function accessTo(
  settings: KafkaSettings,
  revealKey: (secret: SecretKey) => Promise<string>,
): BrokerAccess {
  const { password } = settings.security
  return {
    broker: brokerOf(settings),
    async reveal(reference) {
      // PEM text that is no secret stands there itself.
      if (typeof reference === 'string') return reference
      if (reference.secret === '' && password !== undefined) return password()
      return revealKey({ name: reference.secret, key: reference.key })
    },
    // Whoever wrote the configuration may dial what they like.
    checkServer: () => {},
  }
}

function brokerOf({ brokers, security, producer, connection }: KafkaSettings): BrokerSpec {
  const { acks, compression, idempotent, lingerMs, batchSize, requestTimeout } = producer
  return {
    account: '000000000000',
    region: 'us-east-1',
    name: 'roost-keeper',
    type: 'kafka',
    servers: brokers,
    security: securityOf(security),
    producer: { acks, compression, idempotent, lingerMs, batchSizeBytes: batchSize },
    connectTimeoutMs: connection.dialTimeout,
    requestTimeoutMs: requestTimeout,
  }
}

function securityOf({
  protocol,
  mechanism,
  username,
  passwordRef,
  password,
  tls,
}: KafkaSettings['security']): BrokerSecurity {
  const { insecureSkipVerify, caBundle, clientCertRef, clientKeyRef } = tls
  const secret = password === undefined ? refOf(passwordRef) : FROM_ENVIRONMENT
  const certificate = refOf(clientCertRef)
  const key = refOf(clientKeyRef)
  return {
    protocol,
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { password: secret }),
    tls: {
      insecureSkipVerify,
      ...(caBundle === undefined ? {} : { ca: caBundle }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(key === undefined ? {} : { key }),
    },
  }
}

function refOf(secret: SecretKey | undefined): SecretRef | undefined {
  return secret === undefined ? undefined : { secret: secret.name, key: secret.key }
}

export function openProducer(
  access: BrokerAccess,
  { producer, connection }: KafkaSettings,
  clock: Clock,
): KafkaProducer {
  // The client takes fewer of an idempotent producer for as many as it likes.
  const retries = producer.idempotent ? Math.max(2, producer.retries) : producer.retries
  const client = { retries, retryDelayMs: connection.retryBackoff }
  const deadlineMs = producer.requestTimeout
  return openKafkaProducer({ ...access, clock, client, deadlineMs })
}

/** `group` is the keeper's own for triggers, and one beside it for each further topic. */
export function openReader(
  access: BrokerAccess,
  { consumer, connection }: KafkaSettings,
  { topic, group }: { readonly topic: string; readonly group: string },
): Promise<KafkaReader> {
  // Whoever joins a group waits until members that are gone have been given up.
  const requestTimeoutMs = access.broker.requestTimeoutMs! + consumer.sessionTimeout
  return openKafkaReader({
    ...access,
    broker: { ...access.broker, requestTimeoutMs },
    topics: [topic],
    group,
    from: consumer.autoOffsetReset,
    sessionTimeoutMs: consumer.sessionTimeout,
    heartbeatMs: consumer.heartbeatInterval,
    rebalanceTimeoutMs: consumer.maxProcessingTime,
    fetchBytesMin: consumer.fetchMin,
    fetchBytesMax: consumer.fetchMax,
    client: { retries: connection.maxRetries, retryDelayMs: connection.retryBackoff },
  })
}
