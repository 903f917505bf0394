export {
  findSinkKind,
  type Sink,
  type SinkFailure,
  type SinkKind,
  type SinkMessage,
  type SinkResult,
} from './sink.ts'
export {
  createFunctionSinkKind,
  functionAddress,
  type FunctionSinkOptions,
} from './kinds/function/function-sink.ts'
export {
  createFunctionEnvironment,
  type Environment,
  type FunctionEnvironmentOptions,
} from './kinds/function/environment.ts'
export {
  discoverFunctions,
  FUNCTION_DEFAULTS,
  type DiscoveredFunctions,
} from './kinds/function/discover.ts'
