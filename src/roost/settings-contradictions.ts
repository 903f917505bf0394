// What is right by itself and wrong together.

import type { RoostSettings, StorageSettings } from './settings.ts'

export function contradictionsOf(settings: RoostSettings): readonly string[] {
  const { deadLetterQueue, replay } = settings
  return [
    ...securityFaults(settings),
    ...kafkaFaults(settings),
    ...topicFaults(settings),
    ...deadLetterFaults(settings),
    ...(deadLetterQueue.enabled
      ? storageFaults('deadLetterQueue.storage', deadLetterQueue.storage)
      : []),
    ...(replay.storage === undefined ? [] : storageFaults('replay.storage', replay.storage)),
    ...schemaFaults(settings),
    ...breakerFaults(settings),
  ]
}

function when(isWrong: boolean, message: string): readonly string[] {
  return isWrong ? [message] : []
}

function securityFaults({ kafka: { security } }: RoostSettings): readonly string[] {
  const { protocol, mechanism, username, passwordRef, password, tls } = security
  const at = 'kafka.security'
  const isSasl = protocol.startsWith('SASL_')
  const isTls = protocol === 'SSL' || protocol === 'SASL_SSL'
  const hasPassword = passwordRef !== undefined || password !== undefined
  const hasIdentity = mechanism !== undefined || username !== undefined || hasPassword
  const { enabled, insecureSkipVerify, caBundle, clientCertRef, clientKeyRef } = tls
  const hasTls = insecureSkipVerify || caBundle !== undefined || clientCertRef !== undefined
  return [
    ...when(
      isSasl && mechanism === undefined,
      `\`${at}.mechanism\` is missing, which \`${protocol}\` needs`,
    ),
    ...when(
      isSasl && username === undefined,
      `\`${at}.username\` is missing, which \`${protocol}\` needs`,
    ),
    ...when(
      isSasl && !hasPassword,
      `\`${at}.passwordRef\` (or \`KAFKA_PASSWORD\`) is missing, which \`${protocol}\` needs`,
    ),
    ...when(
      !isSasl && hasIdentity,
      `\`${at}\` names a mechanism, a user or a password, which \`${protocol}\` has no use for; expected \`SASL_SSL\` or \`SASL_PLAINTEXT\``,
    ),
    ...when(
      isTls && enabled === false,
      `\`${at}.tls.enabled\` is \`false\` and \`${at}.protocol\` is \`${protocol}\`, which is TLS`,
    ),
    ...when(
      !isTls && (enabled === true || hasTls),
      `\`${at}.tls\` is given and \`${at}.protocol\` is \`${protocol}\`, which is without TLS; expected \`SSL\` or \`SASL_SSL\``,
    ),
    ...when(
      (clientCertRef === undefined) !== (clientKeyRef === undefined),
      `expected \`${at}.tls.clientCertRef\` and \`${at}.tls.clientKeyRef\` together, or neither`,
    ),
    ...when(
      insecureSkipVerify && caBundle !== undefined,
      `\`${at}.tls.caBundle\` has no effect where \`${at}.tls.insecureSkipVerify\` is \`true\``,
    ),
  ]
}

function kafkaFaults({ kafka: { producer, consumer } }: RoostSettings): readonly string[] {
  const { acks, idempotent, retries, batchSize, maxMessageBytes } = producer
  const { heartbeatInterval, sessionTimeout, maxProcessingTime, fetchMin, fetchMax } = consumer
  const at = 'kafka.producer'
  const of = 'kafka.consumer'
  return [
    ...when(
      idempotent && acks !== 'all',
      `\`${at}.idempotent\` needs \`${at}.acks\` to be \`all\`, got \`${acks}\``,
    ),
    ...when(
      idempotent && retries === 0,
      `\`${at}.idempotent\` needs \`${at}.retries\` of at least 1, got \`0\``,
    ),
    ...when(
      batchSize > maxMessageBytes,
      `expected \`${at}.batchSize\` to be at most \`${at}.maxMessageBytes\` (${maxMessageBytes}), got \`${batchSize}\``,
    ),
    ...when(
      heartbeatInterval * 3 > sessionTimeout,
      `expected \`${of}.heartbeatInterval\` to be at most a third of \`${of}.sessionTimeout\` (${sessionTimeout} ms), got \`${heartbeatInterval}\``,
    ),
    ...when(
      maxProcessingTime < sessionTimeout,
      `expected \`${of}.maxProcessingTime\` to be at least \`${of}.sessionTimeout\` (${sessionTimeout} ms), got \`${maxProcessingTime}\``,
    ),
    ...when(
      fetchMin > fetchMax,
      `expected \`${of}.fetchMin\` to be at most \`${of}.fetchMax\` (${fetchMax}), got \`${fetchMin}\``,
    ),
  ]
}

function topicFaults({ topics }: RoostSettings): readonly string[] {
  return when(
    topics.lifecycle === topics.triggers,
    `expected \`topics.lifecycle\` and \`topics.triggers\` to be two topics, got \`${topics.lifecycle}\` for both`,
  )
}

function deadLetterFaults({ deadLetterQueue }: RoostSettings): readonly string[] {
  const { retryBackoff, processingInterval, messageRetention } = deadLetterQueue
  const { initialDelay, maxDelay } = retryBackoff
  const at = 'deadLetterQueue'
  return [
    ...when(
      initialDelay > maxDelay,
      `expected \`${at}.retryBackoff.initialDelay\` to be at most \`${at}.retryBackoff.maxDelay\` (${maxDelay} ms), got \`${initialDelay}\``,
    ),
    ...when(
      processingInterval > messageRetention,
      `expected \`${at}.processingInterval\` to be at most \`${at}.messageRetention\` (${messageRetention} ms), got \`${processingInterval}\``,
    ),
  ]
}

function storageFaults(at: string, storage: StorageSettings): readonly string[] {
  const { type, bucket, path, endpoint, prefix, accessKeyRef, secretKeyRef } = storage
  const isS3 = type === 's3'
  const ofS3 = { bucket, endpoint, prefix, accessKeyRef, secretKeyRef }
  const stray = Object.entries(ofS3).filter(([, value]) => value !== undefined)
  return [
    ...when(isS3 && bucket === undefined, `\`${at}.bucket\` is missing, which \`s3\` needs`),
    ...when(
      isS3 && path !== undefined,
      `\`${at}.path\` is for \`local\`, and \`${at}.type\` is \`s3\``,
    ),
    ...(isS3 ? [] : stray).map(
      ([name]) => `\`${at}.${name}\` is for \`s3\`, and \`${at}.type\` is \`local\``,
    ),
    ...when(
      (accessKeyRef === undefined) !== (secretKeyRef === undefined),
      `expected \`${at}.accessKeyRef\` and \`${at}.secretKeyRef\` together, or neither`,
    ),
  ]
}

function schemaFaults({ schemaValidation }: RoostSettings): readonly string[] {
  const { type, url, auth } = schemaValidation.registry
  const at = 'schemaValidation.registry'
  const { username, passwordRef, tokenRef } = auth
  const hasAuth = username !== undefined || passwordRef !== undefined || tokenRef !== undefined
  return [
    ...when(
      type !== 'internal' && url === undefined,
      `\`${at}.url\` is missing, which \`${type}\` needs`,
    ),
    ...when(
      type === 'internal' && (url !== undefined || hasAuth),
      `\`${at}.url\` and \`${at}.auth\` are for \`confluent\` and \`custom\`, and \`${at}.type\` is \`internal\``,
    ),
    ...when(
      (username === undefined) !== (passwordRef === undefined),
      `expected \`${at}.auth.username\` and \`${at}.auth.passwordRef\` together, or neither`,
    ),
    ...when(
      username !== undefined && tokenRef !== undefined,
      `expected \`${at}.auth\` to have a user or a token, got both`,
    ),
  ]
}

function breakerFaults({ circuitBreaker }: RoostSettings): readonly string[] {
  const { maxHalfOpenCalls, successThreshold } = circuitBreaker
  return when(
    maxHalfOpenCalls < successThreshold,
    `expected \`circuitBreaker.maxHalfOpenCalls\` to be at least \`circuitBreaker.successThreshold\` (${successThreshold}), got \`${maxHalfOpenCalls}\`: it could never close`,
  )
}
