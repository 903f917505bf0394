export { compileInput } from './input.ts'
export { compileParameters, type DynamicParameters } from './parameters.ts'

export type { InputTransform } from './transform.ts'
