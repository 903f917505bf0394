// What the process runs with: one frozen value, made once, before any room opens. Rooms are given the part
// they need, never the whole.

import type { LogLevel } from '../base/index.ts'
import type { Secret } from './secret.ts'

/** `dev`: loopback, any credentials. `start`: production, authentication on. */
export type Mode = 'dev' | 'start'

export interface Config extends ClientConfig {
  readonly mode: Mode
  /** The file that was read, if any. */
  readonly file?: string
  readonly logLevel: LogLevel
  readonly log: LogConfig
  readonly audit: AuditConfig
  readonly limits: LimitsConfig
  readonly dedupe: { readonly windowMs: number }
  readonly drain: { readonly delayMs: number }
  readonly delivery: DeliveryConfig
  readonly breaker: BreakerConfig
  readonly compat: { readonly strict: boolean; readonly crossBusReplay: boolean }
  /** Calls of AWS operations are events. */
  readonly cloudTrail: boolean
  readonly allowedHosts: readonly string[]
  readonly targets: { readonly allow: readonly string[]; readonly aws: AwsTargetsConfig }
  readonly accessKeysFile?: string
  /** Under `start` at least one; empty under `dev`. */
  readonly accessKeys: readonly AccessKey[]
  /** Absolute; `secret.key` in the data directory when absent. */
  readonly secretKeyFile?: string
  readonly organizationId?: string
  readonly insecureListen: boolean
  /** Absolute. */
  readonly functionsDir: string
  readonly functions: readonly FunctionConfig[]
  /** As the file has them, by name; what they must be is the model's to say. */
  readonly brokers: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly sources: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** As the file has it; what it must be is the roost keeper's to say. */
  readonly events?: Readonly<Record<string, unknown>>
  readonly roost: RoostConfig
  /** Programs of this machine that stand for images; the first that fits counts. */
  readonly programs: readonly ProgramConfig[]
  readonly podman: 'off' | 'local' | 'pull'
  readonly kubernetes?: KubernetesConfig
  readonly nats: NatsConfig
  readonly https: HttpsConfig
  /** Absolute; secrets lie there as `NAME/KEY`. */
  readonly secretsDir: string
  /** Under `dev` callers may bring code in any case. */
  readonly functionUploads: boolean
}

/** What a command that calls a server needs. */
export interface ClientConfig {
  readonly host: string
  readonly port: number
  /** Given; else, for a client, where the server of the data directory listens; else made from host and port. */
  readonly endpointUrl: string
  /** Where the server of the data directory listens for HTTPS, for a client. */
  readonly httpsUrl?: string
  /** For a client: what it signs in with. */
  readonly token?: Secret
  /** For a client without a token: how the administrator calls the server of the data directory, when it asks who calls. */
  readonly secured?: SecuredServer
  /** Absolute. */
  readonly dataDir: string
}

export interface SecuredServer {
  readonly url: string
  readonly token: string
  /** PEM. */
  readonly authority: string
}

/** The cluster that controllers work on, in place of this server's own objects. */
export interface KubernetesConfig {
  /** Absolute. */
  readonly kubeconfig?: string
  readonly context?: string
}

/** The listener for HTTPS, which kubectl needs to send who it is. */
export interface HttpsConfig {
  readonly listen: 'auto' | 'on' | 'off'
  readonly host: string
  readonly port: number
  /** Absolute, both or none: for those who call the server by a name that the certificate has. */
  readonly certificateFile?: string
  readonly keyFile?: string
}

/** Where the roost keeper looks for what it runs with, beside the file's `events`. */
export interface RoostConfig {
  /** `NAMESPACE/NAME`. */
  readonly configMap: string
}

/** A program that stands for images. */
export interface ProgramConfig {
  /** `*` stands for any part. */
  readonly image: string
  readonly command: readonly string[]
  /** Absolute: where it runs. */
  readonly directory: string
}

/** The listener for NATS clients. */
export interface NatsConfig {
  readonly listen: 'auto' | 'on' | 'off'
  readonly port: number
  readonly token?: Secret
}

export interface LogConfig {
  readonly retentionAgeMs: number
  readonly retentionSizeBytes: number
  /** Ranges of records, such as `1200-1299`, whose loss is no reason not to be ready. */
  readonly acceptDataLoss: readonly string[]
}

export interface AuditConfig {
  readonly retentionAgeMs: number
  readonly retentionSizeBytes: number
}

export interface LimitsConfig {
  readonly requestSizeBytesMax: number
  readonly entrySizeBytesMax: number
  readonly backlogSizeBytesMax: number
}

export interface DeliveryConfig {
  readonly timeoutMs: number
  readonly concurrencyMax: number
  readonly retriesMax: number
  readonly ageMsMax: number
  readonly delayMsMin: number
  readonly delayMsMax: number
  readonly jitter: number
}

export interface BreakerConfig {
  readonly requestsMin: number
  readonly failureRatio: number
  readonly consecutiveFailures: number
  readonly windowMs: number
  readonly openMsMin: number
  readonly openMsMax: number
}

/** How targets that are services of AWS are called. */
export interface AwsTargetsConfig {
  /** A URL, or `aws`. */
  readonly endpoint?: string
  /** The same by the service part of an ARN; stands above `endpoint`. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly region: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: Secret
  readonly sessionToken?: Secret
}

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  /** Twelve digits: the account its caller acts in. */
  readonly account: string
  /** Whose it is: it may do what roles let this user do. It may do everything in its account when absent. */
  readonly user?: string
  readonly groups: readonly string[]
}

export interface FunctionConfig {
  readonly name: string
  readonly runtime: 'node' | 'python'
  /** Absolute path, with `:export` behind it where one was given. */
  readonly handler: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly concurrency: number
}
