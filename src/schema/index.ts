export { awsSchema, awsSchemaNames } from './aws-events.ts'
export type { SchemaChange } from './change-list.ts'
export {
  eventTypeKey,
  exportDraft4,
  parseDocument,
  type SchemaDocument,
  type SchemaText,
} from './document.ts'
export {
  compareDocuments,
  COMPATIBILITY_MODES,
  faultsOf,
  type Comparison,
  type CompatibilityMode,
} from './compare.ts'
export { ValidatorCache, type Validator } from './validator.ts'
export { checkBindingLanguage, createCodeBinding } from './code-binding.ts'
export { exampleDetail } from './example.ts'
export { formatTypeScriptModule } from './generate.ts'
export { formatInferred, readInferred } from './infer.ts'
export { canonicalJson, isSameJson } from './json-schema.ts'
export { CONTENT_LENGTH_MAX } from './limits.ts'
export { discoveredName } from './names.ts'
export { toDraft4 } from './older-draft.ts'
export { hasKeywords, parseKeywords } from './search.ts'
export { fitsShape, mergeShapes, shapeOf, type Shape } from './shape.ts'
export { PUBLISH_CLIENTS, type PublishClient } from './typescript-client.ts'
export { bundleReferences, type SchemaReference, unbundleReferences } from './referenced.ts'
