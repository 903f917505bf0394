// Checks of untrusted values that gather every fault with its path, rather than stop at the first.

export interface Fault {
  /** As `spec.targets[2].id`. */
  readonly path: string
  /** What would be right, and the value in backquotes. */
  readonly message: string
}

export type Fields = Readonly<Record<string, unknown>>

const SHOWN_LENGTH_MAX = 100

export class FaultList {
  readonly faults: Fault[] = []

  add(path: string, expected: string, actual: unknown): void {
    this.faults.push({ path, message: `expected ${expected}, got \`${show(actual)}\`` })
  }

  /** The value as fields, or undefined with a fault. */
  fields(path: string, value: unknown): Fields | undefined {
    if (isFields(value)) return value
    this.add(path, 'an object', value)
    return undefined
  }

  items(path: string, value: unknown, lengthMax: number): readonly unknown[] {
    if (!Array.isArray(value)) {
      this.add(path, 'a list', value)
      return []
    }
    if (value.length > lengthMax) this.add(path, `at most ${lengthMax} items`, value.length)
    return value.slice(0, lengthMax) as readonly unknown[]
  }

  text(path: string, value: unknown, rule: TextRule): void {
    if (value === undefined && rule.isOptional === true) return
    const isRight =
      typeof value === 'string' &&
      value.length >= (rule.lengthMin ?? 1) &&
      value.length <= rule.lengthMax &&
      (rule.pattern?.test(value) ?? true)
    if (!isRight) this.add(path, describeText(rule), value)
  }

  integer(path: string, value: unknown, bounds: IntegerBounds): void {
    if (value === undefined && bounds.isOptional === true) return
    const isRight = Number.isInteger(value) && isWithin(value as number, bounds)
    if (!isRight) this.add(path, `an integer from ${bounds.min} to ${bounds.max}`, value)
  }

  oneOf(path: string, value: unknown, choices: readonly string[]): void {
    if (typeof value === 'string' && choices.includes(value)) return
    this.add(path, `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`, value)
  }

  /** A mapping of texts to texts. */
  texts(path: string, value: unknown, rules: TextsRule): void {
    if (value === undefined && rules.isOptional === true) return
    const fields = this.fields(path, value)
    if (fields === undefined) return
    const entries = Object.entries(fields)
    if (entries.length > rules.entriesMax)
      this.add(path, `at most ${rules.entriesMax} entries`, entries.length)
    for (const [key, entry] of entries.slice(0, rules.entriesMax)) {
      this.text(`${path} key`, key, rules.key)
      this.text(`${path}[${JSON.stringify(key)}]`, entry, rules.value)
    }
  }
}

export interface TextRule {
  /** 1 when absent. */
  readonly lengthMin?: number
  readonly lengthMax: number
  readonly pattern?: RegExp
  readonly isOptional?: boolean
}

export interface TextsRule {
  readonly key: TextRule
  readonly value: TextRule
  readonly entriesMax: number
  readonly isOptional?: boolean
}

export interface IntegerBounds {
  readonly min: number
  readonly max: number
  readonly isOptional?: boolean
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWithin(value: number, { min, max }: IntegerBounds): boolean {
  return value >= min && value <= max
}

function describeText({ lengthMin = 1, lengthMax, pattern }: TextRule): string {
  const length = `text of ${lengthMin} to ${lengthMax} characters`
  return pattern === undefined ? length : `${length} that matches ${pattern.source}`
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`
}
