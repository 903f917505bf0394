export { compileInput } from './input.ts'

export type { InputTransform } from './transform.ts'
