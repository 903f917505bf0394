export { compileInput } from './input.ts'
export { compileParameters, type DynamicParameters } from './parameters.ts'
export {
  compilePipeTemplate,
  isDynamic,
  splitArray,
  textAt,
  type PipeContext,
  type PipeEvent,
  type PipeTemplate,
} from './pipe-template.ts'
export { fillFiringText } from './firing-text.ts'

export type { InputTransform } from './transform.ts'
