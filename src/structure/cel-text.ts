// What rules do with texts: values put into a text, and texts held against the named forms of Kubernetes.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library

import type { CelFunctions } from './cel.ts'
import type { Options } from './cel-lists.ts'

const FORMAT_TYPE = 'kubernetes.Format'
const FORMAT_LIBRARY_TYPE = 'kubernetes.FormatLibrary'

interface Form {
  readonly pattern: RegExp
  readonly lengthMax: number
  /** What is said of a text that is not of this form. */
  readonly text: string
}

const LABEL_LENGTH = 63
const SUBDOMAIN_LENGTH = 253
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const OLD_LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const LABEL_FORM = /^[a-z\d](?:[-a-z\d]*[a-z\d])?$/
const SUBDOMAIN_FORM = /^[a-z\d](?:[-a-z\d]*[a-z\d])?(?:\.[a-z\d](?:[-a-z\d]*[a-z\d])?)*$/
const OLD_LABEL_FORM = /^[a-z](?:[-a-z\d]*[a-z\d])?$/

const FORMS: Readonly<Record<string, Form>> = {
  dns1123Label: { pattern: LABEL_FORM, lengthMax: LABEL_LENGTH, text: LABEL },
  dns1123Subdomain: { pattern: SUBDOMAIN_FORM, lengthMax: SUBDOMAIN_LENGTH, text: SUBDOMAIN },
  dns1035Label: { pattern: OLD_LABEL_FORM, lengthMax: LABEL_LENGTH, text: OLD_LABEL },
  // What a generated name begins with may end with a dash.
  dns1123LabelPrefix: { pattern: /^[a-z\d][-a-z\d]*$/, lengthMax: LABEL_LENGTH, text: LABEL },
  dns1123SubdomainPrefix: {
    pattern: /^(?:[a-z\d](?:[-a-z\d]*[a-z\d])?\.)*[a-z\d][-a-z\d]*$/,
    lengthMax: SUBDOMAIN_LENGTH,
    text: SUBDOMAIN,
  },
  dns1035LabelPrefix: { pattern: /^[a-z][-a-z\d]*$/, lengthMax: LABEL_LENGTH, text: OLD_LABEL },
  qualifiedName: {
    pattern: /^(?:[a-z\d][-a-z\d.]{0,252}\/)?[A-Za-z\d](?:[-\w.]{0,61}[A-Za-z\d])?$/,
    lengthMax: SUBDOMAIN_LENGTH + LABEL_LENGTH + 1,
    text: QUALIFIED,
  },
  labelValue: {
    pattern: /^(?:(?:[A-Za-z\d][-\w.]*)?[A-Za-z\d])?$/,
    lengthMax: LABEL_LENGTH,
    text: LABEL_VALUE,
  },
  uri: {
    pattern: /^(?:[a-z][a-z\d+.-]*:\/\/\S+|\/\S*)$/i,
    lengthMax: Infinity,
    text: 'invalid URI for request',
  },
  uuid: {
    pattern: /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i,
    lengthMax: Infinity,
    text: 'does not match the UUID format',
  },
  byte: {
    pattern: /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/,
    lengthMax: Infinity,
    text: 'invalid base64',
  },
  date: {
    pattern: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
    lengthMax: Infinity,
    text: 'invalid date',
  },
  datetime: {
    pattern: /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
    lengthMax: Infinity,
    text: 'invalid datetime',
  },
}

class Format {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /** What is wrong with a text; none when nothing is. */
  faults(text: string): readonly string[] {
    const { pattern, lengthMax, text: said } = FORMS[this.name]!
    return [
      ...(text.length > lengthMax ? [`must be no more than ${lengthMax} characters`] : []),
      ...(pattern.test(text) ? [] : [said]),
    ]
  }
}

/** What is said as `format.…`. */
export class FormatLibrary {
  readonly typeName: string = FORMAT_LIBRARY_TYPE
}

export const TEXT_TYPES: Readonly<Record<string, new (...parts: never[]) => object>> = {
  [FORMAT_TYPE]: Format,
}

export function textFunctions(options: Options): CelFunctions {
  const named = Object.keys(FORMS).map((name) => [
    `${FORMAT_LIBRARY_TYPE}.${name}(): ${FORMAT_TYPE}`,
    () => new Format(name),
  ])
  return {
    ...(Object.fromEntries(named) as CelFunctions),
    [`${FORMAT_LIBRARY_TYPE}.named(string): optional<${FORMAT_TYPE}>`]: (
      _: unknown,
      name: string,
    ) => (Object.hasOwn(FORMS, name) ? options.of(new Format(name)) : options.none()),
    [`${FORMAT_TYPE}.validate(string): optional<list<string>>`]: (format: Format, text: string) => {
      const faults = format.faults(text)
      return faults.length === 0 ? options.none() : options.of(faults)
    },
    'string.format(list<dyn>): string': formatText,
  }
}

const FRACTION_DIGITS = 6

/** `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x` and `%X`, as CEL has them. */
function formatText(text: string, values: readonly unknown[]): string {
  let next = 0
  return text.replaceAll(
    /%(?:%|(?:\.(\d{1,2}))?(.?))/gs,
    (whole, digits: string | undefined, verb: string = '') => {
      if (whole === '%%') return '%'
      if (next >= values.length) throw new Error(`index ${next} out of range`)
      const value = values[next++]
      const count = digits === undefined ? FRACTION_DIGITS : Number(digits)
      switch (verb) {
        case 's':
          return textOf(value)
        case 'd':
          return isNumber(value) ? String(value) : wrongClause(verb, value)
        case 'f':
          return isNumber(value) ? Number(value).toFixed(count) : wrongClause(verb, value)
        case 'e':
          return isNumber(value) ? exponential(Number(value), count) : wrongClause(verb, value)
        case 'b':
          return inBase(value, 2, verb)
        case 'o':
          return inBase(value, 8, verb)
        case 'x':
          return inBase(value, 16, verb)
        case 'X':
          return inBase(value, 16, verb).toUpperCase()
        default:
          throw new Error(
            `could not parse formatting clause: unrecognized formatting clause "${verb}"`,
          )
      }
    },
  )
}

function isNumber(value: unknown): boolean {
  return typeof value === 'bigint' || typeof value === 'number'
}

function wrongClause(verb: string, value: unknown): never {
  throw new Error(`error during formatting: %${verb} cannot say ${JSON.stringify(textOf(value))}`)
}

function inBase(value: unknown, base: number, verb: string): string {
  if (typeof value === 'bigint') return value.toString(base)
  if (base === 2 && typeof value === 'boolean') return value ? '1' : '0'
  if (base === 16 && typeof value === 'string') return Buffer.from(value).toString('hex')
  return wrongClause(verb, value)
}

function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return `[${value.map((one) => textOf(one)).join(', ')}]`
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number')
    return String(value)
  const members = value instanceof Map ? Array.from(value) : Object.entries(value)
  const said = members.map(([name, member]) => `${textOf(name)}: ${textOf(member)}`)
  return `{${said.toSorted().join(', ')}}`
}
