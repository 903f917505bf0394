// Which regular expressions of users may run on events of others. An expression that repeats what itself can
// repeat or choose takes exponential time on the wrong text, and one that looks back never runs in linear time;
// both are refused when the schema is registered.

import { PATTERN_LENGTH_MAX } from './limits.ts'

/** Why a `pattern` is refused; undefined when it may run. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return `expected at most ${PATTERN_LENGTH_MAX} characters, got \`${pattern.length}\``
  }
  if (!isExpression(pattern)) return `expected a regular expression, got \`${pattern}\``
  if (/\\[1-9]|\\k</.test(pattern)) return `\`${pattern}\` refers back to what it matched`
  return hasNestedRepeat(pattern)
    ? `\`${pattern}\` repeats a group that repeats or chooses, which can take exponential time`
    : undefined
}

function isExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

interface Group {
  /** It holds an open-ended repetition or alternatives. */
  isVariable: boolean
}

/** Whether a group that holds a repetition or alternatives is itself repeated without end. */
function hasNestedRepeat(pattern: string): boolean {
  const open: Group[] = [{ isVariable: false }]
  let ended: Group | undefined
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]!
    const before = ended
    ended = undefined
    if (character === '\\') at += 1
    else if (character === '[') at = endOfClass(pattern, at)
    else if (character === '(') open.push({ isVariable: false })
    else if (character === ')') ended = open.pop() ?? { isVariable: false }
    else if (character === '|') open.at(-1)!.isVariable = true
    else {
      const repeat = repetitionAt(pattern, at)
      if (repeat === undefined) continue
      if (before?.isVariable === true && repeat.isEndless) return true
      if (repeat.isEndless) open.at(-1)!.isVariable = true
      at += repeat.length - 1
    }
    if (ended?.isVariable === true && open.length > 0) open.at(-1)!.isVariable = true
  }
  return false
}

/** More repetitions than this are as good as endless. */
const REPEATS_MAX = 20

function repetitionAt(
  pattern: string,
  at: number,
): { readonly isEndless: boolean; readonly length: number } | undefined {
  const [text, counts] = /^(?:[*+?]|\{(\d+(?:,\d*)?)\})/.exec(pattern.slice(at, at + 24)) ?? []
  if (text === undefined) return undefined
  if (text === '?') return { isEndless: false, length: 1 }
  if (counts === undefined) return { isEndless: true, length: 1 }
  const [from, to] = counts.split(',')
  const most = to === undefined ? Number(from) : to === '' ? Infinity : Number(to)
  return { isEndless: most > REPEATS_MAX, length: text.length }
}

function endOfClass(pattern: string, start: number): number {
  let at = start + 1
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1
  return at
}
