// The bin guard on a Node that is too old, with a stand-in for the program: what it hands over and passes on.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'signalbox-bin-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  if (!existsSync(path)) return false
  const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout
  return Number.parseInt(version.slice(1), 10) < 24
})
const skip = oldNode === undefined ? 'this machine has no Node older than 24' : false

const PROGRAM = `
const [command, value] = process.argv.slice(2)
if (command === 'serve') {
  process.on('SIGTERM', () => process.exit(43))
  setInterval(() => {}, 1000)
}
console.log(JSON.stringify({ pid: process.pid, version: process.version, args: process.argv.slice(2) }))
if (command === 'exit') process.exit(Number(value))
if (command === 'die') process.kill(process.pid, 'SIGKILL')
`

function makePackage(parts: { readonly source: boolean; readonly pinned: boolean }): string {
  const path = mkdtempSync(join(directory, 'package-'))
  for (const name of ['bin', 'src', 'dist', 'node_modules']) mkdirSync(join(path, name))
  copyFileSync(join(root, 'bin/signalbox.cjs'), join(path, 'bin/signalbox.cjs'))
  writeFileSync(join(path, 'package.json'), '{"type":"module"}')
  writeFileSync(join(path, parts.source ? 'src/main.ts' : 'dist/main.js'), PROGRAM)
  if (parts.pinned) {
    const name = `node-${process.platform}-${process.arch}`
    symlinkSync(join(root, 'node_modules', name), join(path, 'node_modules', name))
  }
  return join(path, 'bin/signalbox.cjs')
}

const checkout = makePackage({ source: true, pinned: true })

interface Program {
  readonly pid: number
  readonly version: string
  readonly args: readonly string[]
}

async function started(guard: ChildProcess): Promise<Program> {
  const lines = createInterface({ input: guard.stdout! })
  const [line] = (await once(lines, 'line')) as [string]
  return JSON.parse(line) as Program
}

test(
  'an old Node hands over to the pinned one, arguments and exit code untouched',
  { skip },
  () => {
    const run = spawnSync(oldNode!, [checkout, 'exit', '6', 'a b'], { encoding: 'utf8' })
    const program = JSON.parse(run.stdout) as Program
    assert.match(program.version, /^v24\./)
    assert.deepEqual(program.args, ['exit', '6', 'a b'])
    assert.equal(run.status, 6)
  },
)

test('a signal to the guard reaches the program', { skip }, async () => {
  const guard = spawn(oldNode!, [checkout, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await started(guard)
  guard.kill('SIGTERM')
  assert.deepEqual(await once(guard, 'exit'), [43, null])
})

test('the guard dies of what the program died of', { skip }, async () => {
  const guard = spawn(oldNode!, [checkout, 'die'], { stdio: 'ignore' })
  assert.deepEqual(await once(guard, 'exit'), [null, 'SIGKILL'])
})

test('killing the guard outright ends the program', { skip }, async () => {
  const guard = spawn(oldNode!, [checkout, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await started(guard)
  guard.kill('SIGKILL')
  // The program holds the other end of standard output until it is gone.
  guard.stdout.resume()
  await once(guard.stdout, 'end')
})

test('killing the shell that npm put in between ends the program', async () => {
  const command = `"${process.execPath}" "${checkout}" serve; true`
  const shell = spawn('sh', ['-c', command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { npm_lifecycle_event: 'start' },
  })
  await started(shell)
  shell.kill('SIGKILL')
  shell.stdout.resume()
  await once(shell.stdout, 'end')
})

test('without the pinned Node it says what to install', { skip }, () => {
  for (const parts of [
    { source: true, pinned: false },
    { source: false, pinned: true },
  ]) {
    const run = spawnSync(oldNode!, [makePackage(parts), 'version'], { encoding: 'utf8' })
    assert.equal(run.status, 1)
    assert.equal(run.stdout, '')
    assert.match(run.stderr, /needs Node 24 or newer, this is Node \d+\.[^]*nodejs\.org/)
  }
})

test('an installed package runs what was built', () => {
  const guard = makePackage({ source: false, pinned: false })
  const run = spawnSync(process.execPath, [guard, 'version'], { encoding: 'utf8' })
  assert.deepEqual((JSON.parse(run.stdout) as Program).args, ['version'])
})
