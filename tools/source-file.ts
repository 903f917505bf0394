// Reads a TypeScript file just well enough to judge it: its tokens without comments, and everything it
// imports. No parser of the language is needed for that, so none is installed.
//
// Invariant: text inside comments, strings, templates and regular expressions is never taken for code.
// A string that is a relative path of a .ts file is an import, wherever it stands: so workers are named.

export interface Token {
  readonly kind: 'name' | 'string' | 'template' | 'regex' | 'number' | 'punctuator'
  /** For a string: its content without quotes. */
  readonly text: string
  readonly line: number
}

export interface ImportEdge {
  readonly kind: 'static' | 'type' | 'dynamic' | 'export' | 'path' | 'require'
  /** Undefined when it is computed at run time. */
  readonly specifier: string | undefined
  /** `export *` and `import * as` take everything. */
  readonly isStar: boolean
  readonly line: number
}

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly tokens: readonly Token[]
  readonly imports: readonly ImportEdge[]
}

export function parseSource(path: string, text: string): SourceFile {
  const tokens = tokenize(text)
  return { path, text, tokens, imports: readImports(tokens) }
}

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const PRIVATE_NAME = /#[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const NUMBER = /\.?\d[\w.]*/y
// After these a slash begins a regular expression; after any other name, or a value, it divides.
const NAMES_BEFORE_REGEX = new Set(
  'return typeof case in of delete void throw new else do await yield instanceof'.split(' '),
)

/** The tokens of a file; comments are dropped. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  // One entry per `${` that is open: how many braces are open inside it.
  const templates: number[] = []
  let line = 1
  let index = text.startsWith('#!') ? text.indexOf('\n') : 0

  function push(kind: Token['kind'], start: number, end: number, content: string): void {
    tokens.push({ kind, text: content, line })
    for (let at = start; at < end; at += 1) if (text[at] === '\n') line += 1
    index = end
  }

  while (index < text.length) {
    const character = text[index]!
    if (character === '\n') line += 1
    if (/\s/.test(character)) index += 1
    else if (text.startsWith('//', index)) index = endOfLine(text, index)
    else if (text.startsWith('/*', index)) {
      const end = endOfBlock(text, index)
      for (let at = index; at < end; at += 1) if (text[at] === '\n') line += 1
      index = end
    } else if (character === "'" || character === '"') {
      const end = endOfString(text, index)
      push('string', index, end, text.slice(index + 1, end - 1))
    } else if (character === '`') {
      pushTemplate(index + 1)
    } else if (character === '}' && templates.at(-1) === 0) {
      templates.pop()
      pushTemplate(index + 1)
    } else if (character === '/' && startsRegex(tokens.at(-1))) {
      const end = endOfRegex(text, index)
      push('regex', index, end, text.slice(index, end))
    } else pushPlain(character)
  }
  return tokens

  /** One chunk of a template, up to its end or to the next `${`. */
  function pushTemplate(start: number): void {
    let at = start
    while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) {
      at += text[at] === '\\' ? 2 : 1
    }
    const opens = text.startsWith('${', at)
    push('template', index, at + (opens ? 2 : 1), text.slice(start, at))
    if (opens) templates.push(0)
  }

  function pushPlain(character: string): void {
    const word = matchAt(NAME, text, index) ?? matchAt(PRIVATE_NAME, text, index)
    if (word !== undefined) return push('name', index, index + word.length, word)
    const number = matchAt(NUMBER, text, index)
    if (number !== undefined) return push('number', index, index + number.length, number)
    const open = templates.length - 1
    if (open >= 0 && character === '{') templates[open]! += 1
    if (open >= 0 && character === '}') templates[open]! -= 1
    push('punctuator', index, index + 1, character)
  }
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index
  return pattern.exec(text)?.[0]
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end === -1 ? text.length : end
}

function endOfBlock(text: string, start: number): number {
  const end = text.indexOf('*/', start + 2)
  return end === -1 ? text.length : end + 2
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1
  return Math.min(at + 1, text.length)
}

function endOfRegex(text: string, start: number): number {
  let at = start + 1
  let inClass = false
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  at += 1
  while (at < text.length && /[a-z]/.test(text[at]!)) at += 1
  return at
}

function startsRegex(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'name') return NAMES_BEFORE_REGEX.has(before.text)
  return before.kind === 'punctuator' && ![')', ']', '}'].includes(before.text)
}

const MODULE_PATH = /^\.\.?\/[\w./-]+\.ts$/

/** Every way a file can name another: import, import type, export from, import(), require, or its path. */
function readImports(tokens: readonly Token[]): ImportEdge[] {
  const edges: ImportEdge[] = []
  const paths: ImportEdge[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'string' && MODULE_PATH.test(token.text)) {
      paths.push({ kind: 'path', specifier: token.text, isStar: false, line: token.line })
    }
    if (token.kind !== 'name' || textAt(tokens, index - 1) === '.') continue
    if (token.text === 'import') edges.push(...readImport(tokens, index))
    else if (token.text === 'export') edges.push(...readReexport(tokens, index))
    else if (token.text === 'require' && textAt(tokens, index + 1) === '(') {
      edges.push(edgeAt(tokens, index + 2, 'require', token.line))
    }
  }
  const named = new Set(edges.map((edge) => edge.specifier))
  return [...edges, ...paths.filter((edge) => !named.has(edge.specifier))]
}

function readImport(tokens: readonly Token[], index: number): ImportEdge[] {
  const { line } = tokens[index]!
  const next = tokens[index + 1]
  // `import.meta`, and a property that happens to be called import.
  if (next === undefined || ['.', ':', '?', '='].includes(next.text)) return []
  if (next.text === '(') return [edgeAt(tokens, index + 2, 'dynamic', line)]
  if (next.kind === 'string') return [edgeAt(tokens, index + 1, 'static', line)]
  const kind = next.text === 'type' && textAt(tokens, index + 2) !== 'from' ? 'type' : 'static'
  const isStar = next.text === '*' || textAt(tokens, index + 2) === '*'
  return fromClause(tokens, index + 1).map((specifier) => ({ kind, specifier, isStar, line }))
}

function readReexport(tokens: readonly Token[], index: number): ImportEdge[] {
  const { line } = tokens[index]!
  const at = textAt(tokens, index + 1) === 'type' ? index + 2 : index + 1
  const first = textAt(tokens, at)
  if (first !== '{' && first !== '*') return []
  return fromClause(tokens, at).map((specifier) => ({
    kind: 'export',
    specifier,
    isStar: first === '*',
    line,
  }))
}

/** The string after `from`, looking no further than the statement can reach. */
function fromClause(tokens: readonly Token[], start: number): string[] {
  const inClause = /^(?:[\w$]+|[{},*])$/
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at]!
    if (token.text === 'from' && tokens[at + 1]?.kind === 'string') return [tokens[at + 1]!.text]
    if (token.kind !== 'string' && !inClause.test(token.text)) return []
    if (token.text === '}' && textAt(tokens, at + 1) !== 'from') return []
  }
  return []
}

function edgeAt(
  tokens: readonly Token[],
  index: number,
  kind: ImportEdge['kind'],
  line: number,
): ImportEdge {
  const token = tokens[index]
  const isLiteral =
    token?.kind === 'string' ||
    (token?.kind === 'template' && [')', ','].includes(textAt(tokens, index + 1) ?? ''))
  return { kind, specifier: isLiteral ? token.text : undefined, isStar: false, line }
}

function textAt(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index]
  return token?.kind === 'string' ? undefined : token?.text
}
