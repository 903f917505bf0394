// Matching the `pattern`s of users against the texts of others in linear time, whatever both are: all ways through the
// expression are followed at once, so that nothing is ever tried again.
// Thompson, Regular Expression Search Algorithm, CACM 11:6 (1968)
//
// Invariant: a test takes at most steps in number of the text's characters × the program's instructions.

import { assertNever } from '../base/index.ts'
import { PATTERN_LENGTH_MAX, PATTERN_PROGRAM_MAX, PATTERN_TEXT_LENGTH_MAX } from './limits.ts'
import { parsePattern, type PatternNode, type Place } from './pattern-tree.ts'

export interface LinearPattern {
  /** Whether it matches somewhere in the text; never in one that is over the bound. */
  test(text: string): boolean
}

type Instruction =
  | { readonly kind: 'character'; readonly passes: (codePoint: number) => boolean }
  | { readonly kind: 'place'; readonly place: Place }
  /** Go on at both. */
  | { kind: 'fork'; first: number; second: number }
  | { readonly kind: 'matched' }

/** Throws a `SyntaxError` that says why an expression cannot be matched. */
export function compilePattern(source: string): LinearPattern {
  const program: Instruction[] = []
  emit(parsePattern(source), program)
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

function emit(node: PatternNode, program: Instruction[]): void {
  if (program.length > PATTERN_PROGRAM_MAX) throw new SyntaxError('it repeats too much')
  switch (node.kind) {
    case 'character':
    case 'place':
      program.push(node)
      return
    case 'list':
      for (const part of node.nodes) emit(part, program)
      return
    case 'either':
      emitEither(node.branches, program)
      return
    case 'repeat':
      emitRepeat(node, program)
      return
    default:
      assertNever(node)
  }
}

function emitEither(branches: readonly PatternNode[], program: Instruction[]): void {
  const [first, ...others] = branches
  if (others.length === 0) return emit(first!, program)
  const fork = pushFork(program)
  emit(first!, program)
  const jump = pushFork(program)
  fork.second = program.length
  emitEither(others, program)
  jump.first = program.length
  jump.second = program.length
}

function emitRepeat(
  { node, min, max }: Extract<PatternNode, { kind: 'repeat' }>,
  program: Instruction[],
): void {
  for (let count = 0; count < min; count += 1) emit(node, program)
  if (max === Infinity) {
    const start = program.length
    const fork = pushFork(program)
    emit(node, program)
    const back = pushFork(program)
    back.first = start
    back.second = start
    fork.second = program.length
    return
  }
  const forks = []
  for (let count = min; count < max; count += 1) {
    forks.push(pushFork(program))
    emit(node, program)
  }
  for (const fork of forks) fork.second = program.length
}

/** A fork whose first way is what follows it; the second is told later. */
function pushFork(program: Instruction[]): Extract<Instruction, { kind: 'fork' }> {
  const fork = { kind: 'fork' as const, first: program.length + 1, second: program.length + 1 }
  program.push(fork)
  return fork
}

function run(program: readonly Instruction[], text: string): boolean {
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
function follow(program: readonly Instruction[], from: readonly number[], step: Step): boolean {
  const { text, at, seen, characters } = step
  const open = [...from]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen[index] === at) continue
    seen[index] = at
    const instruction = program[index]!
    if (instruction.kind === 'matched') return true
    if (instruction.kind === 'character') characters.push(index)
    else if (instruction.kind === 'fork') open.push(instruction.second, instruction.first)
    else if (isPlace(instruction.place, text, at)) open.push(index + 1)
  }
  return false
}

function isPlace(place: Place, text: string, at: number): boolean {
  if (place === 'start') return at === 0
  if (place === 'end') return at === text.length
  const isEdge = isWord(text[at - 1]) !== isWord(text[at])
  return place === 'word-edge' ? isEdge : !isEdge
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /\w/.test(character)
}
