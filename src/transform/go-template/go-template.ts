// Templates of Go with the functions of Sprig and of event triggers. A template is read once and may make many texts;
// what it makes, and how long it may take, is bounded.
//
// Left out of Sprig is what reaches outside (`env`, `expandenv`, `getHostByName`) and what makes keys and
// certificates. `Local` is UTC, so that a text does not depend on the machine.

import { AppError, systemClock, systemRandom } from '../../base/index.ts'
import { BUILTINS } from './builtins.ts'
import { executeTemplate } from './go-executor.ts'
import type { GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { fromJson } from './go-value.ts'
import { TEMPLATE_TEXT_MAX } from './limits.ts'
import { objectFunctions } from './object-functions.ts'
import { parseTemplate } from './parser.ts'
import { chanceFunctions, type Surroundings } from './sprig-chance.ts'
import { EXPRESSION_FUNCTIONS } from './sprig-expressions.ts'
import { FORM_FUNCTIONS } from './sprig-forms.ts'
import { LIST_FUNCTIONS } from './sprig-lists.ts'
import { NUMBER_FUNCTIONS } from './sprig-numbers.ts'
import { STRING_FUNCTIONS } from './sprig-strings.ts'
import { Work } from './work.ts'

export interface GoTemplateOptions {
  /** What errors call it. */
  readonly name: string
  /** What `getResource` and its like find, by identifier. */
  readonly objects?: Readonly<Record<string, unknown>>
  /** Whether a key that a map lacks gives `<no value>` rather than an error. */
  readonly allowsMissingKeys?: boolean
  readonly surroundings?: Surroundings
}

export interface GoTemplate {
  /** `data` is JSON, or has structs in it. Throws `TEMPLATE_INVALID` or `LIMIT_EXCEEDED`. */
  render(data: unknown): string
}

const STATIC: Readonly<Record<string, GoFunction>> = {
  ...BUILTINS,
  ...STRING_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...FORM_FUNCTIONS,
  ...EXPRESSION_FUNCTIONS,
}

/** Reads a template. Throws `TEMPLATE_INVALID` with what Go says and where. */
export function parseGoTemplate(text: string, options: GoTemplateOptions): GoTemplate {
  if (text.length > TEMPLATE_TEXT_MAX) {
    throw new AppError(
      'TEMPLATE_INVALID',
      `template: ${options.name}: expected at most \`${TEMPLATE_TEXT_MAX}\` characters, got \`${text.length}\``,
    )
  }
  const surroundings = options.surroundings ?? {
    now: () => systemClock.now(),
    random: systemRandom,
  }
  const functions = new Map([
    ...Object.entries(STATIC),
    ...Object.entries(chanceFunctions(surroundings)),
    ...Object.entries(objectFunctions(options.objects ?? {})),
  ])
  const trees = parseTemplate(options.name, text, (name) => functions.has(name))
  const isMissingKeyError = options.allowsMissingKeys !== true
  return {
    render(data) {
      try {
        const work = new Work()
        return executeTemplate({ trees, functions, isMissingKeyError, work }, fromJson(data))
      } catch (error) {
        // A value may hold itself, and then is too deep to be printed.
        if (!(error instanceof GoFault)) throw error
        throw new AppError('TEMPLATE_INVALID', `template: ${options.name}: ${error.message}`)
      }
    },
  }
}
