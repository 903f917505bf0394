// A regular expression as a program, for those who follow all ways through it at once, so that nothing is ever tried
// again and a match takes linear time. How an expression is read, and what of a match is told, is theirs to say.
// Thompson, Regular Expression Search Algorithm, CACM 11:6 (1968)

import { assertNever } from './errors.ts'

export type ExpressionNode =
  | CharacterNode
  | { readonly kind: 'place'; readonly place: ExpressionPlace }
  | { readonly kind: 'list'; readonly nodes: readonly ExpressionNode[] }
  | { readonly kind: 'either'; readonly branches: readonly ExpressionNode[] }
  | { readonly kind: 'group'; readonly node: ExpressionNode; readonly index: number }
  | {
      readonly kind: 'repeat'
      readonly node: ExpressionNode
      readonly min: number
      readonly max: number
      readonly isGreedy: boolean
    }

/** One code point that passes. */
export interface CharacterNode {
  readonly kind: 'character'
  readonly passes: (codePoint: number) => boolean
}

export type ExpressionPlace =
  | 'line-start'
  | 'line-end'
  | 'start'
  | 'end'
  | 'word-edge'
  | 'word-inside'

export type ExpressionInstruction =
  | CharacterNode
  | { readonly kind: 'place'; readonly place: ExpressionPlace }
  | { readonly kind: 'save'; readonly slot: number }
  /** Go on at both, the first preferred. */
  | Fork
  | { readonly kind: 'matched' }

interface Fork {
  readonly kind: 'fork'
  first: number
  second: number
}

export interface ExpressionLimit {
  /** Of a program; about so many, since what is repeated is looked at as a whole. */
  readonly instructionsMax: number
  /** What the `SyntaxError` says of one that is longer. */
  readonly message: string
}

/** Puts what a tree says behind a program. A group saves its places in the slots `index * 2` and the next. */
export function emitExpression(
  node: ExpressionNode,
  program: ExpressionInstruction[],
  limit: ExpressionLimit,
): void {
  if (program.length > limit.instructionsMax) throw new SyntaxError(limit.message)
  switch (node.kind) {
    case 'character':
    case 'place':
      program.push(node)
      return
    case 'group':
      program.push({ kind: 'save', slot: node.index * 2 })
      emitExpression(node.node, program, limit)
      program.push({ kind: 'save', slot: node.index * 2 + 1 })
      return
    case 'list':
      for (const one of node.nodes) emitExpression(one, program, limit)
      return
    case 'either':
      emitEither(node.branches, program, limit)
      return
    case 'repeat':
      emitRepeat(node, program, limit)
      return
    default:
      assertNever(node)
  }
}

function emitEither(
  branches: readonly ExpressionNode[],
  program: ExpressionInstruction[],
  limit: ExpressionLimit,
): void {
  const jumps = []
  for (const [index, branch] of branches.entries()) {
    const isLast = index === branches.length - 1
    const fork = isLast ? undefined : pushFork(program)
    emitExpression(branch, program, limit)
    if (fork === undefined) continue
    jumps.push(pushFork(program))
    fork.second = program.length
  }
  for (const jump of jumps) {
    jump.first = program.length
    jump.second = program.length
  }
}

function emitRepeat(
  { node, min, max, isGreedy }: Extract<ExpressionNode, { kind: 'repeat' }>,
  program: ExpressionInstruction[],
  limit: ExpressionLimit,
): void {
  for (let count = 0; count < min; count += 1) emitExpression(node, program, limit)
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
    emitExpression(node, program, limit)
    const back = pushFork(program)
    back.first = start
    back.second = start
    leave(fork)
    return
  }
  const forks = []
  for (let count = min; count < max; count += 1) {
    forks.push(pushFork(program))
    emitExpression(node, program, limit)
  }
  for (const fork of forks) leave(fork)
}

/** A fork whose first way is what follows it; the second is told later. */
function pushFork(program: ExpressionInstruction[]): Fork {
  const fork: Fork = { kind: 'fork', first: program.length + 1, second: program.length + 1 }
  program.push(fork)
  return fork
}

/** Code points whose test is remembered. */
const KNOWN_MAX = 0x500

/** What a single character must be is left to the platform: an expression for the whole of it. */
export function characterNode(expression: RegExp): CharacterNode {
  const known = new Map<number, boolean>()
  return {
    kind: 'character',
    passes(codePoint) {
      const before = known.get(codePoint)
      if (before !== undefined) return before
      const passes = expression.test(String.fromCodePoint(codePoint))
      if (codePoint < KNOWN_MAX) known.set(codePoint, passes)
      return passes
    },
  }
}

/** `at` is the index of a UTF-16 unit, up to the length of the text. */
export function isPlace(place: ExpressionPlace, text: string, at: number): boolean {
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
