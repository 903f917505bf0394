// Go's regular expressions, matched in linear time, leftmost first, with their groups: all ways through are followed
// at once, each with what its groups hold, and the one that would have been tried first wins.
// https://swtch.com/~rsc/regexp/regexp2.html (Pike's machine)

import { assertNever } from '../../base/index.ts'
import { parseExpression, type ExpressionNode, type Place } from './go-expression-syntax.ts'
import { EXPRESSION_PROGRAM_MAX, EXPRESSIONS_KEPT_MAX } from './limits.ts'

export interface GoMatch {
  readonly start: number
  readonly end: number
  /** Start and end of each group, the whole first; -1 for one that took no part. */
  readonly places: readonly number[]
}

export interface GoExpression {
  readonly groups: readonly string[]
  /** Whether it matches somewhere in the text. */
  test(text: string): boolean
  /** The leftmost match from a place on; `spend` is told of the work. */
  find(text: string, from: number, spend: (cost: number) => void): GoMatch | undefined
}

type Instruction =
  | { readonly kind: 'character'; readonly passes: (code: number) => boolean }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'save'; readonly slot: number }
  /** Go on at both, the first preferred. */
  | { readonly kind: 'fork'; first: number; second: number }
  | { readonly kind: 'matched' }

interface Thread {
  readonly at: number
  readonly places: readonly number[]
}

const kept = new Map<string, GoExpression>()

/** Every character of which stands for itself. */
const LITERAL = /^[\w\-/:@,;=~ ]*$/

/** Throws a `SyntaxError` that says why, as Go does. */
export function compileGoExpression(source: string): GoExpression {
  const known = kept.get(source)
  if (known !== undefined) return known
  const { node, groups } = parseExpression(source)
  const program: Instruction[] = [{ kind: 'save', slot: 0 }]
  emit(node, program)
  program.push({ kind: 'save', slot: 1 }, { kind: 'matched' })
  const expression: GoExpression = {
    groups,
    test: LITERAL.test(source)
      ? (text) => text.includes(source)
      : (text) => run(program, text, 0, () => {}) !== undefined,
    find: (text, from, spend) => run(program, text, from, spend),
  }
  if (kept.size >= EXPRESSIONS_KEPT_MAX) kept.delete(kept.keys().next().value!)
  kept.set(source, expression)
  return expression
}

function emit(node: ExpressionNode, program: Instruction[]): void {
  if (program.length > EXPRESSION_PROGRAM_MAX) {
    throw new SyntaxError('error parsing regexp: expression too large')
  }
  switch (node.kind) {
    case 'character':
    case 'place':
      program.push(node)
      return
    case 'group':
      program.push({ kind: 'save', slot: node.index * 2 })
      emit(node.node, program)
      program.push({ kind: 'save', slot: node.index * 2 + 1 })
      return
    case 'list':
      for (const one of node.nodes) emit(one, program)
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

function emitEither(branches: readonly ExpressionNode[], program: Instruction[]): void {
  const jumps = []
  for (const [index, branch] of branches.entries()) {
    const isLast = index === branches.length - 1
    const fork = isLast ? undefined : pushFork(program)
    emit(branch, program)
    if (fork === undefined) continue
    jumps.push(pushFork(program))
    fork.second = program.length
  }
  for (const jump of jumps) {
    jump.first = program.length
    jump.second = program.length
  }
}

type Repeat = Extract<ExpressionNode, { kind: 'repeat' }>

function emitRepeat({ node, min, max, isGreedy }: Repeat, program: Instruction[]): void {
  for (let count = 0; count < min; count += 1) emit(node, program)
  const leave = (fork: Fork): void => {
    if (isGreedy) fork.second = program.length
    else {
      fork.second = fork.first
      fork.first = program.length
    }
  }
  if (max === Infinity) {
    const start = program.length
    const fork = pushFork(program)
    emit(node, program)
    const back = pushFork(program)
    back.first = start
    back.second = start
    leave(fork)
    return
  }
  const forks = []
  for (let count = min; count < max; count += 1) {
    forks.push(pushFork(program))
    emit(node, program)
  }
  for (const fork of forks) leave(fork)
}

type Fork = Extract<Instruction, { kind: 'fork' }>

function pushFork(program: Instruction[]): Fork {
  const fork: Fork = { kind: 'fork', first: program.length + 1, second: program.length + 1 }
  program.push(fork)
  return fork
}

function run(
  program: readonly Instruction[],
  text: string,
  from: number,
  spend: (cost: number) => void,
): GoMatch | undefined {
  let best: readonly number[] | undefined
  let threads: Thread[] = []
  const seen = new Int32Array(program.length).fill(-1)
  for (let at = from; ;) {
    const code = text.codePointAt(at)
    const waiting: Thread[] = []
    for (const thread of threads) follow(program, thread, { text, at, seen, waiting })
    // A match that began earlier is to the left of whatever would begin here.
    if (best === undefined) follow(program, { at: 0, places: [] }, { text, at, seen, waiting })
    spend(1 + waiting.length / 4)
    threads = []
    for (const { at: index, places } of waiting) {
      const instruction = program[index]!
      if (instruction.kind === 'matched') {
        best = places
        break
      }
      const passes =
        instruction.kind === 'character' && code !== undefined && instruction.passes(code)
      if (passes) threads.push({ at: index + 1, places })
    }
    if (code === undefined || (threads.length === 0 && best !== undefined)) break
    at += code > 0xffff ? 2 : 1
  }
  return best === undefined ? undefined : { start: best[0]!, end: best[1]!, places: best }
}

interface Step {
  readonly text: string
  readonly at: number
  readonly seen: Int32Array
  /** Threads that stand before a character, or at the end, in the order of preference. */
  readonly waiting: Thread[]
}

function follow(program: readonly Instruction[], thread: Thread, step: Step): void {
  const open = [thread]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at: index, places } = next
    if (step.seen[index] === step.at) continue
    step.seen[index] = step.at
    const instruction = program[index]!
    if (instruction.kind === 'fork') {
      open.push({ at: instruction.second, places }, { at: instruction.first, places })
    } else if (instruction.kind === 'save') {
      const saved = [...places]
      while (saved.length <= instruction.slot) saved.push(-1)
      saved[instruction.slot] = step.at
      open.push({ at: index + 1, places: saved })
    } else if (instruction.kind !== 'place') step.waiting.push(next)
    else if (isPlace(instruction.place, step.text, step.at)) open.push({ at: index + 1, places })
  }
}

function isPlace(place: Place, text: string, at: number): boolean {
  switch (place) {
    case 'start':
      return at === 0
    case 'end':
      return at === text.length
    case 'line-start':
      return at === 0 || text[at - 1] === '\n'
    case 'line-end':
      return at === text.length || text[at] === '\n'
    case 'word-edge':
    case 'word-inside':
      return (isWord(text[at - 1]) !== isWord(text[at])) === (place === 'word-edge')
    default:
      return assertNever(place)
  }
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /\w/.test(character)
}
