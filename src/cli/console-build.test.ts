import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../base/index.ts'
import { buildConsole } from './index.ts'
import { CapturedOutput } from './testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'signalbox-build-'))
after(() => rmSync(directory, { recursive: true, force: true }))

function makeRoot(name: string, page: string): string {
  const root = join(directory, name)
  mkdirSync(join(root, 'console/src'), { recursive: true })
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, 'console/index.html'), page)
  writeFileSync(join(root, 'console/src/main.ts'), 'document.title = "built"\n')
  return root
}

async function build(root: string): Promise<string> {
  const stderr = new CapturedOutput(false)
  const { signal } = new AbortController()
  await buildConsole({ root, stderr, clock: systemClock, signal })
  return stderr.text
}

const PAGE = '<!doctype html><script type="module" src="/src/main.ts"></script>'

test('the first start builds the console, the second leaves it, a change builds it again', async () => {
  const root = makeRoot('good', PAGE)
  assert.match(await build(root), /^building the console.*\nthe console is built \(\d/)
  assert.ok(existsSync(join(root, 'console/dist/index.html')))
  assert.equal(await build(root), '')
  const later = systemClock.now() / 1000 + 60
  utimesSync(join(root, 'console/src/main.ts'), later, later)
  assert.match(await build(root), /is built/)
})

test('a console that cannot be built says so, leaves the old one, and stops nothing', async () => {
  const root = makeRoot('broken', '<script type="module" src="/src/none.ts"></script>')
  mkdirSync(join(root, 'console/dist'))
  writeFileSync(join(root, 'console/dist/old.html'), '')
  assert.match(await build(root), /was not built: .*npm run build -w console/)
  const left = readdirSync(join(root, 'console'), { recursive: true, encoding: 'utf8' })
  assert.deepEqual(
    left.filter((path) => path.includes('.console-')),
    [],
  )
  assert.ok(existsSync(join(root, 'console/dist/old.html')))
})

test('an installed package has nothing to build', async () => {
  const root = join(directory, 'installed')
  mkdirSync(join(root, 'console/dist'), { recursive: true })
  assert.equal(await build(root), '')
})
