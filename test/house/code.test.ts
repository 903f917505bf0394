// The habits of the code that no linter knows: time, chance and the environment behind their seams, names that
// say the noun, a header on every file. Each rule is shown to be able to fail.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSource, type SourceFile, type Token } from '../../tools/source-file.ts'
import { isTest, readSources } from '../../tools/tree.ts'

/** Who may read the machine's time and chance, and why. */
const TIME_AND_CHANCE: readonly (readonly [path: RegExp, why: string])[] = [
  [/^src\/base\/(?:clock|random|ids)\.ts$/, 'the seams themselves'],
  [/^src\/main\.ts$/, 'the deadline of a stop runs outside every room'],
  [/^src\/log\/drivers\/file\/.*worker[^/]*\.ts$/, 'measures its own disk, in a thread of its own'],
  [/^src\/store\/drivers\/sqlite\/.*worker[^/]*\.ts$/, 'as the log worker does'],
  [/(?:\.test|\.conformance|\/testing)\.ts$/, 'tests of real processes wait in real time'],
]

const ENVIRONMENT: readonly RegExp[] = [/^src\/config\//]

const CALLS_OF_TIME = ['Date . now', 'performance . now', 'process . hrtime', 'Math . random']
const NAMES_OF_TIME = ['setTimeout', 'setInterval', 'randomUUID', 'randomBytes', 'getRandomValues']

const FORBIDDEN_ENDING =
  /[a-z0-9](?:Manager|Helper|Util|Utils|Service|Impl|Base|Data|Info|Handler)$/
// An HTTP handler is one; the word of the platform.
const ALLOWED_NAMES = /^(?:[A-Z]\w*)?Http\w*Handler$|^HttpHandler$/
const FORBIDDEN_PATHS =
  /(?:^|\/)(?:utils?|helpers?|common|services?|types|misc)(?:\.ts$|\/)|-(?:manager|helper|util|utils|service|impl|base|data|info)\.ts$/

interface Rule {
  readonly name: string
  check(file: SourceFile): string[]
  readonly refuses: readonly (readonly [path: string, text: string])[]
  readonly allows: readonly (readonly [path: string, text: string])[]
}

const rules: readonly Rule[] = [
  {
    name: 'time and chance come from a Clock and a Random only',
    check(file) {
      if (TIME_AND_CHANCE.some(([path]) => path.test(file.path))) return []
      return file.tokens.flatMap((token, index) => {
        if (token.kind !== 'name' || !readsTime(file.tokens, index)) return []
        return [`${file.path}:${token.line}: \`${token.text}\` past the Clock and the Random`]
      })
    },
    refuses: [
      ['src/deliver/a.ts', 'const at = Date.now()'],
      ['src/deliver/a.ts', 'const at = new Date()'],
      ['src/deliver/a.ts', 'const at = new Date'],
      ['src/deliver/a.ts', 'setTimeout(retry, 1000)'],
      ['src/deliver/a.ts', 'globalThis.setInterval(retry, 1000)'],
      ['src/deliver/a.ts', 'Math.random()'],
      ['src/deliver/a.ts', 'const { random } = Math'],
      ['src/deliver/a.ts', 'performance.now()'],
      ['src/deliver/a.ts', `import { randomUUID } from 'node:crypto'`],
    ],
    allows: [
      ['src/deliver/a.ts', 'const text = new Date(clock.now()).toISOString()'],
      ['src/deliver/a.ts', 'clock.setTimer(1000, retry)'],
      ['src/deliver/a.ts', '// Date.now() would not do here'],
      ['src/deliver/a.ts', 'socket.setTimeout(1000)'],
      ['src/base/clock.ts', 'Date.now()'],
    ],
  },
  {
    name: 'the environment is read by config only',
    check(file) {
      if (isTest(file.path) || ENVIRONMENT.some((path) => path.test(file.path))) return []
      return file.tokens.flatMap((token, index) => {
        const isRead = token.text === 'process' && textOf(file.tokens, index + 2) === 'env'
        const isTaken = token.text === 'env' && isDestructured(file.tokens, index, 'process')
        return isRead || isTaken ? [`${file.path}:${token.line}: the environment past config`] : []
      })
    },
    refuses: [
      ['src/cli/a.ts', 'const port = process.env.PORT'],
      ['src/cli/a.ts', `import { env } from 'node:process'`],
      ['src/cli/a.ts', 'const { env } = process'],
    ],
    allows: [['src/config/read-env.ts', 'const port = process.env.PORT']],
  },
  {
    name: 'the name of a type says the noun: no Manager, Helper, Util, Service, Impl, Base, Data, Info, Handler',
    check(file) {
      const faults = FORBIDDEN_PATHS.test(file.path) ? [`${file.path}: the file's name`] : []
      for (const [index, token] of file.tokens.entries()) {
        const isDeclaration = ['class', 'interface', 'type'].includes(token.text)
        const name = textOf(file.tokens, index + 1)
        if (!isDeclaration || name === undefined) continue
        // `import { type X }` declares nothing.
        if (token.text === 'type' && !['=', '<'].includes(textOf(file.tokens, index + 2) ?? ''))
          continue
        if (!FORBIDDEN_ENDING.test(name) || ALLOWED_NAMES.test(name)) continue
        faults.push(`${file.path}:${token.line}: \`${name}\``)
      }
      return faults
    },
    refuses: [
      ['src/log/a.ts', 'export class SegmentManager {}'],
      ['src/log/a.ts', 'interface LogInfo {}'],
      ['src/log/a.ts', 'type EventData = string'],
      ['src/log/a.ts', 'type CloseHandler = () => void'],
      ['src/log/utils.ts', ''],
      ['src/log/segment-helper.ts', ''],
      ['src/log/types.ts', ''],
    ],
    allows: [
      ['src/api/http/a.ts', 'export type HttpHandler = () => void'],
      ['src/log/a.ts', 'const hasData = true\nfunction onData() {}'],
      ['src/log/a.ts', 'export class Segment {}'],
      ['src/base/a.ts', 'export interface Base {}'],
      ['src/base/a.ts', `import { type AddressInfo } from 'node:net'`],
    ],
  },
  {
    name: 'a file opens by saying what lives in it',
    check(file) {
      const isList = /\/(?:index|testing)\.ts$/.test(file.path) && isOnlyExports(file)
      const opening = file.text.replace(/^#!.*\n/, '')
      return isList || /^(?:\/\/ \S|\/\*\*?\s)/.test(opening)
        ? []
        : [`${file.path}: no header comment`]
    },
    refuses: [
      ['src/log/a.ts', `import { x } from './b.ts'`],
      ['src/log/index.ts', 'export function open() {}'],
    ],
    allows: [
      ['src/log/a.ts', '// What lives here.'],
      ['src/log/index.ts', `export { open } from './log.ts'\nexport type { Log } from './log.ts'`],
    ],
  },
  {
    name: 'a file named for tests is not shipped code, and the other way round',
    check: (file) =>
      isTest(file.path)
        ? []
        : file.imports
            .filter((edge) => edge.specifier === 'node:test' || isTest(`/${edge.specifier ?? ''}`))
            .map((edge) => `${file.path}:${edge.line}: \`${edge.specifier}\` is for tests`),
    refuses: [
      ['src/log/a.ts', `import { test } from 'node:test'`],
      ['src/log/a.ts', `import { FakeClock } from '../base/testing.ts'`],
    ],
    allows: [['src/log/a.test.ts', `import { test } from 'node:test'`]],
  },
]

const sources = readSources('src')
// Headers are owed everywhere that people read; the rest are rules of the product's own code.
const judged: Readonly<Record<string, readonly SourceFile[]>> = {
  'a file opens by saying what lives in it': [
    ...sources.filter((file) => !file.path.endsWith('.test.ts')),
    ...['tools', 'bench'].flatMap((folder) => readSources(folder)),
  ],
}

for (const rule of rules) {
  test(rule.name, () => {
    const files = judged[rule.name] ?? sources
    assert.deepEqual(
      files.flatMap((file) => rule.check(file)),
      [],
    )
  })

  test(`the rule can fail: ${rule.name}`, () => {
    for (const [path, text] of rule.refuses) {
      assert.notDeepEqual(rule.check(parseSource(path, text)), [], `${path}: ${text}`)
    }
    for (const [path, text] of rule.allows) {
      assert.deepEqual(rule.check(parseSource(path, text)), [], `${path}: ${text}`)
    }
  })
}

test('each third-party library is imported in one room only', () => {
  const rooms = libraryRooms(sources.filter((file) => !isTest(file.path)))
  const shared = [...rooms].filter(([, names]) => names.size > 1)
  assert.deepEqual(
    shared.map(([library, names]) => `${library}: ${[...names].join(', ')}`),
    [],
  )
})

test('a library imported in two rooms would be seen', () => {
  const rooms = libraryRooms([
    parseSource('src/a/x.ts', `import { parse } from '@scope/yaml/lib'`),
    parseSource('src/b/x.ts', `await import('@scope/yaml')`),
    parseSource('src/b/y.ts', `import { z } from './z.ts'\nimport fs from 'node:fs'`),
  ])
  assert.deepEqual([...rooms], [['@scope/yaml', new Set(['a', 'b'])]])
})

function libraryRooms(files: readonly SourceFile[]): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>()
  for (const file of files) {
    for (const { specifier, kind } of file.imports) {
      if (specifier === undefined || kind === 'path' || /^(?:\.|node:)/.test(specifier)) continue
      const library = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
      const room = file.path.split('/')[1]!
      rooms.set(library, (rooms.get(library) ?? new Set()).add(room))
    }
  }
  return rooms
}

function readsTime(tokens: readonly Token[], index: number): boolean {
  const here = tokens[index]!.text
  const before = textOf(tokens, index - 1)
  const next = textOf(tokens, index + 1)
  const isMember = before === '.' && textOf(tokens, index - 2) !== 'globalThis'
  if (isMember) return false
  if (NAMES_OF_TIME.includes(here)) return true
  if (here === 'Math' || here === 'performance' || here === 'Date') {
    if (before === '=' && next !== '.' && next !== '(') return true
    if (CALLS_OF_TIME.includes(`${here} . ${next === '.' ? textOf(tokens, index + 2) : ''}`)) {
      return true
    }
  }
  if (here === 'process') return CALLS_OF_TIME.includes(`process . ${textOf(tokens, index + 2)}`)
  if (here !== 'Date' || before !== 'new') return false
  return next !== '(' || textOf(tokens, index + 2) === ')'
}

/** Whether a name is taken out of `source` by a pattern or a named import. */
function isDestructured(tokens: readonly Token[], index: number, source: string): boolean {
  const end = tokens.findIndex((token, at) => at > index && token.text === '}')
  if (end === -1 || end - index > 20) return false
  const isPattern = textOf(tokens, end + 1) === '=' && textOf(tokens, end + 2) === source
  const from = tokens[end + 2]
  const isImport = textOf(tokens, end + 1) === 'from' && from?.text === `node:${source}`
  return isPattern || isImport
}

function isOnlyExports(file: SourceFile): boolean {
  return file.tokens
    .filter((token) => token.text === 'export')
    .every((token, index, all) => all[index] === token && hasBraces(file.tokens, token))
}

function hasBraces(tokens: readonly Token[], token: Token): boolean {
  const index = tokens.indexOf(token)
  const next = textOf(tokens, index + 1)
  return next === '{' || (next === 'type' && textOf(tokens, index + 2) === '{')
}

function textOf(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index]
  return token?.kind === 'string' ? undefined : token?.text
}
