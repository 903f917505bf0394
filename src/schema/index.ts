export {
  contentHash,
  detailSchema,
  exportDraft4,
  isDetailType,
  parseDocument,
  SCHEMA_TYPES,
  type SchemaDocument,
  type SchemaText,
  type SchemaType,
} from './document.ts'
export {
  compareDocuments,
  COMPATIBILITY_MODES,
  faultsOf,
  type Comparison,
  type CompatibilityMode,
  type SchemaChange,
} from './compare.ts'
export { compileValidator, ValidatorCache, type SchemaFault, type Validator } from './validator.ts'
export { checkBindingLanguage, createCodeBinding } from './code-binding.ts'
export { exampleDetail } from './example.ts'
export { formatTypeScriptModule } from './generate.ts'
export { formatInferred, readInferred } from './infer.ts'
export { isSameJson } from './json-schema.ts'
export { CONTENT_LENGTH_MAX } from './limits.ts'
export { discoveredName } from './names.ts'
export { hasKeywords, parseKeywords } from './search.ts'
export { mergeShapes, shapeOf, type Shape } from './shape.ts'
export { PUBLISH_CLIENTS, type PublishClient } from './typescript-client.ts'
