// What is wrong with a template or with parameters: all of it at once, each with its path and what would be right.

import type { FieldFault } from '../structure/index.ts'

export function invalid(field: string, value: unknown, text: string): FieldFault {
  return {
    type: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value) ?? 'undefined'}: ${text}`,
  }
}

export function missing(field: string, text: string): FieldFault {
  return { type: 'FieldValueRequired', field, message: `Required value: ${text}` }
}

/** One line for people. */
export function formatFaults(faults: readonly FieldFault[]): string {
  return faults.map(({ field, message }) => `${field}: ${message}`).join('; ')
}
