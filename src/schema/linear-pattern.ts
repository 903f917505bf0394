// Matching the `pattern`s of users against the texts of others in linear time, whatever both are: all ways through the
// expression are followed at once, so that nothing is ever tried again.
//
// Invariant: a test takes at most steps in number of the text's characters × the program's instructions.

import { emitExpression, type ExpressionInstruction, isPlace } from '../base/index.ts'
import { PATTERN_LENGTH_MAX, PATTERN_PROGRAM_MAX, PATTERN_TEXT_LENGTH_MAX } from './limits.ts'
import { parsePattern } from './pattern-tree.ts'

const LIMIT = { instructionsMax: PATTERN_PROGRAM_MAX, message: 'it repeats too much' }

export interface LinearPattern {
  /** Whether it matches somewhere in the text; never in one that is over the bound. */
  test(text: string): boolean
}

/** Throws a `SyntaxError` that says why an expression cannot be matched. */
export function compilePattern(source: string): LinearPattern {
  const program: ExpressionInstruction[] = []
  emitExpression(parsePattern(source), program, LIMIT)
  program.push({ kind: 'matched' })
  return { test: (text) => text.length <= PATTERN_TEXT_LENGTH_MAX && run(program, text) }
}

/** Why a `pattern` is refused; undefined when it may run. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return `expected at most ${PATTERN_LENGTH_MAX} characters, got \`${pattern.length}\``
  }
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return `\`${pattern}\` cannot be used: ${error.message}`
  }
}

function run(program: readonly ExpressionInstruction[], text: string): boolean {
  // By instruction: the place in the text for which it was looked at last.
  const seen = new Int32Array(program.length).fill(-1)
  let waiting: number[] = [0]
  for (let at = 0; ;) {
    const characters: number[] = []
    if (follow(program, waiting, { text, at, seen, characters })) return true
    if (at >= text.length) return false
    const codePoint = text.codePointAt(at)!
    waiting = [0]
    for (const index of characters) {
      const instruction = program[index]!
      if (instruction.kind === 'character' && instruction.passes(codePoint)) waiting.push(index + 1)
    }
    at += codePoint > 0xffff ? 2 : 1
  }
}

interface Step {
  readonly text: string
  readonly at: number
  readonly seen: Int32Array
  /** Instructions that wait for the next character. */
  readonly characters: number[]
}

/** Goes as far as it can without a character; answers whether that is the end. */
function follow(
  program: readonly ExpressionInstruction[],
  from: readonly number[],
  step: Step,
): boolean {
  const { text, at, seen, characters } = step
  const open = [...from]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen[index] === at) continue
    seen[index] = at
    const instruction = program[index]!
    if (instruction.kind === 'matched') return true
    if (instruction.kind === 'character') characters.push(index)
    else if (instruction.kind === 'fork') open.push(instruction.second, instruction.first)
    // Nobody asks where a group began and ended.
    else if (instruction.kind === 'save') open.push(index + 1)
    else if (isPlace(instruction.place, text, at)) open.push(index + 1)
  }
  return false
}
