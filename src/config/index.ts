export type {
  AccessKey,
  BreakerConfig,
  ClientConfig,
  Config,
  DeliveryConfig,
  FunctionConfig,
  LimitsConfig,
  LogConfig,
  Mode,
} from './config.ts'
export { envNameOf, type Option, OPTIONS, unitOf } from './options.ts'
export { type ConfigSources, parseClientConfig, parseConfig } from './parse-config.ts'
export { type Env, readEnv } from './read-env.ts'
export { formatReference } from './reference.ts'
export { Secret } from './secret.ts'
export { suggestion } from './suggest.ts'
