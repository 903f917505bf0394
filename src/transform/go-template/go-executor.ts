// Walks a tree with a value and makes the text. What Go decides by types is decided by the declared types of the
// functions' parameters here; whatever is wrong is said in the words of `text/template`, with the place.

import { AppError, assertNever } from '../../base/index.ts'
import { formatValue, quoteText } from './go-format.ts'
import {
  checkArgument,
  constantFor,
  idealConstant,
  type GoFunction,
  type ParameterType,
} from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { GoInt, GoList, GoMap, GoStruct, isTrue, typeOf, type GoValue } from './go-value.ts'
import { CALL_DEPTH_MAX } from './limits.ts'
import {
  formatNode,
  type AnyNode,
  type BranchNode,
  type CommandNode,
  type OperandNode,
  type PipeNode,
  type TemplateNode,
} from './nodes.ts'
import type { TemplateTrees } from './parser.ts'
import { GrowingText, type Work } from './work.ts'

/** A value and whether its static type is an interface, which only errors tell. */
interface Slot {
  readonly value: GoValue
  readonly isBoxed: boolean
}

interface Variable {
  readonly name: string
  slot: Slot
}

/** Where a walk of a list ended. */
type Ended = 'done' | 'break' | 'continue'

/** The command has no value from the one before. */
const NOTHING = Symbol('nothing')
type Final = GoValue | typeof NOTHING

export interface ExecuteOptions {
  readonly trees: TemplateTrees
  readonly functions: ReadonlyMap<string, GoFunction>
  /** Whether a name that a map lacks is an error. */
  readonly isMissingKeyError: boolean
  readonly work: Work
}

export function executeTemplate(options: ExecuteOptions, data: GoValue): string {
  const out = new GrowingText(options.work)
  const root = options.trees.trees.get(options.trees.name) ?? []
  new Execution(options, { name: options.trees.name, out, depth: 0 }).run(data, root)
  return out.toString()
}

class Execution {
  readonly #options: ExecuteOptions
  readonly #frame: { readonly name: string; readonly out: GrowingText; readonly depth: number }
  #variables: Variable[] = []
  #node: AnyNode = { kind: 'dot', at: 0 }

  constructor(
    options: ExecuteOptions,
    frame: { readonly name: string; readonly out: GrowingText; readonly depth: number },
  ) {
    this.#options = options
    this.#frame = frame
  }

  run(data: GoValue, list: readonly TemplateNode[]): void {
    const slot = { value: data, isBoxed: false }
    this.#variables = [{ name: '$', slot }]
    this.#walkList(slot, list)
  }

  #walkList(dot: Slot, list: readonly TemplateNode[]): Ended {
    for (const node of list) {
      const ended = this.#walk(dot, node)
      if (ended !== 'done') return ended
    }
    return 'done'
  }

  #walk(dot: Slot, node: TemplateNode): Ended {
    this.#options.work.spend(1)
    this.#at(node)
    switch (node.kind) {
      case 'text':
        this.#frame.out.write(node.text)
        return 'done'
      case 'action': {
        const value = this.#evaluatePipe(dot, node.pipe)
        if (node.pipe.variables.length === 0) this.#print(node, value)
        return 'done'
      }
      case 'break':
      case 'continue':
        return node.kind
      case 'template':
        this.#walkTemplate(dot, node)
        return 'done'
      case 'range':
        return this.#walkRange(dot, node)
      case 'if':
      case 'with':
        return this.#walkBranch(dot, node)
      default:
        return assertNever(node)
    }
  }

  #print(node: AnyNode, value: GoValue): void {
    this.#at(node)
    const isNothing = value === undefined || value === null
    this.#frame.out.write(isNothing ? '<no value>' : formatValue(value, this.#options.work))
  }

  #walkBranch(dot: Slot, node: BranchNode): Ended {
    const known = this.#variables.length
    const value = this.#evaluatePipe(dot, node.pipe)
    const inner = node.kind === 'with' ? { value, isBoxed: false } : dot
    const ended = isTrue(value)
      ? this.#walkList(inner, node.list)
      : this.#walkList(dot, node.otherwise ?? [])
    this.#variables.length = known
    return ended
  }

  #walkRange(dot: Slot, node: BranchNode): Ended {
    const known = this.#variables.length
    const value = this.#evaluatePipe(dot, node.pipe)
    let count = 0
    for (const [index, element] of this.#elementsOf(value, node)) {
      count += 1
      this.#options.work.spend(1)
      const inner = this.#variables.length
      const slot = { value: element, isBoxed: !(value instanceof GoInt) }
      this.#setRange(node.pipe, index, slot)
      const ended = this.#walkList(slot, node.list)
      this.#variables.length = inner
      if (ended === 'break') break
    }
    const ended = count === 0 ? this.#walkList(dot, node.otherwise ?? []) : 'done'
    this.#variables.length = known
    return ended
  }

  #setRange({ variables, isAssign }: PipeNode, index: GoValue, element: Slot): void {
    const [first, second] = variables
    if (first === undefined) return
    const indexSlot = { value: index, isBoxed: false }
    const pairs: (readonly [string, Slot, number])[] =
      second === undefined
        ? [[first, element, 1]]
        : [
            [first, indexSlot, 2],
            [second, element, 1],
          ]
    for (const [name, slot, top] of pairs) {
      if (isAssign) this.#assign(name, slot)
      else this.#variables[this.#variables.length - top]!.slot = slot
    }
  }

  *#elementsOf(value: GoValue, node: BranchNode): Generator<readonly [GoValue, GoValue]> {
    if (value === undefined || value === null) return
    if (value instanceof GoList) {
      for (const [index, item] of value.items.entries()) yield [new GoInt(index), item]
    } else if (value instanceof GoMap) {
      for (const [name, item] of value.sorted()) yield [name, item]
    } else if (value instanceof GoInt) {
      if (node.pipe.variables.length > 1) {
        this.#fail(`can't use ${value.value} to iterate over more than one variable`)
      }
      for (let index = 0n; index < value.value; index += 1n) {
        yield [undefined, new GoInt(index, value.type)]
      }
    } else this.#fail(`range can't iterate over ${formatValue(value, this.#options.work)}`)
  }

  #walkTemplate(dot: Slot, node: Extract<TemplateNode, { kind: 'template' }>): void {
    const list = this.#options.trees.trees.get(node.name)
    if (list === undefined) this.#fail(`template ${quoteText(node.name)} not defined`)
    const depth = this.#frame.depth + 1
    if (depth > CALL_DEPTH_MAX) this.#fail(`exceeded maximum template depth (${CALL_DEPTH_MAX})`)
    const value = node.pipe === undefined ? undefined : this.#evaluatePipe(dot, node.pipe)
    new Execution(this.#options, { name: node.name, out: this.#frame.out, depth }).run(value, list)
  }

  #evaluatePipe(dot: Slot, pipe: PipeNode): GoValue {
    this.#at(pipe)
    let value: Final = NOTHING
    // A nil at the end of a command is no value any more.
    for (const command of pipe.commands)
      value = this.#evaluateCommand(dot, command, value) ?? undefined
    const result = value === NOTHING ? undefined : value
    for (const name of pipe.variables) {
      const slot = { value: result, isBoxed: false }
      if (pipe.isAssign) this.#assign(name, slot)
      else this.#variables.push({ name, slot })
    }
    return result
  }

  #evaluateCommand(dot: Slot, command: CommandNode, final: Final): GoValue {
    this.#options.work.spend(1)
    const first = command.operands[0]!
    switch (first.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.#evaluateNames(dot, first, command.operands.length > 1 || final !== NOTHING)
      case 'identifier':
        return this.#call(
          dot,
          { name: first.name, node: command, word: first },
          command.operands,
          final,
        )
      case 'pipe':
        this.#refuseArguments(command, final)
        return this.#evaluatePipe(dot, first)
      case 'bool':
      case 'dot':
      case 'nil':
      case 'number':
      case 'string':
        this.#at(first)
        this.#refuseArguments(command, final)
        if (first.kind === 'nil') this.#fail('nil is not a command')
        return this.#constant(dot, first)
      default:
        return assertNever(first)
    }
  }

  #refuseArguments({ operands }: CommandNode, final: Final): void {
    if (operands.length > 1 || final !== NOTHING) {
      this.#fail(`can't give argument to non-function ${formatNode(operands[0]!)}`)
    }
  }

  #constant(dot: Slot, node: OperandNode): GoValue {
    if (node.kind === 'bool') return node.value
    if (node.kind === 'string') return node.text
    if (node.kind === 'number') {
      this.#at(node)
      return idealConstant(node) ?? this.#fail(`${node.source} overflows int`)
    }
    return dot.value
  }

  /** `.a.b`, `$x.a.b` and `(pipe).a.b`; only the last may have arguments, and then is refused. */
  #evaluateNames(
    dot: Slot,
    node: Extract<OperandNode, { kind: 'field' | 'chain' | 'variable' }>,
    hasArguments: boolean,
  ): GoValue {
    this.#at(node)
    let slot = dot
    let names = node.names
    if (node.kind === 'chain') {
      if (node.node.kind === 'nil')
        this.#fail(`indirection through explicit nil in ${formatNode(node)}`)
      slot = { value: this.#argument(dot, node.node, 'any'), isBoxed: false }
    } else if (node.kind === 'variable') {
      slot = this.#variable(names[0]!).slot
      names = names.slice(1)
      if (names.length === 0 && hasArguments) {
        this.#fail(`can't give argument to non-function ${formatNode(node)}`)
      }
    }
    for (const [index, name] of names.entries()) {
      const value = this.#field(slot, name, hasArguments && index === names.length - 1)
      slot = { value, isBoxed: true }
    }
    return slot.value
  }

  #field({ value, isBoxed }: Slot, name: string, hasArguments: boolean): GoValue {
    if (value === undefined) {
      if (this.#options.isMissingKeyError)
        this.#fail(`nil data; no entry for key ${quoteText(name)}`)
      return undefined
    }
    if (value === null) this.#fail(`nil pointer evaluating interface {}.${name}`)
    if (value instanceof GoMap) {
      if (hasArguments) this.#fail(`${name} is not a method but has arguments`)
      if (value.entries.has(name)) return value.entries.get(name)
      if (this.#options.isMissingKeyError) this.#fail(`map has no entry for key ${quoteText(name)}`)
      return undefined
    }
    const field =
      value instanceof GoStruct ? value.fields.find((one) => one.name === name) : undefined
    if (field === undefined) {
      this.#fail(`can't evaluate field ${name} in type ${isBoxed ? 'interface {}' : typeOf(value)}`)
    }
    if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`)
    return field.value
  }

  #call(
    dot: Slot,
    { name, node, word }: { name: string; node: AnyNode; word: AnyNode },
    operands: readonly OperandNode[],
    final: Final,
  ): GoValue {
    this.#at(word)
    const known = this.#options.functions.get(name)
    if (known === undefined) this.#fail(`${quoteText(name)} is not a defined function`)
    const given = operands.slice(1)
    this.#checkCount(name, known, given.length, final !== NOTHING)
    if (name === 'and' || name === 'or') return this.#decide(dot, name === 'or', given, final)
    const { parameters, rest } = known
    const values = given.map((operand, index) =>
      this.#argument(dot, operand, parameters[index] ?? rest ?? 'any'),
    )
    if (final !== NOTHING) {
      values.push(this.#check(final, parameters[given.length] ?? rest ?? 'any'))
    }
    return this.#run(name, known, values, node)
  }

  #run(name: string, known: GoFunction, values: GoValue[], node: AnyNode): GoValue {
    try {
      const result = known.call(values, this.#options.work)
      if (typeof result === 'string') this.#options.work.spendText(result.length)
      return result
    } catch (error) {
      if (!(error instanceof GoFault)) throw error
      this.#at(node)
      return this.#fail(`error calling ${name}: ${error.message}`)
    }
  }

  #checkCount(
    name: string,
    { parameters, rest }: GoFunction,
    given: number,
    hasFinal: boolean,
  ): void {
    const count = given + (hasFinal ? 1 : 0)
    const wanted = parameters.length
    if (rest === undefined && count !== wanted) {
      this.#fail(`wrong number of args for ${name}: want ${wanted} got ${count}`)
    }
    if (rest !== undefined && count < wanted) {
      this.#fail(`wrong number of args for ${name}: want at least ${wanted} got ${given}`)
    }
  }

  /** `and` and `or` look at no more of their arguments than they must. */
  #decide(dot: Slot, stopsAt: boolean, given: readonly OperandNode[], final: Final): GoValue {
    let value: GoValue
    for (const operand of given) {
      value = this.#argument(dot, operand, 'any')
      if (isTrue(value) === stopsAt) return value
    }
    return final === NOTHING ? value : final
  }

  #argument(dot: Slot, node: OperandNode, type: ParameterType): GoValue {
    this.#at(node)
    switch (node.kind) {
      case 'dot':
        return this.#check(dot.value, type)
      case 'nil':
        if (type === 'any' || type === 'map') return null
        return this.#fail(`cannot assign nil to ${typeName(type)}`)
      case 'field':
      case 'variable':
      case 'chain':
        return this.#check(this.#evaluateNames(dot, node, false), type)
      case 'pipe':
        return this.#check(this.#evaluatePipe(dot, node), type)
      case 'identifier': {
        const value = this.#call(dot, { name: node.name, node, word: node }, [], NOTHING)
        return this.#check(value, type)
      }
      case 'bool':
      case 'number':
      case 'string': {
        if (type === 'any') return this.#constant(dot, node)
        const value = constantFor(node, type)
        return typeof value === 'object' && value !== null && 'fault' in value
          ? this.#fail(value.fault)
          : value
      }
      default:
        return assertNever(node)
    }
  }

  #check(value: GoValue, type: ParameterType): GoValue {
    const fault = checkArgument(value, type)
    return fault === undefined ? value : this.#fail(fault)
  }

  #variable(name: string): Variable {
    return (
      this.#variables.findLast((variable) => variable.name === name) ??
      this.#fail(`undefined variable: ${name}`)
    )
  }

  #assign(name: string, slot: Slot): void {
    this.#variable(name).slot = slot
  }

  #at(node: AnyNode): void {
    this.#node = node
  }

  #fail(message: string): never {
    const { name, text } = this.#options.trees
    const before = text.slice(0, this.#node.at)
    const line = before.split('\n').length
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1))
    const where = `${name}:${line}:${column}`
    const executing = `executing ${quoteText(this.#frame.name)} at <${formatNode(this.#node)}>`
    throw new AppError('TEMPLATE_INVALID', `template: ${where}: ${executing}: ${message}`)
  }
}

function typeName(type: ParameterType): string {
  return type === 'time' ? 'time.Time' : type
}
