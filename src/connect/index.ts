export {
  findSinkKind,
  type Sink,
  type SinkFailure,
  type SinkKind,
  type SinkMessage,
  type SinkResult,
} from './sink.ts'
export {
  invokeSink,
  type FunctionError,
  type HttpAdditions,
  type Invoker,
  type InvokeRequest,
  type InvokeResult,
  type InvokingSink,
} from './invoke.ts'
export type { Destination, DestinationLookup, FindDestination } from './destination.ts'
export type { TokenRequest, TokenResult, TokenSource } from './token-source.ts'
export { OAuthTokens } from './kinds/http/oauth-tokens.ts'
export {
  findSourceKind,
  type Source,
  type SourceBatch,
  type SourceKind,
  type SourceRecord,
} from './source.ts'
export { createGuard, type DialRequest, type Guard, type GuardOptions } from './guard.ts'
export { BrokerDirectory } from './broker-directory.ts'
export { BrokerSecrets, type BrokerSecretsOptions, type SecretSource } from './broker-secrets.ts'
export type { Connector, ConnectorContext, ConnectorRun, SourceMessage } from './connector.ts'
export type { BrokerBrowser, BrokerPlace, PeekedRecord } from './browser.ts'
export { type MirrorOptions, type MirrorProgress, mirrorTopic } from './kinds/kafka/kafka-mirror.ts'
export { groupIsBehind, rollBackGroup, type RollbackTo } from './kinds/kafka/kafka-rollback.ts'
export { createKafkaBrowser } from './kinds/kafka/kafka-browser.ts'
export { createNatsBrowser } from './kinds/nats/nats-browser.ts'
export { type AcceptEvents, Intake } from './intake.ts'
export { createNatsSourceKind } from './kinds/nats/nats-source.ts'
export { natsConnector } from './kinds/nats/nats-connector.ts'
export { encodeNatsMessage } from './kinds/nats/nats-message.ts'
export { BrokerThreads } from './threaded.ts'
export { type SourceState, SourceSupervisor, type SupervisorOptions } from './supervisor.ts'
export { createSinkKinds, type SinkKindsOptions } from './registry.ts'
export { openCodeStore, type CodeStore } from './kinds/function/code-store.ts'
export { discoverFunctions } from './kinds/function/discover.ts'
export { createFunctionEnvironment } from './kinds/function/environment.ts'
export type { FunctionSinkOptions } from './kinds/function/function-sink.ts'
export type { HttpKindOptions } from './kinds/http/http-sink.ts'
export type { RetryMode } from './kinds/http/outcome.ts'
export type { LogLine, WriteLogLine } from './kinds/log/log-sink.ts'
export { createKafkaSourceKind } from './kinds/kafka/kafka-source.ts'
export type { BrokerAccess, FindBroker, RevealSecret } from './broker-access.ts'
export type { Blobs } from './blobs.ts'
export { openDirectoryBlobs } from './directory-blobs.ts'
export { fetchText } from './fetch-text.ts'
export {
  type AwsApi,
  type AwsCall,
  type AwsCredentials,
  type AwsReply,
  createAwsApi,
} from './kinds/aws/aws-api.ts'
export { createHealthChecks, type Health } from './kinds/aws/health-checks.ts'
export { STREAM_ANSWER_BYTES_MAX } from './kinds/aws/limits.ts'
export {
  createStreamSourceKind,
  type StreamPlace,
  type StreamPlaces,
} from './kinds/aws/stream-source.ts'
export { openS3Blobs } from './kinds/aws/s3-blobs.ts'
export { type KafkaAdmin, openKafkaAdmin, type WantedTopic } from './kinds/kafka/kafka-admin.ts'
export {
  type KafkaProducer,
  openKafkaProducer,
  type ProducerRecord,
  type RecordOutcome,
} from './kinds/kafka/kafka-producer.ts'
export { readKafkaRange } from './kinds/kafka/kafka-range.ts'
export { type KafkaReader, type KafkaRecord, openKafkaReader } from './kinds/kafka/kafka-reader.ts'
