// The plan of the house: which room may know which, and who may touch what the machine offers. The table in
// ARCHITECTURE.md says the same and is compared here; to change the plan, change both, with the reason.
//
// Every rule is shown to be able to fail: it must refuse the small files written beside it.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'
import { parseSource, type ImportEdge, type SourceFile } from '../tools/source-file.ts'
import { isTest, readSources, readText, ROOT } from '../tools/tree.ts'

const ALL_ABOVE = 'all above'
const EVERYTHING = 'everything'

/** Foundation first: a room may import only rooms above it, and of those only the ones named. */
const TABLE: readonly (readonly [room: string, mayImport: string])[] = [
  ['base', ''],
  ['event', 'base'],
  ['model', 'base event'],
  ['match', 'base event'],
  ['transform', 'base event'],
  ['expression', 'base'],
  ['config', 'base'],
  ['metric', 'base'],
  ['keyring', 'base'],
  ['certificate', 'base keyring'],
  ['audit', 'base'],
  ['schema', 'base event model'],
  ['log', 'base event'],
  ['store', 'base model'],
  ['structure', 'base'],
  ['patch', 'base structure'],
  ['objects', 'base model store structure patch'],
  ['access', 'base structure objects'],
  ['cluster', 'base structure objects'],
  ['connect', 'base event model'],
  ['ingress', 'base event model schema log store'],
  ['queue', 'base event model store'],
  ['route', 'base event model match transform log store'],
  ['deliver', 'base event model store connect'],
  ['operation', 'base store'],
  ['archive', 'base event model match schema log store ingress'],
  ['discovery', 'base event model match schema log store ingress'],
  ['schedule', 'base event model match transform expression store ingress deliver connect'],
  ['pipe', 'base event model match transform expression store ingress deliver connect'],
  ['trigger', 'base event transform log store structure objects'],
  ['job', 'base event model transform expression structure objects connect ingress'],
  ['workflow', 'base event model transform expression structure objects connect ingress'],
  ['roost', 'base event model keyring schema structure objects connect'],
  ['control', ALL_ABOVE],
  ['kinds', 'base model structure objects control'],
  ['api', 'base event model metric config structure objects control'],
  ['client', 'base event model'],
  ['cli', 'base event model match transform expression schema config workflow client'],
  ['app.ts', EVERYTHING],
  ['main.ts', EVERYTHING],
]

/** Folders a room may have; what stands side by side in one of them never knows its brothers. */
const FAMILIES: readonly RegExp[] = [
  /^src\/\w+\/(drivers\/[\w-]+)\//,
  /^src\/\w+\/(kinds\/[\w-]+)\//,
  /^src\/api\/(aws|kube|cloudevents|confluent|nats|own|console)\//,
]
const OTHER_FOLDERS = /^src\/(?:api\/http|transform\/go-template)\//

/** What reaches outside the process, and the rooms whose job that is; a module not here is in no room's reach. */
const NODE_MODULES: Readonly<Record<string, string>> = {
  assert: '*',
  buffer: '*',
  child_process: 'cluster connect job cli main.ts',
  crypto: '*',
  diagnostics_channel: 'base',
  dns: 'connect',
  'dns/promises': 'connect',
  events: '*',
  fs: 'config keyring certificate log store cluster connect job api cli app.ts main.ts',
  'fs/promises': 'config audit log store connect job api cli app.ts main.ts',
  http: 'cluster connect api client',
  https: 'cluster connect api client',
  // The client of a universal target is named by the target.
  module: 'connect',
  // config and certificate ask only what an address is.
  net: 'config certificate connect api',
  os: 'config job cli app.ts main.ts',
  path: '*',
  perf_hooks: 'api app.ts',
  process: 'main.ts',
  readline: 'cli connect',
  sqlite: 'store',
  stream: '*',
  'stream/promises': '*',
  string_decoder: '*',
  timers: 'base',
  'timers/promises': 'base',
  tls: 'connect api',
  tty: 'cli',
  url: '*',
  util: '*',
  // What a user wrote is stopped when its time is up.
  vm: 'base',
  worker_threads: 'log store connect archive',
  zlib: '*',
}

interface Rule {
  readonly name: string
  /** What is wrong with a file; empty when nothing is. */
  check(file: SourceFile): string[]
  readonly refuses: readonly (readonly [path: string, text: string])[]
  readonly allows: readonly (readonly [path: string, text: string])[]
}

const rules: readonly Rule[] = [
  {
    // A test may put real rooms above its own together, where the room itself is given values.
    name: 'a room imports only the rooms that the table gives it',
    check: (file) =>
      complain(file, ({ from, to }) => {
        const rooms = isTest(file.path) ? roomsAbove(from) : mayImport(from)
        const isAllowed = to === from || rooms.has(to)
        return isAllowed ? undefined : `\`${from}\` may not import \`${to}\``
      }),
    refuses: [
      ['src/log/a.ts', `import { x } from '../store/index.ts'`],
      ['src/log/a.ts', `import type { X } from '../deliver/index.ts'`],
      ['src/base/a.ts', `const x = await import('../event/index.ts')`],
      ['src/log/a.ts', `new Worker(new URL('../store/worker.ts', import.meta.url))`],
      ['src/route/drivers/x/a.ts', `export { x } from '../../../deliver/index.ts'`],
      ['src/control/a.ts', `import { x } from '../api/index.ts'`],
      ['src/api/aws/a.ts', `import { x } from '../../app.ts'`],
      ['src/nowhere/a.ts', `import { x } from '../base/index.ts'`],
      ['src/log/a.test.ts', `import { x } from '../store/index.ts'`],
    ],
    allows: [
      ['src/log/a.ts', `import { x } from '../event/index.ts'`],
      ['src/deliver/a.test.ts', `import { x } from '../log/index.ts'`],
      ['src/control/a.ts', `import { x } from '../roost/index.ts'`],
      ['src/app.ts', `import { x } from './api/index.ts'`],
      ['src/app-sinks.ts', `import { x } from './connect/index.ts'`],
      ['src/main.ts', `import { x } from './app.ts'`],
    ],
  },
  {
    name: 'another room is entered by its door only',
    check: (file) =>
      complain(file, ({ from, to, target }) => {
        if (from === to || to.endsWith('.ts')) return undefined
        const doors = isTest(file.path) ? ['index.ts', 'testing.ts'] : ['index.ts']
        const isDoor = doors.some((door) => target === `src/${to}/${door}`)
        return isDoor ? undefined : `enter \`${to}\` by ${doors.join(' or ')}, not \`${target}\``
      }),
    refuses: [
      ['src/log/a.ts', `import { x } from '../event/event.ts'`],
      ['src/log/a.ts', `import { x } from '../base/testing.ts'`],
      ['src/log/a.test.ts', `import { x } from '../event/event.ts'`],
    ],
    allows: [
      ['src/log/a.test.ts', `import { FakeClock } from '../base/testing.ts'`],
      ['src/log/log.conformance.ts', `import { FakeClock } from '../base/testing.ts'`],
      ['src/log/a.ts', `import { x } from './position.ts'`],
    ],
  },
  {
    name: 'a room never goes through its own door',
    check: (file) =>
      complain(file, ({ from, target }) =>
        target === `src/${from}/index.ts` && !isTest(file.path)
          ? 'this is its own door'
          : undefined,
      ),
    refuses: [
      ['src/log/a.ts', `import { x } from './index.ts'`],
      ['src/log/drivers/file/a.ts', `import { x } from '../../index.ts'`],
    ],
    allows: [['src/log/drivers/file/a.ts', `import { x } from '../../log.ts'`]],
  },
  {
    name: 'drivers, kinds and dialects never know their brothers',
    check: (file) =>
      complain(file, ({ target }) => {
        const own = familyOf(file.path)
        const other = familyOf(target)
        if (other === undefined || own === other) return undefined
        if (own === undefined) {
          // Only what opens the family from above may name its members.
          return OTHER_FOLDERS.test(file.path) ? 'the server knows no dialect' : undefined
        }
        return posix.dirname(own) === posix.dirname(other) ? `\`${other}\` is a brother` : undefined
      }),
    refuses: [
      ['src/log/drivers/file/a.ts', `import { x } from '../memory/b.ts'`],
      ['src/connect/kinds/http/a.ts', `import type { X } from '../queue/b.ts'`],
      ['src/api/aws/a.ts', `import { x } from '../cloudevents/b.ts'`],
      ['src/api/http/a.ts', `import { x } from '../aws/b.ts'`],
    ],
    allows: [
      ['src/log/drivers/file/a.ts', `import { x } from './b.ts'`],
      ['src/api/aws/a.ts', `import { x } from '../http/exchange.ts'`],
      ['src/connect/registry.ts', `import { x } from './kinds/http/index.ts'`],
    ],
  },
  {
    name: 'a room has no folders but drivers, kinds and the dialects of api',
    check: (file) => {
      const isFlat = /^src\/(?:\w+\/)?[^/]+$/.test(file.path)
      const isKnown = familyOf(file.path) !== undefined || OTHER_FOLDERS.test(file.path)
      return isFlat || isKnown ? [] : [`${file.path}: a folder of another sort`]
    },
    refuses: [
      ['src/log/utils/a.ts', ''],
      ['src/log/drivers/a.ts', ''],
      ['src/api/soap/a.ts', ''],
    ],
    allows: [
      ['src/log/a.ts', ''],
      ['src/main.ts', ''],
      ['src/log/drivers/file/a.ts', ''],
      ['src/api/aws/operations/a.ts', ''],
      ['src/api/http/server.ts', ''],
    ],
  },
  {
    name: 'a module of Node is imported as `node:x`, in the rooms whose job it is',
    check: (file) =>
      file.imports.flatMap((edge) => {
        if (edge.specifier?.startsWith('node:') !== true || isTest(file.path)) return []
        const module = edge.specifier.slice('node:'.length)
        const rooms = NODE_MODULES[module]?.split(' ')
        if (rooms === undefined) return [at(file, edge, `\`node:${module}\` has no row here`)]
        const isAllowed = rooms.includes('*') || rooms.includes(roomOf(file.path))
        return isAllowed ? [] : [at(file, edge, `\`node:${module}\` is for ${rooms.join(', ')}`)]
      }),
    refuses: [
      ['src/deliver/a.ts', `import { readFileSync } from 'node:fs'`],
      ['src/route/a.ts', `import { runInContext } from 'node:vm'`],
      ['src/log/a.ts', `import { DatabaseSync } from 'node:sqlite'`],
    ],
    allows: [
      ['src/log/a.ts', `import { openSync } from 'node:fs'`],
      ['src/deliver/a.test.ts', `import { readFileSync } from 'node:fs'`],
    ],
  },
  {
    name: 'imports have a literal name, relative ones end in their extension',
    check: (file) =>
      file.imports.flatMap((edge) => {
        if (edge.specifier === undefined) {
          return [at(file, edge, 'the imported name is computed, so no rule can see it')]
        }
        if (!edge.specifier.startsWith('.')) return []
        const isFull = /\.(?:ts|json)$/.test(edge.specifier)
        return isFull ? [] : [at(file, edge, `\`${edge.specifier}\` should end in .ts`)]
      }),
    refuses: [
      ['src/log/a.ts', 'await import(`./drivers/${name}.ts`)'],
      ['src/log/a.ts', `import { x } from './b'`],
      ['src/log/a.ts', `import { x } from './b.js'`],
    ],
    allows: [
      ['src/log/a.ts', `import x from './b.json' with { type: 'json' }`],
      ['src/log/a.ts', `import x from 'undici'`],
      ['src/connect/a.ts', `new URL('./bootstrap.py', import.meta.url)`],
      ['src/log/a.ts', `new Worker(new URL(isTs ? './w.ts' : './w.js', import.meta.url))`],
    ],
  },
  {
    name: 'doors and files list the names they give: no `export *`, no default export',
    check: (file) => [
      ...file.imports
        .filter((edge) => edge.kind === 'export' && edge.isStar)
        .map((edge) => at(file, edge, 'export * hides what leaves')),
      ...file.tokens
        .filter((token, index) => token.text === 'export' && isDefault(file, index))
        .map((token) => at(file, token, 'a default export has no name of its own')),
    ],
    refuses: [
      ['src/log/index.ts', `export * from './log.ts'`],
      ['src/log/index.ts', `export * as log from './log.ts'`],
      ['src/log/a.ts', 'export default function open() {}'],
      ['src/log/a.ts', 'function open() {}\nexport { open as default }'],
    ],
    allows: [['src/log/index.ts', `export { open, type Log } from './log.ts'`]],
  },
]

const sources = readSources('src')

for (const rule of rules) {
  test(rule.name, () => {
    assert.deepEqual(
      sources.flatMap((file) => rule.check(file)),
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

test('every room on disk stands in the table, and has a door', () => {
  const onDisk = new Set(sources.map((file) => roomOf(file.path)))
  const inTable = TABLE.map(([room]) => room)
  assert.deepEqual(
    [...onDisk].filter((room) => !inTable.includes(room)),
    [],
  )
  assert.ok(onDisk.size > 5, 'the sources were found')
  const doorless = [...onDisk].filter(
    (room) => !room.endsWith('.ts') && !existsSync(`${ROOT}/src/${room}/index.ts`),
  )
  assert.deepEqual(doorless, [])
})

test('the table gives a room only rooms above it, each known', () => {
  for (const [index, [room, names]] of TABLE.entries()) {
    if (names === ALL_ABOVE || names === EVERYTHING || names === '') continue
    const above = TABLE.slice(0, index).map(([name]) => name)
    for (const name of names.split(' ')) {
      assert.ok(above.includes(name), `${room} names ${name}, which is not above it`)
    }
  }
})

test('ARCHITECTURE.md shows this table, row by row', () => {
  const rows = [...readText('ARCHITECTURE.md').matchAll(/^\| `([^|]+)` \| [^|]+ \| ([^|]+) \|$/gm)]
  const shown = rows.flatMap(([, rooms, names]) =>
    rooms!.split('`, `').map((room) => [room, names!.replaceAll(',', '').replace('–', '')]),
  )
  assert.deepEqual(
    shown,
    TABLE.map((row) => [...row]),
  )
})

function mayImport(room: string): ReadonlySet<string> {
  const index = TABLE.findIndex(([name]) => name === room)
  const names = TABLE[index]?.[1]
  if (names === undefined) return new Set()
  if (names === EVERYTHING) return new Set(TABLE.map(([name]) => name))
  if (names === ALL_ABOVE) return new Set(TABLE.slice(0, index).map(([name]) => name))
  return new Set(names.split(' '))
}

function roomsAbove(room: string): ReadonlySet<string> {
  const index = TABLE.findIndex(([name]) => name === room)
  return new Set(TABLE.slice(0, index).map(([name]) => name))
}

interface Step {
  readonly from: string
  readonly to: string
  /** The imported file, from the root. */
  readonly target: string
}

/** Judges every import of another file of ours. */
function complain(file: SourceFile, judge: (step: Step) => string | undefined): string[] {
  return file.imports.flatMap((edge) => {
    if (edge.specifier?.startsWith('.') !== true) return []
    const target = posix.join(posix.dirname(file.path), edge.specifier)
    if (!target.startsWith('src/')) return []
    const fault = judge({ from: roomOf(file.path), to: roomOf(target), target })
    return fault === undefined ? [] : [at(file, edge, fault)]
  })
}

/** The folder, or the file at the top; `app-sinks.ts` and its like are parts of `app.ts`. */
function roomOf(path: string): string {
  return path.split('/')[1]!.replace(/^app-[\w-]+(?:\.test)?\.ts$|^app\.test\.ts$/, 'app.ts')
}

/** `src/log/drivers/file`, `src/api/aws`: the member of a family a file belongs to. */
function familyOf(path: string): string | undefined {
  for (const family of FAMILIES) {
    const match = family.exec(path)
    if (match !== null) return match[0].slice(0, -1)
  }
  return undefined
}

function isDefault(file: SourceFile, index: number): boolean {
  if (file.tokens[index + 1]?.text === 'default') return true
  if (file.tokens[index + 1]?.text !== '{') return false
  const end = file.tokens.findIndex((token, at) => at > index && token.text === '}')
  return file.tokens
    .slice(index, end)
    .some((token, at, list) => token.text === 'default' && list[at - 1]?.text === 'as')
}

function at(
  file: SourceFile,
  place: ImportEdge | { readonly line: number },
  fault: string,
): string {
  return `${file.path}:${place.line}: ${fault}`
}
