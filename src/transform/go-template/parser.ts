// Tokens to trees: one for the text itself and one for each `define` and `block` in it.
//
//   list     = ( text | "{{" action "}}" )*
//   action   = pipeline | if | range | with | template | block | define | break | continue
//   pipeline = [ variable [ "," variable ] ( ":=" | "=" ) ] command ( "|" command )*
//   command  = operand ( space operand )*

import { assertNever } from '../../base/index.ts'
import type { Token } from './lexer.ts'
import { NESTING_MAX } from './limits.ts'
import { characterCode, parseNumber, unquote } from './literals.ts'
import type { BranchNode, CommandNode, OperandNode, PipeNode, TemplateNode } from './nodes.ts'
import { TokenReader } from './token-reader.ts'

export interface TemplateTrees {
  readonly name: string
  readonly text: string
  /** By name, the text's own among them. */
  readonly trees: ReadonlyMap<string, readonly TemplateNode[]>
}

/** Throws `TEMPLATE_INVALID` with the message that Go gives. */
export function parseTemplate(
  name: string,
  text: string,
  isFunction: (name: string) => boolean,
): TemplateTrees {
  return new Parser(name, text, isFunction).parse()
}

type End =
  | { readonly kind: 'end' }
  | { readonly kind: 'else'; readonly follows: 'if' | 'with' | '' }

class Parser {
  readonly #name: string
  readonly #text: string
  readonly #isFunction: (name: string) => boolean
  readonly #tokens: TokenReader
  readonly #trees = new Map<string, readonly TemplateNode[]>()
  #variables: string[] = ['$']
  #rangeDepth = 0
  #depth = 0

  constructor(name: string, text: string, isFunction: (name: string) => boolean) {
    this.#name = name
    this.#text = text
    this.#isFunction = isFunction
    this.#tokens = new TokenReader(name, text)
  }

  parse(): TemplateTrees {
    const root: TemplateNode[] = []
    while (this.#tokens.peek().kind !== 'eof') {
      const node = this.#readTop()
      if (node !== undefined) root.push(node)
    }
    this.#add(this.#name, root)
    return { name: this.#name, text: this.#text, trees: this.#trees }
  }

  #readTop(): TemplateNode | undefined {
    if (this.#tokens.peek().kind === 'left-delimiter') {
      const delimiter = this.#tokens.next()
      const word = this.#tokens.nextNonSpace()
      if (isKeyword(word, 'define')) {
        this.#readDefinition()
        return undefined
      }
      this.#tokens.putBack(word)
      this.#tokens.putBack(delimiter)
    }
    const node = this.#readTextOrAction()
    if (isEnd(node)) this.#tokens.fail(`unexpected {{${node.kind}}}`)
    return node
  }

  #readDefinition(): void {
    const context = 'define clause'
    const name = this.#readTemplateName(this.#tokens.nextNonSpace(), context)
    this.#tokens.expect('right-delimiter', context)
    this.#add(name, this.#readBody(context))
  }

  /** A list of its own, in which only `$` is known. */
  #readBody(context: string): TemplateNode[] {
    const [variables, rangeDepth] = [this.#variables, this.#rangeDepth]
    this.#variables = ['$']
    this.#rangeDepth = 0
    const { list, end } = this.#readList()
    if (end.kind !== 'end') this.#tokens.fail(`unexpected {{else}} in ${context}`)
    this.#variables = variables
    this.#rangeDepth = rangeDepth
    return list
  }

  #add(name: string, list: readonly TemplateNode[]): void {
    const known = this.#trees.get(name)
    if (known === undefined || isEmpty(known)) this.#trees.set(name, list)
    else if (!isEmpty(list))
      this.#tokens.fail(`template: multiple definition of template ${quote(name)}`)
  }

  #readList(): { list: TemplateNode[]; end: End } {
    this.#depth += 1
    if (this.#depth > NESTING_MAX) this.#tokens.fail('max nesting depth exceeded')
    const list: TemplateNode[] = []
    while (this.#tokens.peekNonSpace().kind !== 'eof') {
      const node = this.#readTextOrAction()
      if (isEnd(node)) {
        this.#depth -= 1
        return { list, end: node }
      }
      list.push(node)
    }
    return this.#tokens.fail('unexpected EOF')
  }

  #readTextOrAction(): TemplateNode | End {
    const token = this.#tokens.nextNonSpace()
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text }
    if (token.kind !== 'left-delimiter') return this.#tokens.unexpected(token, 'input')
    this.#tokens.actionLine = token.line
    const node = this.#readAction()
    this.#tokens.actionLine = 0
    return node
  }

  #readAction(): TemplateNode | End {
    const token = this.#tokens.nextNonSpace()
    switch (token.kind === 'keyword' ? token.text : '') {
      case 'block':
        return this.#readBlock()
      case 'break':
      case 'continue':
        return this.#readJump(token)
      case 'else':
        return this.#readElse()
      case 'end':
        this.#tokens.expect('right-delimiter', 'end')
        return { kind: 'end' }
      case 'if':
      case 'range':
      case 'with':
        return this.#readBranch(token.text as BranchNode['kind'])
      case 'template':
        return this.#readTemplate()
      default:
        this.#tokens.putBack(token)
        return { kind: 'action', at: token.at, pipe: this.#readPipe('command', 'right-delimiter') }
    }
  }

  #readJump(token: Token): TemplateNode {
    const kind = token.text as 'break' | 'continue'
    this.#tokens.expect('right-delimiter', `{{${kind}}}`)
    if (this.#rangeDepth === 0) this.#tokens.fail(`{{${kind}}} outside {{range}}`)
    return { kind, at: token.at }
  }

  /** `else if` and `else with` leave their second word, whose `end` is the end of both. */
  #readElse(): End {
    const token = this.#tokens.peekNonSpace()
    if (isKeyword(token, 'if') || isKeyword(token, 'with')) {
      return { kind: 'else', follows: token.text as 'if' | 'with' }
    }
    this.#tokens.expect('right-delimiter', 'else')
    return { kind: 'else', follows: '' }
  }

  #readBranch(kind: BranchNode['kind']): BranchNode {
    const known = this.#variables.length
    const pipe = this.#readPipe(kind, 'right-delimiter')
    if (kind === 'range') this.#rangeDepth += 1
    const { list, end } = this.#readList()
    if (kind === 'range') this.#rangeDepth -= 1
    const otherwise = end.kind === 'end' ? undefined : this.#readOtherwise(kind, end.follows)
    this.#variables.length = known
    return { kind, at: pipe.at, pipe, list, otherwise }
  }

  #readOtherwise(kind: BranchNode['kind'], follows: 'if' | 'with' | ''): readonly TemplateNode[] {
    if (follows !== '' && kind === follows) {
      this.#tokens.nextNonSpace()
      this.#depth += 1
      if (this.#depth > NESTING_MAX) this.#tokens.fail('max nesting depth exceeded')
      const branch = this.#readBranch(follows)
      this.#depth -= 1
      return [branch]
    }
    const { list, end } = this.#readList()
    if (end.kind !== 'end') this.#tokens.fail('expected end; found {{else}}')
    return list
  }

  #readBlock(): TemplateNode {
    const token = this.#tokens.nextNonSpace()
    const name = this.#readTemplateName(token, 'block clause')
    const pipe = this.#readPipe('block clause', 'right-delimiter')
    this.#add(name, this.#readBody('block clause'))
    return { kind: 'template', at: token.at, name, pipe }
  }

  #readTemplate(): TemplateNode {
    const token = this.#tokens.nextNonSpace()
    const name = this.#readTemplateName(token, 'template clause')
    const next = this.#tokens.nextNonSpace()
    if (next.kind === 'right-delimiter')
      return { kind: 'template', at: token.at, name, pipe: undefined }
    this.#tokens.putBack(next)
    const pipe = this.#readPipe('template clause', 'right-delimiter')
    return { kind: 'template', at: token.at, name, pipe }
  }

  #readTemplateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw-string')
      this.#tokens.unexpected(token, context)
    return unquote(token.text) ?? this.#tokens.fail('invalid syntax')
  }

  #readPipe(context: string, end: 'right-delimiter' | 'right-paren'): PipeNode {
    const { at } = this.#tokens.peekNonSpace()
    const { variables, isAssign } = this.#readVariables(context)
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.#tokens.nextNonSpace()
      if (token.kind === end) break
      if (!STARTS_OPERAND.has(token.kind)) this.#tokens.unexpected(token, context)
      this.#tokens.putBack(token)
      commands.push(this.#readCommand())
    }
    if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`)
    for (const [index, { operands }] of commands.entries()) {
      if (index > 0 && /^(?:bool|dot|nil|number|string)$/.test(operands[0]!.kind)) {
        this.#tokens.fail(`non executable command in pipeline stage ${index + 1}`)
      }
    }
    return { kind: 'pipe', at, isAssign, variables, commands }
  }

  #readVariables(context: string): { variables: string[]; isAssign: boolean } {
    const variables: string[] = []
    for (;;) {
      const variable = this.#tokens.peekNonSpace()
      if (variable.kind !== 'variable') return { variables, isAssign: false }
      this.#tokens.next()
      const after = this.#tokens.peek()
      const next = this.#tokens.nextNonSpace()
      const isComma = next.kind === 'char' && next.text === ','
      if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
        // It is an argument; a space after it parts it from the next.
        this.#tokens.putBack(next)
        if (after.kind === 'space') this.#tokens.putBack(after)
        this.#tokens.putBack(variable)
        return { variables, isAssign: false }
      }
      variables.push(variable.text)
      this.#variables.push(variable.text)
      if (!isComma) return { variables, isAssign: next.kind === 'assign' }
      if (context !== 'range' || variables.length > 1) {
        this.#tokens.fail(`too many declarations in ${context}`)
      }
      if (!/^(?:variable|right-delimiter|right-paren)$/.test(this.#tokens.peekNonSpace().kind)) {
        this.#tokens.fail('range can only initialize variables')
      }
    }
  }

  #readCommand(): CommandNode {
    const { at } = this.#tokens.peekNonSpace()
    const operands: OperandNode[] = []
    for (;;) {
      this.#tokens.peekNonSpace()
      const operand = this.#readOperand()
      if (operand !== undefined) operands.push(operand)
      const token = this.#tokens.next()
      if (token.kind === 'space') continue
      if (token.kind === 'right-delimiter' || token.kind === 'right-paren')
        this.#tokens.putBack(token)
      else if (token.kind !== 'pipe') this.#tokens.unexpected(token, 'operand')
      break
    }
    if (operands.length === 0) this.#tokens.fail('empty command')
    return { kind: 'command', at, operands }
  }

  #readOperand(): OperandNode | undefined {
    const node = this.#readTerm()
    if (node === undefined || this.#tokens.peek().kind !== 'field') return node
    const { at } = this.#tokens.peek()
    const names: string[] = []
    while (this.#tokens.peek().kind === 'field') names.push(this.#tokens.next().text.slice(1))
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, at, names: [...node.names, ...names] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#tokens.fail(`unexpected . after term ${quote(describeTerm(node))}`)
      case 'chain':
      case 'identifier':
      case 'pipe':
        return { kind: 'chain', at, node, names }
      default:
        return assertNever(node)
    }
  }

  #readTerm(): OperandNode | undefined {
    const token = this.#tokens.nextNonSpace()
    const { at, text } = token
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- every other kind begins no term
    switch (token.kind) {
      case 'identifier':
        if (!this.#isFunction(text)) this.#tokens.fail(`function ${quote(text)} not defined`)
        return { kind: 'identifier', at, name: text }
      case 'dot':
      case 'nil':
        return { kind: token.kind, at }
      case 'variable':
        if (!this.#variables.includes(text)) this.#tokens.fail(`undefined variable ${quote(text)}`)
        return { kind: 'variable', at, names: [text] }
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] }
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' }
      case 'char-constant':
      case 'complex':
      case 'number':
        return this.#readNumber(token)
      case 'left-paren':
        return this.#readParentheses()
      case 'string':
      case 'raw-string':
        return {
          kind: 'string',
          at,
          source: text,
          text: unquote(text) ?? this.#tokens.fail('invalid syntax'),
        }
      default:
        this.#tokens.putBack(token)
        return undefined
    }
  }

  #readParentheses(): OperandNode {
    this.#depth += 1
    if (this.#depth > NESTING_MAX) this.#tokens.fail('max expression depth exceeded')
    const pipe = this.#readPipe('parenthesized pipeline', 'right-paren')
    this.#depth -= 1
    return pipe
  }

  #readNumber({ kind, at, text }: Token): OperandNode {
    if (kind === 'complex' || text.endsWith('i'))
      this.#tokens.fail('complex numbers are not supported')
    if (kind === 'char-constant') {
      const code = characterCode(text) ?? this.#tokens.fail(`malformed character constant: ${text}`)
      return { kind: 'number', at, source: text, int: BigInt(code), float: code }
    }
    const number = parseNumber(text)
    if (number === undefined) {
      const isWhole = !/[.eEpP]/.test(text)
      this.#tokens.fail(
        isWhole && /^[+-]?\d+$/.test(text)
          ? `integer overflow: ${quote(text)}`
          : `illegal number syntax: ${quote(text)}`,
      )
    }
    return { kind: 'number', at, source: text, int: number.int, float: number.float }
  }
}

const STARTS_OPERAND: ReadonlySet<Token['kind']> = new Set<Token['kind']>([
  'bool',
  'char-constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'left-paren',
  'nil',
  'number',
  'raw-string',
  'string',
  'variable',
])

function isKeyword(token: Token, word: string): boolean {
  return token.kind === 'keyword' && token.text === word
}

function isEnd(node: TemplateNode | End): node is End {
  return node.kind === 'end' || node.kind === 'else'
}

/** Nothing but white space. */
function isEmpty(list: readonly TemplateNode[]): boolean {
  return list.every((node) => node.kind === 'text' && node.text.trim() === '')
}

function describeTerm(node: OperandNode): string {
  if (node.kind === 'dot') return '.'
  if (node.kind === 'number' || node.kind === 'string') return node.source
  return node.kind === 'bool' ? String(node.value) : node.kind
}

function quote(text: string): string {
  return JSON.stringify(text)
}
