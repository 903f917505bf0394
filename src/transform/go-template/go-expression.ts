// Go's regular expressions, matched in linear time, leftmost first, with their groups: all ways through are followed
// at once, each with what its groups hold, and the one that would have been tried first wins.
// https://swtch.com/~rsc/regexp/regexp2.html (Pike's machine)

import { emitExpression, type ExpressionInstruction, isPlace } from '../../base/index.ts'
import { parseExpression } from './go-expression-syntax.ts'
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

interface Thread {
  readonly at: number
  readonly places: readonly number[]
}

const LIMIT = {
  instructionsMax: EXPRESSION_PROGRAM_MAX,
  message: 'error parsing regexp: expression too large',
}

const kept = new Map<string, GoExpression>()

/** Every character of which stands for itself. */
const LITERAL = /^[\w\-/:@,;=~ ]*$/

/** Throws a `SyntaxError` that says why, as Go does. */
export function compileGoExpression(source: string): GoExpression {
  const known = kept.get(source)
  if (known !== undefined) return known
  const { node, groups } = parseExpression(source)
  const program: ExpressionInstruction[] = [{ kind: 'save', slot: 0 }]
  emitExpression(node, program, LIMIT)
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

function run(
  program: readonly ExpressionInstruction[],
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

function follow(program: readonly ExpressionInstruction[], thread: Thread, step: Step): void {
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
