// What is wrong with a template, or with what it was given, in Go's own words.

import { AppError } from '../../base/index.ts'

/** A text that is no template; the message is that of `text/template`. */
export function parseFault(name: string, line: number, message: string): AppError {
  return new AppError('TEMPLATE_INVALID', `template: ${name}:${line}: ${message}`)
}

/** Thrown by functions and helpers, which do not know where they stand; the executor says it. */
export class GoFault extends Error {
  override readonly name = 'GoFault'
}
