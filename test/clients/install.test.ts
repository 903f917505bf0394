// A fresh clone on a machine with whatever Node it has: `npm ci` from the committed lockfile, without install
// scripts, then the command. This is what the pinned Node and the guard in bin/ are for.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { readGuidePrograms } from '../../tools/guide-programs.ts'
import { readText, ROOT } from '../../tools/tree.ts'

const DEADLINE_MS = 180_000
const version = (JSON.parse(readText('package.json')) as { version: string }).version

test('npm ci under the machine’s own Node, without scripts, gives a signalbox that runs and builds', (context) => {
  const own = findOwnNode()
  context.diagnostic(
    `installing with Node ${own.version} at ${own.path}` +
      (own.major >= 24
        ? ', which is new enough by itself: the guard in bin/ is not exercised'
        : ''),
  )
  const clone = mkdtempSync(join(tmpdir(), 'signalbox-install-'))
  context.after(() => rmSync(clone, { recursive: true, force: true }))
  copyTrackedTree(clone)
  const run = (command: string, options: readonly string[]): string => {
    const ran = spawnSync(command, options, {
      cwd: clone,
      env: plainEnvironment(dirname(own.path)),
      encoding: 'utf8',
      timeout: DEADLINE_MS,
    })
    assert.equal(ran.status, 0, `${command} ${options.join(' ')}\n${ran.stdout}${ran.stderr}`)
    return ran.stdout
  }
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  assert.match(run('npx', ['signalbox', 'version']), new RegExp(`\\b${escape(version)}\\b`))
  assert.match(
    run('npm', ['exec', '--', 'node', '--version']),
    /^v24\./m,
    'npm uses the pinned Node',
  )

  // What is published has no sources: there the same command runs what was built.
  run('npm', ['run', 'build:server'])
  renameSync(join(clone, 'src'), join(clone, 'src-not-published'))
  const built = run('npm', ['exec', '--', 'node', 'bin/signalbox.cjs', 'version'])
  assert.match(built, new RegExp(`\\b${escape(version)}\\b`))

  // A program that has the package as a dependency; what that one depends on lies above.
  const consumer = join(clone, 'consumer')
  const node = join(clone, 'node_modules/.bin/node')
  const installed = join(consumer, 'node_modules/signalbox')
  mkdirSync(installed, { recursive: true })
  const [tarball] = run('npm', ['pack', '--ignore-scripts', '--silent']).trim().split('\n')
  run('tar', ['-xzf', tarball!, '-C', installed, '--strip-components=1'])
  for (const program of readGuidePrograms(readText('docs/guides/match.md'))) {
    const path = join(consumer, `line-${program.line}.mjs`)
    writeFileSync(path, program.text)
    const printed = run(node, [path]).trimEnd().split('\n')
    assert.deepEqual(printed, program.printed, `docs/guides/match.md, line ${program.line}`)
  }
  writeFileSync(join(consumer, 'roost.mjs'), ROOST_PROGRAM)
  const told = run(node, [join(consumer, 'roost.mjs')])
  assert.match(told, /^CONFIG_INVALID .*`kafka\.brokerz` .* is no key/)
  // Nothing listens there, so what was to be published is kept as a dead letter.
  assert.match(told, /^degraded dead .*127\.0\.0\.1:1/m)
  writeFileSync(join(consumer, 'typed.ts'), TYPED_PROGRAM)
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext']
  const typed = ['--types', 'node', join(consumer, 'typed.ts')]
  run(node, [join(clone, 'node_modules/typescript/bin/tsc'), ...options, ...typed])
})

/** The roost keeper as a library: what it needs of the package is in it, and found. */
const ROOST_PROGRAM = `
import { createEventManager } from 'signalbox/roost'

const kube = {}
try {
  createEventManager({ enabled: true, kafka: { brokerz: ['a'] } }, { kube })
} catch (error) {
  console.log(error.code, error.message)
}
const events = createEventManager({
  enabled: true,
  kafka: {
    brokers: ['127.0.0.1:1'],
    producer: { acks: 'leader', idempotent: false, retries: 0, requestTimeout: '2s' },
    connection: { dialTimeout: '1s', maxRetries: 0 },
  },
  deadLetterQueue: { maxRetries: 0 },
}, { kube, dataDir: 'roosts', watch: false, obeyTriggers: false })
const alive = setInterval(() => {}, 1000)
await events.start()
const roost = {
  apiVersion: 'roost.birb.party/v1alpha1',
  kind: 'ManagedRoost',
  metadata: { name: 'a', namespace: 'default', uid: 'u' },
  spec: { chart: { name: 'c' } },
}
const { status } = events.health()
const published = await events.publishRoostCreated(roost)
const [{ id }] = events.deadLetters.list()
console.log(status, published, (await events.deadLetters.get(id)).reason)
await events.stop()
clearInterval(alive)
`

const TYPED_PROGRAM = `
import type { RoostEvents } from 'signalbox/roost'
import { createMatcher, explainMatch, type Matcher, type Miss, parsePattern } from 'signalbox/match'

const pattern = parsePattern('{"a":[1]}')
const matcher: Matcher<number> = createMatcher<number>().with(1, pattern)
export const keys: readonly number[] = matcher.match(Buffer.from('{"a":1}'))
export const misses: readonly Miss[] = explainMatch(pattern, Buffer.from('{"a":2}')).misses
export const statusOf = (events: RoostEvents): string => events.health().status
// @ts-expect-error -- an event is bytes
matcher.match('{"a":1}')
`

interface OwnNode {
  readonly path: string
  readonly version: string
  readonly major: number
}

/** The Node that a person's shell would find, rather than the one that npm put in front for us. */
function findOwnNode(): OwnNode {
  const folders = process.env['PATH']!.split(delimiter).filter(
    (folder) => !folder.split('/').includes('node_modules'),
  )
  const found = [...folders, '/usr/local/bin', '/usr/bin']
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path) && existsSync(join(dirname(path), 'npm')))
    .map((path) => {
      const printed = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim()
      return { path, version: printed, major: Number.parseInt(printed.slice(1), 10) }
    })
  const old = found.find((node) => node.major < 24) ?? found[0]
  assert.ok(old !== undefined, 'a node with its npm is on the PATH')
  return old
}

function copyTrackedTree(to: string): void {
  const listed = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  assert.equal(listed.status, 0, listed.stderr)
  for (const path of listed.stdout.split('\0')) {
    const source = join(ROOT, path)
    // A file deleted but not yet committed is listed and not there.
    if (path === '' || !existsSync(source) || !statSync(source).isFile()) continue
    mkdirSync(dirname(join(to, path)), { recursive: true })
    cpSync(source, join(to, path))
  }
}

/** Without what npm adds for its scripts, as in a new shell. */
function plainEnvironment(nodeFolder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^NODE_|^SIGNALBOX_|^INIT_CWD$|^PATH$/i.test(name),
  )
  const folders = process.env['PATH']!.split(delimiter).filter(
    (folder) => !folder.split('/').includes('node_modules') && !folder.includes('node-gyp-bin'),
  )
  return { ...Object.fromEntries(kept), PATH: [nodeFolder, ...folders].join(delimiter) }
}

function escape(text: string): string {
  return text.replaceAll('.', String.raw`\.`)
}
