// The roost keeper's configurations as the document has them, and what tests need to see of a keeper.

import { join } from 'node:path'
import { globSync, readFileSync } from 'node:fs'
import { ROOT } from '../../tools/tree.ts'

/** The document, where it is beside this checkout. */
export function readSeed(): string | undefined {
  const [path] = globSync(join(ROOT, '../shared/seeds/001*'))
  return path === undefined ? undefined : readFileSync(path, 'utf8')
}

export const BASIC = `events:
  enabled: true
  kafka:
    brokers:
      - "kafka-broker-1:9092"
      - "kafka-broker-2:9092"
    security:
      protocol: "SASL_SSL"
      mechanism: "SCRAM-SHA-256"
      username: "roost-keeper"
      passwordRef:
        name: "kafka-credentials"
        key: "password"
`

export const ADVANCED = `events:
  enabled: true
  kafka:
    producer:
      acks: "all"
      retries: 5
      batchSize: 16384
      compression: "gzip"
      idempotent: true
    consumer:
      groupId: "roost-keeper-consumers"
      autoOffsetReset: "earliest"
      instances: 3
  topics:
    lifecycle: "roost-keeper-lifecycle"
    triggers: "roost-keeper-triggers"
    autoCreate: true
    defaultPartitions: 3
    replicationFactor: 2
  deadLetterQueue:
    enabled: true
    maxRetries: 3
    storage:
      type: "s3"
      bucket: "roost-keeper-dlq"
  circuitBreaker:
    enabled: true
    failureThreshold: 5
    recoveryTimeout: "30s"
`

export const MANIFESTS = `apiVersion: v1
kind: ConfigMap
metadata:
  name: roost-keeper-events-config
data:
  events-config.yaml: |
    enabled: true
    kafka:
      brokers:
        - "kafka-cluster-kafka-bootstrap:9092"
      security:
        protocol: "SASL_SSL"
        mechanism: "SCRAM-SHA-256"
        username: "roost-keeper"
        passwordRef:
          name: "kafka-credentials"
          key: "password"
---
apiVersion: v1
kind: Secret
metadata:
  name: kafka-credentials
type: Opaque
data:
  password: <base64-encoded-password>
`

/** As the document exports them. */
export const VARIABLES: Readonly<Record<string, string>> = {
  EVENTS_ENABLED: 'true',
  KAFKA_BROKERS: 'kafka-broker-1:9092,kafka-broker-2:9092',
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
  KAFKA_USERNAME: 'roost-keeper',
  KAFKA_TOPIC_LIFECYCLE: 'roost-keeper-lifecycle',
  KAFKA_TOPIC_TRIGGERS: 'roost-keeper-triggers',
}

/** The lines of metrics that the document prints. */
export const METRIC_LINES: readonly string[] = [
  'roost_keeper_events_published_total{event_type="lifecycle.created"}',
  'roost_keeper_event_publish_duration_seconds{event_type="lifecycle.created"}',
  'roost_keeper_event_publish_errors_total{event_type="lifecycle.created"}',
  'roost_keeper_events_consumed_total{event_type="trigger.teardown"}',
  'roost_keeper_event_consume_duration_seconds{event_type="trigger.teardown"}',
  'roost_keeper_consumer_lag{topic="roost-keeper-triggers"}',
  'roost_keeper_producer_health_status{component="producer"}',
  'roost_keeper_consumer_health_status{component="consumer"}',
  'roost_keeper_dlq_messages_total{event_type="lifecycle.created"}',
  'roost_keeper_dlq_current_size',
]

export function roostManifest(name: string, spec: string = ''): string {
  return `
apiVersion: roost.birb.party/v1alpha1
kind: ManagedRoost
metadata: { name: ${name}, namespace: default, labels: { app: ${name} } }
spec:
  chart:
    name: my-app
    version: 1.0.0
    repository: { url: 'https://user:canary@charts.example.com', type: http }
    values: { inline: 'password: canary' }
  ${spec}
`
}
