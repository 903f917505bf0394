export type {
  AccessKey,
  AwsTargetsConfig,
  BreakerConfig,
  ClientConfig,
  Config,
  DeliveryConfig,
  FunctionConfig,
  HttpsConfig,
  LimitsConfig,
  LogConfig,
  Mode,
} from './config.ts'
export { FUNCTION_DEFAULTS } from './functions-section.ts'
export { envNameOf, envNameOfOption, type Option, OPTIONS } from './options.ts'
export { isLoopback } from './loopback.ts'
export { type ConfigSources, parseClientConfig, parseConfig } from './parse-config.ts'
export { type Env, readEnv } from './read-env.ts'
export { formatReference } from './reference.ts'
