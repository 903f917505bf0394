// One rule held against an event: how near it came, and its pattern as a tree of verdicts.

import { type ReactElement, useState } from 'react'
import type { ExplainedItem, ExplainedNode } from './views.ts'

interface Properties {
  readonly item: ExplainedItem
  /** Whether the tree is shown at first. */
  readonly isOpen: boolean
}

export function ExplainedRule({ item, isOpen: isOpenFirst }: Properties): ReactElement {
  const [isOpen, setIsOpen] = useState(isOpenFirst)
  const { rule, matches, nearness, leavesSatisfied, leaves, misses } = item
  const [first] = misses
  return (
    <li className={isOpen ? 'row row-open' : 'row'}>
      <button
        type="button"
        className="row-head explained-head"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Mark verdict={matches ? 'satisfied' : 'missed'} />
        <span className="row-type">{rule.name}</span>
        <meter value={nearness} title={`${leavesSatisfied} of ${leaves} fields`} />
        <span className="row-payload">
          {first === undefined
            ? caveatOf(item)
            : `${first.path}: expected ${first.expected}, found ${first.found}`}
        </span>
      </button>
      {isOpen && <Tree nodes={item.tree} />}
    </li>
  )
}

/** Why a rule that matches still delivers nothing. */
function caveatOf({ rule }: ExplainedItem): string {
  if (rule.isPassedOver === true) return 'matches, but the event was directed at other rules'
  if (rule.isOutOfRange === true) return 'matches, but asks for other schema versions'
  if (rule.state === 'DISABLED') return 'matches, but is disabled'
  if (rule.targets === 0) return 'matches, but has no targets'
  if (rule.targetsDisabled === 0) return 'matches'
  return `matches, but ${rule.targetsDisabled} of ${rule.targets} targets are disabled`
}

function Tree({ nodes }: { readonly nodes: readonly ExplainedNode[] }): ReactElement {
  return (
    <ul className="tree">
      {nodes.map((node, index) => (
        // The tree never changes, so a place in it is a name; keys may come twice.
        <Branch key={index} node={node} />
      ))}
    </ul>
  )
}

function Branch({ node }: { readonly node: ExplainedNode }): ReactElement {
  switch (node.kind) {
    case 'leaf':
      return (
        <li className={`leaf leaf-${node.verdict}`}>
          <Mark verdict={node.verdict} /> <strong>{node.key}</strong> {leafText(node)}
        </li>
      )
    case 'object':
      return (
        <li>
          <Mark verdict={node.isSatisfied ? 'satisfied' : 'missed'} /> <strong>{node.key}</strong>
          <Tree nodes={node.members} />
        </li>
      )
    case 'or':
      return (
        <li>
          <Mark verdict={node.isSatisfied ? 'satisfied' : 'missed'} /> <strong>$or</strong>{' '}
          <span className="quiet">one of these is enough</span>
          <ul className="tree">
            {node.options.map((option, index) => (
              <li key={index}>
                <Mark verdict={option.isSatisfied ? 'satisfied' : 'missed'} /> option {index + 1}{' '}
                {option.isNearest && !option.isSatisfied && <span className="quiet">nearest</span>}
                <Tree nodes={option.members} />
              </li>
            ))}
          </ul>
        </li>
      )
  }
}

type Leaf = ExplainedNode & { readonly kind: 'leaf' }

function leafText({ verdict, expected, found }: Leaf): string {
  if (verdict === 'hidden') return 'a later field stands in its place'
  if (verdict === 'satisfied') return found === expected ? expected : `${found} fits ${expected}`
  return `expected ${expected}, found ${found}`
}

const SIGNS = { satisfied: '✔', missed: '✘', apart: '≠', hidden: '·' } as const
const NAMES = {
  satisfied: 'satisfied',
  missed: 'missed',
  apart: 'in another array element',
  hidden: 'hidden',
} as const

function Mark({ verdict }: { readonly verdict: Leaf['verdict'] }): ReactElement {
  return (
    <span className={`mark mark-${verdict}`} role="img" aria-label={NAMES[verdict]}>
      {SIGNS[verdict]}
    </span>
  )
}
