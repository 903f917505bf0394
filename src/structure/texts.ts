// The texts of field faults.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go

import type { FieldFault } from './field-fault.ts'
import { isList } from './prune.ts'
import type { Json } from './schema.ts'

export function required(field: string): FieldFault {
  return { type: 'FieldValueRequired', field, message: 'Required value' }
}

/** `spec.size in body should be …`, with the offending value before it. */
export function shouldBe(field: string, value: Json, text: string): FieldFault {
  const message = `Invalid value: ${JSON.stringify(value)}: ${field} in body ${text}`
  return { type: 'FieldValueInvalid', field, message }
}

export function wrongType(field: string, found: string, expected: string): FieldFault {
  const text = `${field} in body must be of type ${expected}: "${found}"`
  return { type: 'FieldValueTypeInvalid', field, message: `Invalid value: "${found}": ${text}` }
}

export function unsupported(field: string, value: Json, values: readonly Json[]): FieldFault {
  const supported = values.map((one) => JSON.stringify(one)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`
  return { type: 'FieldValueNotSupported', field, message }
}

export function tooLong(field: string, lengthMax: number): FieldFault {
  const message = `Too long: may not be more than ${lengthMax} bytes`
  return { type: 'FieldValueTooLong', field, message }
}

export function tooMany(field: string, count: number, countMax: number): FieldFault {
  const message = `Too many: ${count}: must have at most ${countMax} items`
  return { type: 'FieldValueTooMany', field, message }
}

export function duplicate(field: string, value: Json): FieldFault {
  const message = `Duplicate value: ${JSON.stringify(value)}`
  return { type: 'FieldValueDuplicate', field, message }
}

/** What a value is, as messages name it. */
export function typeName(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
