export { compileInput, type CompileOptions, type InputSpec } from './input.ts'
export { selectPath } from './json-path.ts'
export type { InputTransform, TransformContext, TransformResult } from './transform.ts'
