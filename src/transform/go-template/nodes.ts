// The tree of a template, and how a node is written in an error.

import { assertNever } from '../../base/index.ts'

export type TemplateNode =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipe: PipeNode }
  | { readonly kind: 'break'; readonly at: number }
  | { readonly kind: 'continue'; readonly at: number }
  | BranchNode
  | {
      readonly kind: 'template'
      readonly at: number
      readonly name: string
      readonly pipe: PipeNode | undefined
    }

export interface BranchNode {
  readonly kind: 'if' | 'range' | 'with'
  readonly at: number
  readonly pipe: PipeNode
  readonly list: readonly TemplateNode[]
  readonly otherwise: readonly TemplateNode[] | undefined
}

export interface PipeNode {
  readonly kind: 'pipe'
  readonly at: number
  readonly isAssign: boolean
  readonly variables: readonly string[]
  readonly commands: readonly CommandNode[]
}

export interface CommandNode {
  readonly kind: 'command'
  readonly at: number
  readonly operands: readonly OperandNode[]
}

export type OperandNode =
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'dot'; readonly at: number }
  | { readonly kind: 'nil'; readonly at: number }
  | NumberNode
  | { readonly kind: 'string'; readonly at: number; readonly source: string; readonly text: string }
  | { readonly kind: 'field'; readonly at: number; readonly names: readonly string[] }
  | {
      readonly kind: 'variable'
      readonly at: number
      /** The first with its dollar. */
      readonly names: readonly string[]
    }
  | { readonly kind: 'identifier'; readonly at: number; readonly name: string }
  | {
      readonly kind: 'chain'
      readonly at: number
      readonly node: OperandNode
      readonly names: readonly string[]
    }
  | PipeNode

/** A number that may stand for several types; which, the place decides where it is used. */
export interface NumberNode {
  readonly kind: 'number'
  readonly at: number
  readonly source: string
  /** Set when it is a whole number. */
  readonly int: bigint | undefined
  readonly float: number | undefined
}

export type AnyNode = TemplateNode | OperandNode | CommandNode

/** As `text/template` writes it between `<` and `>`. */
export function formatNode(node: AnyNode): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'action':
      return `{{${formatNode(node.pipe)}}}`
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`
    case 'if':
    case 'range':
    case 'with':
      return `{{${node.kind} ${formatNode(node.pipe)}}}`
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? '' : ` ${formatNode(node.pipe)}`}}}`
    case 'pipe':
      return formatPipe(node)
    case 'command':
      return node.operands.map(formatOperand).join(' ')
    case 'bool':
      return String(node.value)
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'number':
    case 'string':
      return node.source
    case 'field':
      return node.names.map((name) => `.${name}`).join('')
    case 'variable':
      return node.names.join('.')
    case 'identifier':
      return node.name
    case 'chain':
      return formatOperand(node.node) + node.names.map((name) => `.${name}`).join('')
    default:
      return assertNever(node)
  }
}

function formatOperand(node: OperandNode): string {
  return node.kind === 'pipe' ? `(${formatNode(node)})` : formatNode(node)
}

function formatPipe(pipe: PipeNode): string {
  const commands = pipe.commands.map(formatNode).join(' | ')
  if (pipe.variables.length === 0) return commands
  return `${pipe.variables.join(', ')} ${pipe.isAssign ? '=' : ':='} ${commands}`
}
