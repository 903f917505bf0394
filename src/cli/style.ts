// Colour where a person reads, and text that cannot steer a terminal wherever it comes from.
// https://no-color.org, https://force-color.org

import { styleText } from 'node:util'
import type { CliIo, Output } from './io.ts'

export type Colour = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow'

export type Paint = (colour: Colour, text: string) => string

export function createPaint(output: Output, env: CliIo['env']): Paint {
  if (!hasColour(output, env)) return (_, text) => text
  return (colour, text) => styleText(colour, text, { validateStream: false })
}

function hasColour({ isTty }: Output, env: CliIo['env']): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if ((env['NO_COLOR'] ?? '') !== '') return false
  return isTty && env['TERM'] !== 'dumb'
}

/** Control characters, by which a payload could move the cursor or rename the window, as `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0)!
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** JSON in one line; what JSON leaves bare and a terminal would obey is escaped as JSON does it. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`
    },
  )
}
