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

export { compileGoExpression, type GoExpression } from './go-template/go-expression.ts'
export {
  parseGoTemplate,
  type GoTemplate,
  type GoTemplateOptions,
} from './go-template/go-template.ts'
export { GoStruct } from './go-template/go-value.ts'

export type { InputTransform } from './transform.ts'
