// An explanation as people read it: one line that says how near the event came, or the pattern as a tree with a tick
// or a cross at every field.

import type { ExplainedEventView, ExplainedRuleView, ExplanationView } from '../client/index.ts'
import { escapeControls, type Paint } from './style.ts'

type Node = ExplanationView['tree'][number]
type Leaf = Node & { readonly kind: 'leaf' }
type Verdict = Leaf['verdict']

const INDENT = '  '

/** `✔ name  3 of 3 fields`, with what is first in the way of a match. */
export function formatSummary(paint: Paint, name: string, explanation: ExplanationView): string {
  const { matches, leavesSatisfied, leaves, misses } = explanation
  const head = `${mark(paint, matches)} ${escapeControls(name)}`
  const share = paint('dim', `${leavesSatisfied} of ${leaves} fields`)
  const [first, ...others] = misses
  if (first === undefined) return `${head}  ${share}`
  const rest = others.length === 0 ? '' : paint('dim', ` and ${others.length} more`)
  return `${head}  ${share}  ${formatMiss(first)}${rest}`
}

export function formatMiss({ path, expected, found }: ExplanationView['misses'][number]): string {
  return `${escapeControls(path)}: expected ${escapeControls(expected)}, found ${escapeControls(found)}`
}

/** Why a rule that matches still delivers nothing; empty when it does. */
export function formatCaveat(paint: Paint, rule: ExplainedRuleView | undefined): string {
  if (rule === undefined) return ''
  if (rule.isPassedOver === true) return paint('yellow', '  the event was directed at other rules')
  if (rule.isOutOfRange === true) return paint('yellow', '  asks for other schema versions')
  if (rule.state === 'DISABLED') return paint('yellow', '  disabled')
  if (rule.targets === 0) return paint('yellow', '  no targets')
  if (rule.targetsDisabled === 0) return ''
  return paint('yellow', `  ${rule.targetsDisabled} of ${rule.targets} targets disabled`)
}

/** Why the rule that is asked about never saw an event that its pattern may match; empty when it did. */
export function formatUnseen(paint: Paint, event: ExplainedEventView): string {
  if (event.isPassedOver === true) return paint('yellow', '  directed at other rules')
  return event.isOutOfRange === true ? paint('yellow', '  has no such schema version') : ''
}

/** The lines of the tree. */
export function formatTree(paint: Paint, tree: ExplanationView['tree']): readonly string[] {
  return tree.flatMap((node) => formatNode(paint, node, INDENT))
}

function formatNode(paint: Paint, node: Node, indent: string): readonly string[] {
  switch (node.kind) {
    case 'leaf':
      return [formatLeaf(paint, node, indent)]
    case 'object':
      return [
        `${indent}${mark(paint, node.isSatisfied)} ${escapeControls(node.key)}`,
        ...node.members.flatMap((member) => formatNode(paint, member, indent + INDENT)),
      ]
    case 'or':
      return [
        `${indent}${mark(paint, node.isSatisfied)} $or ${paint('dim', 'one of these is enough')}`,
        ...node.options.flatMap((option, index) => [
          `${indent}${INDENT}${mark(paint, option.isSatisfied)} ${formatOption(paint, index, option)}`,
          ...option.members.flatMap((member) =>
            formatNode(paint, member, indent + INDENT.repeat(2)),
          ),
        ]),
      ]
  }
}

function formatOption(
  paint: Paint,
  index: number,
  { isNearest, isSatisfied }: { readonly isNearest: boolean; readonly isSatisfied: boolean },
): string {
  const name = `option ${index + 1}`
  return isNearest && !isSatisfied ? `${name} ${paint('dim', 'nearest')}` : name
}

const SIGNS: Readonly<Record<Verdict, readonly ['green' | 'red' | 'yellow' | 'dim', string]>> = {
  satisfied: ['green', '✔'],
  missed: ['red', '✘'],
  apart: ['yellow', '≠'],
  hidden: ['dim', '·'],
}

function formatLeaf(paint: Paint, leaf: Leaf, indent: string): string {
  const head = `${indent}${paint(...SIGNS[leaf.verdict])} ${escapeControls(leaf.key)}`
  const found = escapeControls(leaf.found ?? '')
  const expected = escapeControls(leaf.expected)
  if (leaf.verdict === 'satisfied') {
    return `${head}  ${paint('dim', found === expected ? found : `${found} fits ${expected}`)}`
  }
  if (leaf.verdict === 'hidden')
    return `${head}  ${paint('dim', 'a later field stands in its place')}`
  return `${head}  expected ${expected}, found ${found}`
}

function mark(paint: Paint, isSatisfied: boolean): string {
  return isSatisfied ? paint('green', '✔') : paint('red', '✘')
}
