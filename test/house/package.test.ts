// What package.json and the lockfile promise: doors that exist, scripts that exist, and an install that needs
// nothing but the registry it is given and runs nobody's code.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listFiles, readText, ROOT } from '../../tools/tree.ts'

interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly hasInstallScript?: boolean
}

const manifest = JSON.parse(readText('package.json')) as {
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly workspaces: readonly string[]
  readonly bin: Readonly<Record<string, string>>
}
const lock = JSON.parse(readText('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** What is wrong with one entry of a lockfile. */
function faultsOf(path: string, entry: LockedPackage, workspaces: readonly string[]): string[] {
  const isOurs = path === '' || workspaces.includes(path)
  if (isOurs) return []
  if (entry.link === true) {
    return workspaces.includes(entry.resolved ?? '')
      ? []
      : [`${path}: links outside the workspaces`]
  }
  const faults: string[] = []
  // Without an address npm asks whichever registry it is configured with, and holds it to the hash.
  if (entry.resolved !== undefined) faults.push(`${path}: names a host, \`${entry.resolved}\``)
  if (entry.integrity === undefined && entry.inBundle !== true) faults.push(`${path}: has no hash`)
  if (!/^\d+\.\d+\.\d+/.test(entry.version ?? '')) faults.push(`${path}: is no registry version`)
  if (entry.hasInstallScript === true) faults.push(`${path}: wants to run a script at install`)
  return faults
}

test('the lockfile holds only hashed packages of a registry, no hosts, no install scripts', () => {
  const entries = Object.entries(lock.packages)
  assert.ok(entries.length > 20, 'the lockfile was read')
  assert.deepEqual(
    entries
      .flatMap(([path, entry]) => faultsOf(path, entry, manifest.workspaces))
      // fsevents is for macOS alone and optional; installs run with scripts off.
      .filter((fault) => fault !== 'node_modules/fsevents: wants to run a script at install'),
    [],
  )
})

test('a lockfile that strays is seen', () => {
  const good = { version: '1.0.0', integrity: 'sha512-x' }
  assert.deepEqual(faultsOf('node_modules/a', good, []), [])
  const bad: LockedPackage[] = [
    { ...good, resolved: 'https://elsewhere.example/a.tgz' },
    { ...good, resolved: 'git+ssh://git@elsewhere.example/a.git' },
    { version: '1.0.0' },
    { ...good, version: 'file:../a' },
    { ...good, hasInstallScript: true },
    { link: true, resolved: '../elsewhere' },
  ]
  for (const entry of bad) assert.equal(faultsOf('node_modules/a', entry, []).length, 1)
})

test('dependencies are pinned to one version each', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  assert.deepEqual(
    Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  )
})

test('installs run nobody’s scripts', () => {
  assert.match(readText('.npmrc'), /^ignore-scripts=true$/m)
})

test('what the package exports are doors of rooms', () => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') {
      assert.ok(existsSync(join(ROOT, target)), target)
      continue
    }
    const source = target.default.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts')
    assert.match(source, /^src\/\w+\/index\.ts$|^src\/app\.ts$/, `${name} leads to a door`)
    assert.ok(existsSync(join(ROOT, source)), `${name} leads to ${source}`)
    assert.equal(target.types, target.default.replace(/\.js$/, '.d.ts'))
  }
})

test('every file that a script, the bin or a workspace names is there', () => {
  const named = [
    ...Object.values(manifest.bin),
    ...manifest.workspaces.map((path) => `${path}/package.json`),
    ...Object.values(manifest.scripts).flatMap((script) =>
      [...script.matchAll(/\bnode (?:--[\w-]+(?:=\S+)? )*([\w./-]+\.[cm]?[jt]s)/g)].map(
        (found) => found[1]!,
      ),
    ),
  ]
  assert.deepEqual(
    named.filter((path) => !existsSync(join(ROOT, path))),
    [],
  )
})

test('every script that another script, the README, CONTRIBUTING or .ci/run calls is there', () => {
  const callers = [
    ...Object.values(manifest.scripts),
    ...['README.md', 'CONTRIBUTING.md', '.ci/run'].map((path) => readText(path)),
  ]
  const called = callers.flatMap((text) =>
    [...text.matchAll(/\bnpm run (?!-)([\w:-]*\w)(?=[\s`:]|$)(?! -w)/g)].map((found) => found[1]!),
  )
  assert.ok(called.length > 5)
  assert.deepEqual(
    called.filter((name) => manifest.scripts[name] === undefined),
    [],
  )
})

/** Whether git would take it for text, by its own rule. */
function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 8000).includes(0)
}

test('the repository holds texts alone, no downloads that were left behind', () => {
  const folders = ['src', 'test', 'docs', 'examples', 'tools', 'bench', 'console', 'changelog.d']
  const paths = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .concat(folders.flatMap((folder) => listFiles(folder, () => true)))
  assert.ok(paths.length > 1000)
  assert.deepEqual(
    paths.filter((path) => !isText(readFileSync(join(ROOT, path)))),
    [],
  )
  assert.ok(!isText(Buffer.from('PK\x03\x04\x00')))
})
