// What the roost keeper runs with: the keys of its configuration as one frozen value. `settings-table.ts` says of each
// what it may be; durations are milliseconds.

/** A key of a Secret. */
export interface SecretKey {
  readonly name: string
  readonly key: string
}

export interface RoostSettings {
  readonly enabled: boolean
  /** Dashes in the names of extensions, which CloudEvents does not know and readers of these events expect. */
  readonly extensionNames: 'seed' | 'strict'
  /** Whether a record's value is the whole event or its data; the attributes are in the headers in any case. */
  readonly contentMode: 'structured' | 'binary'
  /** As whom triggers act: the name of a user. */
  readonly identity?: string
  readonly kafka: KafkaSettings
  readonly topics: TopicSettings
  readonly deadLetterQueue: DeadLetterSettings
  readonly replay: ReplaySettings
  readonly schemaValidation: SchemaSettings
  readonly circuitBreaker: BreakerSettings
}

export interface KafkaSettings {
  readonly brokers: readonly string[]
  readonly security: {
    readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
    readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    readonly username?: string
    readonly passwordRef?: SecretKey
    /** From the environment, where it stands above `passwordRef`. A function, so that nothing prints it. */
    readonly password?: () => string
    readonly tls: {
      readonly enabled?: boolean
      readonly insecureSkipVerify: boolean
      /** PEM text. */
      readonly caBundle?: string
      readonly clientCertRef?: SecretKey
      readonly clientKeyRef?: SecretKey
    }
  }
  readonly producer: {
    readonly acks: 'all' | 'leader' | 'none'
    readonly retries: number
    readonly batchSize: number
    readonly lingerMs: number
    readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
    readonly idempotent: boolean
    readonly maxMessageBytes: number
    readonly requestTimeout: number
  }
  readonly consumer: {
    readonly groupId: string
    readonly autoOffsetReset: 'earliest' | 'latest'
    readonly enableAutoCommit: boolean
    readonly sessionTimeout: number
    readonly heartbeatInterval: number
    readonly fetchMin: number
    readonly fetchMax: number
    readonly maxProcessingTime: number
    readonly instances: number
  }
  readonly connection: {
    readonly dialTimeout: number
    readonly keepAlive: number
    readonly retryBackoff: number
    readonly maxRetries: number
  }
}

export interface TopicSettings {
  readonly lifecycle: string
  readonly triggers: string
  readonly autoCreate: boolean
  readonly defaultPartitions: number
  readonly replicationFactor: number
  readonly retentionMs: number
}

export interface StorageSettings {
  readonly type: 'local' | 's3'
  /** Of `local`; below the data directory when absent. */
  readonly path?: string
  readonly bucket?: string
  readonly region: string
  readonly endpoint?: string
  readonly accessKeyRef?: SecretKey
  readonly secretKeyRef?: SecretKey
  readonly prefix?: string
  readonly encryption: boolean
}

export interface DeadLetterSettings {
  readonly enabled: boolean
  readonly maxRetries: number
  readonly retryBackoff: {
    readonly initialDelay: number
    readonly maxDelay: number
    readonly multiplier: number
    readonly jitter: boolean
  }
  readonly storage: StorageSettings
  readonly processingInterval: number
  readonly messageRetention: number
}

export interface ReplaySettings {
  readonly enabled: boolean
  readonly retention: number
  readonly batchSize: number
  readonly compression: 'none' | 'gzip'
  /** Absent: replays read the topic itself. */
  readonly storage?: StorageSettings
}

export interface SchemaSettings {
  readonly enabled: boolean
  readonly mode: 'strict' | 'warn' | 'disabled'
  readonly registry: {
    readonly type: 'internal' | 'confluent' | 'custom'
    readonly url?: string
    readonly auth: {
      readonly username?: string
      readonly passwordRef?: SecretKey
      readonly tokenRef?: SecretKey
    }
  }
  readonly cache: { readonly enabled: boolean; readonly ttl: number; readonly maxSize: number }
}

export interface BreakerSettings {
  readonly enabled: boolean
  /** In a row. */
  readonly failureThreshold: number
  readonly successThreshold: number
  readonly recoveryTimeout: number
  readonly halfOpenTimeout: number
  readonly maxHalfOpenCalls: number
}
