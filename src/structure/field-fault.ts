// One thing that is wrong with one field, in Kubernetes' form: the parts of `field.Error`, which its messages are
// printed from and which `details.causes` of a Status carries.

export type FieldFaultType =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldManagerConflict'

export interface FieldFault {
  readonly type: FieldFaultType
  /** `spec.items[0].name`; empty for the object itself. */
  readonly field: string
  /** All of the text behind `field: `, as the real server prints it: `Invalid value: 0: must be positive`. */
  readonly message: string
}
