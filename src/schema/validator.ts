// Whether an event is as its schema says, with every fault and its path. Compiling a schema makes code of it and
// takes milliseconds, so it is done ahead, once for each content, and kept.
//
// Invariant: nothing here tells a value of the event, only where it stands: it may be a secret.

import type { ErrorObject, ValidateFunction } from 'ajv'
import { AppError } from '../base/index.ts'
import { contentHash, parseDocument, type SchemaDocument, type SchemaText } from './document.ts'
import { FAULTS_MAX, VALIDATORS_MAX } from './limits.ts'
import { compilePattern } from './linear-pattern.ts'

export interface SchemaFault {
  /** As `$.detail.items[2].sku`. */
  readonly path: string
  /** What would be right. */
  readonly message: string
}

/** The faults of an envelope, parsed from JSON; none when it is well. */
export type Validator = (envelope: unknown) => readonly SchemaFault[]

/** Makes the code that checks events against a document. Throws `SCHEMA_INVALID` when draft 4 does not allow it. */
export async function compileValidator(document: SchemaDocument): Promise<Validator> {
  // Loaded by the first schema: most servers and most commands have none.
  const [{ default: ajvModule }, { default: formatsModule }] = await Promise.all([
    import('ajv-draft-04'),
    import('ajv-formats'),
  ])
  const ajv = new ajvModule.default({
    allErrors: true,
    strict: false,
    logger: false,
    addUsedSchema: false,
    messages: true,
    // A property named as one that every object inherits is a property like any other.
    ownProperties: true,
    code: { regExp: linearEngine },
  })
  formatsModule.default(ajv)
  let validate: ValidateFunction
  try {
    validate = ajv.compile(document.root)
  } catch (error) {
    throw new AppError('SCHEMA_INVALID', 'the schema is not valid JSON Schema draft 4', {
      cause: error,
    })
  }
  const prefix = document.form === 'detail' ? '$.detail' : '$'
  return (envelope) => {
    const value = document.form === 'detail' ? detailOf(envelope) : envelope
    if (validate(value)) return []
    return (validate.errors ?? []).slice(0, FAULTS_MAX).map((error) => toFault(prefix, error))
  }
}

/** In the code that ajv writes for a program of its own this would be a name; here the function itself is called. */
const linearEngine = Object.assign((pattern: string) => compilePattern(pattern), { code: '' })

/** Validators by content, the least recently used forgotten. */
export class ValidatorCache {
  readonly #known = new Map<string, Promise<Validator>>()

  get(text: SchemaText): Promise<Validator> {
    const key = `${text.type}/${text.name}/${contentHash(text.content)}`
    const known = this.#known.get(key)
    this.#known.delete(key)
    const validator = known ?? compileText(text)
    this.#known.set(key, validator)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= VALIDATORS_MAX) break
      this.#known.delete(oldest)
    }
    return validator
  }
}

async function compileText(text: SchemaText): Promise<Validator> {
  return compileValidator(parseDocument(text))
}

function detailOf(envelope: unknown): unknown {
  return typeof envelope === 'object' && envelope !== null && 'detail' in envelope
    ? envelope.detail
    : undefined
}

// Ajv words every fault `must be …`, `must have …` or `must NOT …`.
function toFault(prefix: string, { instancePath, message }: ErrorObject): SchemaFault {
  const path = prefix + formatPath(instancePath)
  const wanted = (message ?? 'must be valid').replace(/^must /, '').replace(/^NOT /, 'not ')
  return { path, message: `expected \`${path}\` to ${wanted}` }
}

function formatPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((name) =>
      /^\d+$/.test(name)
        ? `[${name}]`
        : /^[\w$]+$/.test(name)
          ? `.${name}`
          : `[${JSON.stringify(name)}]`,
    )
    .join('')
}
