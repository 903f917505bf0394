// One validator for every operation of every service: each input shape of the tables is compiled once into a
// closure that checks a parsed request and words faults as AWS does. Null members count as absent and are
// taken out, so that a handler sees a member only where the request has one.
//
// Invariant: a value that passed has the types its table says; handlers rely on it instead of checking again.

import { AppError } from '../../base/index.ts'
import { PATTERN_INPUT_LENGTH_MAX, VALIDATION_ERRORS_MAX } from './limits.ts'
import { fieldName, printValue } from './print-value.ts'
import { serializationFault } from './faults.ts'
import {
  type Member,
  SERVICES,
  type ServiceModel,
  type ServiceName,
  shapeOf,
  type Shape,
} from './shapes.ts'
import { compilePattern } from './validate-pattern.ts'
import { isWiderForm } from './wider-forms.ts'

export type Input = Readonly<Record<string, unknown>>

/** Checks one value at `prefix` + `name`; pushes the wording of what is wrong, throws when the type is. */
type Check = (value: unknown, prefix: string, name: string, faults: string[]) => void

/** Checks the operation's parsed input, throwing what AWS would answer. */
export type Validate = (input: unknown) => Input

/** The validator of one operation; compile once, call often. */
export function compileValidator(service: ServiceName, inputShape: string | undefined): Validate {
  if (inputShape === undefined) return () => ({})
  const check = compile({ model: SERVICES[service], service, checks: new Map() }, inputShape)
  return (input) => {
    const faults: string[] = []
    check(input, '', '', faults)
    if (faults.length > 0) throw validationError(faults)
    // The check threw unless this is a plain object.
    return input as Input
  }
}

function validationError(faults: readonly string[]): AppError {
  const count = `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected: `
  return new AppError(
    'REQUEST_INVALID',
    count + faults.slice(0, VALIDATION_ERRORS_MAX).join('; '),
    {
      details: { awsCode: 'ValidationException' },
    },
  )
}

interface Compilation {
  readonly model: ServiceModel
  readonly service: ServiceName
  readonly checks: Map<string, Check>
}

function compile(compilation: Compilation, shapeName: string): Check {
  const known = compilation.checks.get(shapeName)
  if (known !== undefined) return known
  // A shape may contain itself: whoever meets it while it is being compiled gets this door to it.
  let compiled: Check | undefined
  compilation.checks.set(shapeName, (value, prefix, name, faults) =>
    compiled?.(value, prefix, name, faults),
  )
  compiled = compileShape(compilation, shapeName)
  compilation.checks.set(shapeName, compiled)
  return compiled
}

function compileShape(compilation: Compilation, shapeName: string): Check {
  const shape = shapeOf(compilation.model, shapeName)
  switch (shape.type) {
    case 'structure':
      return structureCheck(compilation, shape)
    case 'list':
      return listCheck(compilation, shapeName, shape)
    case 'map':
      return mapCheck(compilation, shapeName, shape)
    default:
      return scalarCheck(compilation, shapeName, shape)
  }
}

interface CompiledMember {
  readonly name: string
  readonly field: string
  readonly isRequired: boolean
  readonly check: Check
}

function structureCheck(compilation: Compilation, shape: Shape): Check {
  const members: CompiledMember[] = Object.entries(shape.members ?? {}).map(([name, member]) => ({
    name,
    field: fieldName(name),
    isRequired: shape.required?.includes(name) === true,
    check: compile(compilation, member.shape),
  }))
  const { service } = compilation
  return (value, prefix, name, faults) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw serializationFault(value, 'structure')
    }
    const path = joinPath(prefix, name)
    // Safe: an object that is neither null nor an array.
    const record = value as Record<string, unknown>
    for (const member of members) {
      const item = Object.hasOwn(record, member.name) ? record[member.name] : undefined
      if (item !== undefined && item !== null) {
        member.check(item, path, member.field, faults)
        continue
      }
      if (item === null) delete record[member.name]
      if (member.isRequired) requireMember(service, member, path, faults)
    }
  }
}

/** SQS has a code of its own for a missing member; all others word it as a constraint. */
function requireMember(
  service: ServiceName,
  member: CompiledMember,
  path: string,
  faults: string[],
): void {
  if (service === 'sqs') {
    throw new AppError(
      'REQUEST_INVALID',
      `The request must contain the parameter ${member.name}.`,
      { details: { awsCode: 'MissingParameter' } },
    )
  }
  faults.push(
    `Value null at '${joinPath(path, member.field)}' failed to satisfy constraint: Member must not be null`,
  )
}

function listCheck(compilation: Compilation, shapeName: string, shape: Shape): Check {
  const item = requireRow(shape.member, shapeName)
  const sizes = sizeConstraints(shape)
  const itemShape = shapeOf(compilation.model, item.shape)
  const check = compile(compilation, item.shape)
  const itemConstraints = isScalar(itemShape)
    ? scalarConstraints(compilation.service, itemShape)
    : []
  return (value, prefix, name, faults) => {
    if (!Array.isArray(value)) throw serializationFault(value, 'list')
    reportBroken(compilation.model, shapeName, value, value.length, sizes, {
      prefix,
      name,
      faults,
    })
    const path = joinPath(prefix, name)
    const before = faults.length
    for (let index = 0; index < value.length; index += 1) {
      const entry: unknown = value[index]
      if (entry === null) throw serializationFault(entry, itemShape.type)
      check(entry, path, `${index + 1}.member`, faults)
    }
    if (itemConstraints.length > 0 && faults.length > before) {
      // AWS words faults of plain items once, for the list, with every constraint of an item.
      faults.length = before
      const all = itemConstraints.map((constraint) => constraint.text).join(', ')
      const printed = quote(compilation.model, shapeName, shape, value)
      faults.push(
        `${printed} at '${path}' failed to satisfy constraint: Member must satisfy constraint: [${all}]`,
      )
    }
  }
}

function mapCheck(compilation: Compilation, shapeName: string, shape: Shape): Check {
  const sizes = sizeConstraints(shape)
  const keyRow = requireRow(shape.key, shapeName)
  const valueRow = requireRow(shape.value, shapeName)
  const keyShape = shapeOf(compilation.model, keyRow.shape)
  const valueShape = shapeOf(compilation.model, valueRow.shape)
  const keyConstraints = scalarConstraints(compilation.service, keyShape)
  const valueConstraints = isScalar(valueShape)
    ? scalarConstraints(compilation.service, valueShape)
    : []
  const checkValue = compile(compilation, valueRow.shape)
  return (value, prefix, name, faults) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw serializationFault(value, 'map')
    }
    const entries = Object.entries(value)
    const place = { prefix, name, faults }
    reportBroken(compilation.model, shapeName, value, entries.length, sizes, place)
    const path = joinPath(prefix, name)
    let areKeysBroken = false
    const before = faults.length
    for (const [key, item] of entries) {
      areKeysBroken ||= keyConstraints.some((constraint) => !constraint.holds(key))
      if (item === null) throw serializationFault(item, valueShape.type)
      checkValue(item, path, `${key}.member`, faults)
    }
    const areValuesBroken = valueConstraints.length > 0 && faults.length > before
    if (areValuesBroken) faults.length = before
    const printed =
      areKeysBroken || areValuesBroken ? quote(compilation.model, shapeName, shape, value) : ''
    const start = `${printed} at '${path}' failed to satisfy constraint: `
    if (areKeysBroken)
      faults.push(`${start}Map keys must satisfy constraint: [${textsOf(keyConstraints)}]`)
    if (areValuesBroken) {
      faults.push(`${start}Map value must satisfy constraint: [${textsOf(valueConstraints)}]`)
    }
  }
}

function scalarCheck(compilation: Compilation, shapeName: string, shape: Shape): Check {
  const { model } = compilation
  const accepts = TYPE_CHECKS[shape.type]
  if (accepts === undefined) throw new Error(`table has unknown type \`${shape.type}\``)
  const constraints = scalarConstraints(compilation.service, shape, shapeName)
  return (value, prefix, name, faults) => {
    if (!accepts(value)) throw serializationFault(value, shape.type)
    for (const constraint of constraints) {
      if (constraint.holds(value)) continue
      const printed = quote(model, shapeName, shape, value)
      faults.push(
        `${printed} at '${joinPath(prefix, name)}' failed to satisfy constraint: ${constraint.text}`,
      )
    }
  }
}

const INTEGER_MAX = 2 ** 31 - 1

const TYPE_CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  blob: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value) && Math.abs(value as number) <= INTEGER_MAX,
  long: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  double: (value) => typeof value === 'number',
  timestamp: (value) => typeof value === 'number',
}

interface Constraint {
  readonly text: string
  holds(value: unknown): boolean
}

function scalarConstraints(
  service: ServiceName,
  shape: Shape,
  shapeName = '',
): readonly Constraint[] {
  const constraints: Constraint[] = []
  if (shape.pattern !== undefined) {
    const expression = compilePattern(shape.pattern)
    constraints.push({
      text: `Member must satisfy regular expression pattern: ${shape.pattern}`,
      holds: (value) => {
        const text = value as string
        return (
          text.length > PATTERN_INPUT_LENGTH_MAX ||
          expression.test(text) ||
          isWiderForm(service, shapeName, text)
        )
      },
    })
  }
  // SQS words unknown names itself (`Unknown Attribute X.`), so its enums are its handlers'.
  if (shape.enum !== undefined && service !== 'sqs') {
    const allowed = new Set<unknown>(shape.enum)
    constraints.push({
      text: `Member must satisfy enum value set: [${shape.enum.join(', ')}]`,
      holds: (value) => allowed.has(value),
    })
  }
  return [...constraints, ...boundConstraints(shape)]
}

/** Bounds of a string's length or of a number's value. */
function boundConstraints(shape: Shape): readonly Constraint[] {
  const isText = shape.type === 'string' || shape.type === 'blob'
  const word = isText ? 'length' : 'value'
  const measure = isText
    ? (value: unknown) => (value as string).length
    : (value: unknown) => value as number
  return bounds(shape, word, measure)
}

function sizeConstraints(shape: Shape): readonly Constraint[] {
  return bounds(shape, 'length', (value) => value as number)
}

function bounds(shape: Shape, word: string, measure: (value: unknown) => number): Constraint[] {
  const { max, min } = shape
  const constraints: Constraint[] = []
  if (max !== undefined) {
    constraints.push({
      text: `Member must have ${word} less than or equal to ${max}`,
      holds: (value) => measure(value) <= max,
    })
  }
  // Nothing is shorter than zero; such a row would be a check that cannot fail.
  if (min !== undefined && (min > 0 || word === 'value')) {
    constraints.push({
      text: `Member must have ${word} greater than or equal to ${min}`,
      holds: (value) => measure(value) >= min,
    })
  }
  return constraints
}

interface Place {
  readonly prefix: string
  readonly name: string
  readonly faults: string[]
}

function reportBroken(
  model: ServiceModel,
  shapeName: string,
  value: unknown,
  size: number,
  constraints: readonly Constraint[],
  place: Place,
): void {
  for (const constraint of constraints) {
    if (constraint.holds(size)) continue
    const printed = quote(model, shapeName, shapeOf(model, shapeName), value)
    const path = joinPath(place.prefix, place.name)
    place.faults.push(`${printed} at '${path}' failed to satisfy constraint: ${constraint.text}`)
  }
}

/** `Value 'x'`, or `Value` alone where x is a secret. */
function quote(model: ServiceModel, shapeName: string, shape: Shape, value: unknown): string {
  return shape.sensitive === true ? 'Value' : `Value '${printValue(model, shapeName, value)}'`
}

function textsOf(constraints: readonly Constraint[]): string {
  return constraints.map((constraint) => constraint.text).join(', ')
}

function isScalar(shape: Shape): boolean {
  return shape.type !== 'structure' && shape.type !== 'list' && shape.type !== 'map'
}

function requireRow(row: Member | undefined, shapeName: string): Member {
  if (row === undefined) throw new Error(`table row \`${shapeName}\` names no member`)
  return row
}

function joinPath(prefix: string, name: string): string {
  if (prefix === '') return name
  return name === '' ? prefix : `${prefix}.${name}`
}
