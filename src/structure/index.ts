export type { Json, Schema, SchemaRule } from './schema.ts'
export type { FieldFault, FieldFaultType } from './field-fault.ts'
