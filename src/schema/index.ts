export { exportDraft4, parseDocument, type SchemaDocument, type SchemaText } from './document.ts'
export {
  compareDocuments,
  type Comparison,
  type CompatibilityMode,
  type SchemaChange,
} from './compare.ts'
export { ValidatorCache, type SchemaFault, type Validator } from './validator.ts'
export { checkBindingLanguage, createCodeBinding } from './code-binding.ts'
export { formatInferred } from './infer.ts'
export { isSameJson } from './json-schema.ts'
export { hasKeywords, parseKeywords } from './search.ts'
export { mergeShapes, shapeOf, type Shape } from './shape.ts'
export { type PublishClient } from './typescript-client.ts'
