// The tokens of a text one after another, of which some may be put back; what does not belong is refused in the words
// of `text/template`, with the line of the token that was read last.

import { parseFault } from './go-template-error.ts'
import { Lexer, type Token } from './lexer.ts'
import { runes } from './runes.ts'

export class TokenReader {
  readonly #name: string
  readonly #lexer: Lexer
  /** Tokens that were put back, the next one last. */
  readonly #waiting: Token[] = []
  #last: Token = { kind: 'eof', text: '', at: 0, line: 1 }
  /** Where the action that is read began; 0 outside of one. */
  actionLine = 0

  constructor(name: string, text: string) {
    this.#name = name
    this.#lexer = new Lexer(text)
  }

  next(): Token {
    this.#last = this.#waiting.pop() ?? this.#lexer.next()
    return this.#last
  }

  putBack(token: Token): void {
    this.#waiting.push(token)
  }

  peek(): Token {
    const token = this.next()
    this.putBack(token)
    return token
  }

  nextNonSpace(): Token {
    let token = this.next()
    while (token.kind === 'space') token = this.next()
    return token
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace()
    this.putBack(token)
    return token
  }

  expect(kind: Token['kind'], context: string): void {
    const token = this.nextNonSpace()
    if (token.kind !== kind) this.unexpected(token, context)
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${describeToken(token)} in ${context}`)
    const isElsewhere = this.actionLine !== 0 && this.actionLine !== token.line
    const where = ` started at ${this.#name}:${this.actionLine}`
    const inAction = token.text.endsWith(' action') ? where : ` in action${where}`
    return this.fail(`${token.text}${isElsewhere ? inAction : ''}`)
  }

  fail(message: string): never {
    throw parseFault(this.#name, this.#last.line, message)
  }
}

/** As the items of Go's lexer print themselves. */
function describeToken(token: Token): string {
  if (token.kind === 'eof') return 'EOF'
  if (/^(?:keyword|dot|nil)$/.test(token.kind)) return `<${token.text}>`
  const characters = runes(token.text)
  if (characters.length <= 10) return JSON.stringify(token.text)
  return `${JSON.stringify(characters.slice(0, 10).join(''))}...`
}
