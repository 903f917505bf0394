// Writes down which field of a protobuf message of Kubernetes is which, for the kinds that kubectl sends in that form:
// numbers, names and types, taken from the `generated.proto` files of Kubernetes' own Go modules at one pinned version.
//
//   node tools/kube-messages.ts [--check]    writes src/api/kube/messages.ts, or says whether it is what they give

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './tree.ts'

const VERSION = 'v0.32.3'
const TARGET = join(ROOT, 'src/api/kube/messages.ts')
const API = 'k8s.io/api'
const MACHINERY = 'k8s.io/apimachinery'
const FILES: readonly (readonly [module: string, path: string])[] = [
  [API, 'core/v1'],
  [API, 'batch/v1'],
  [API, 'apps/v1'],
  [API, 'rbac/v1'],
  [API, 'authentication/v1'],
  [API, 'authorization/v1'],
  [MACHINERY, 'pkg/apis/meta/v1'],
  [MACHINERY, 'pkg/api/resource'],
  [MACHINERY, 'pkg/runtime'],
  [MACHINERY, 'pkg/util/intstr'],
]
/** What is sent, and with it all that it holds. */
const SENT = [
  'core.v1.ConfigMap',
  'core.v1.Event',
  'core.v1.Namespace',
  'core.v1.Pod',
  'core.v1.Secret',
  'core.v1.ServiceAccount',
  'batch.v1.Job',
  'rbac.v1.ClusterRole',
  'rbac.v1.ClusterRoleBinding',
  'rbac.v1.Role',
  'rbac.v1.RoleBinding',
  'authentication.v1.SelfSubjectReview',
  'authentication.v1.TokenRequest',
  'authentication.v1.TokenReview',
  'authorization.v1.LocalSubjectAccessReview',
  'authorization.v1.SelfSubjectAccessReview',
  'authorization.v1.SelfSubjectRulesReview',
  'authorization.v1.SubjectAccessReview',
  'meta.v1.DeleteOptions',
]

const SCALARS = new Set(['string', 'bytes', 'bool', 'int32', 'int64'])

const written = print(reachable(readMessages()))
if (!process.argv.includes('--check')) writeFileSync(TARGET, written)
else if (readFileSync(TARGET, 'utf8') !== written) {
  process.stderr.write(`src/api/kube/messages.ts is not what Kubernetes ${VERSION} gives\n`)
  process.exitCode = 1
}

function readMessages(): ReadonlyMap<string, readonly string[]> {
  const folders = new Map([API, MACHINERY].map((module) => [module, download(module)]))
  const messages = new Map<string, readonly string[]>()
  for (const [module, path] of FILES) {
    const text = readFileSync(join(folders.get(module)!, path, 'generated.proto'), 'utf8')
    const home = shorten(/^package (.*);$/m.exec(text)![1]!)
    for (const [, name, body] of text.matchAll(/^message (\w+) \{\n([^]*?)^\}/gm))
      messages.set(`${home}.${name}`, fieldsOf(body!, home))
  }
  return messages
}

function download(module: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-messages-'))
  try {
    writeFileSync(join(folder, 'go.mod'), 'module messages\n')
    const run = ['mod', 'download', '-json', `${module}@${VERSION}`]
    const told = execFileSync('go', run, { cwd: folder, encoding: 'utf8' })
    return (JSON.parse(told) as { Dir: string }).Dir
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function fieldsOf(body: string, home: string): readonly string[] {
  const fields: string[] = []
  for (const line of body.split('\n')) {
    const map = /^ {2}map<string, ([.\w]+)> (\w+) = (\d+);/.exec(line)
    if (map !== null) fields.push(`${map[3]}:${map[2]}:{${typeName(map[1]!, home)}`)
    const one = /^ {2}(optional|repeated) ([.\w]+) (\w+) = (\d+);/.exec(line)
    if (one === null) continue
    const list = one[1] === 'repeated' ? '[' : ''
    fields.push(`${one[4]}:${one[3]}:${list}${typeName(one[2]!, home)}`)
  }
  return fields
}

function typeName(type: string, home: string): string {
  if (SCALARS.has(type)) return type
  return type.includes('.') ? shorten(type) : `${home}.${type}`
}

/** `.k8s.io.api.core.v1.Pod` → `core.v1.Pod`. */
function shorten(name: string): string {
  return name.replace(/^\.?k8s\.io\.(api|apimachinery\.pkg(\.apis|\.api|\.util)?)\./, '')
}

function reachable(
  messages: ReadonlyMap<string, readonly string[]>,
): readonly (readonly [string, readonly string[]])[] {
  const wanted = new Set(SENT)
  for (const name of wanted) {
    const fields = messages.get(name)
    if (fields === undefined) throw new Error(`no message \`${name}\``)
    for (const field of fields) {
      const type = field.split(':')[2]!.replace(/^[[{]/, '')
      if (!SCALARS.has(type)) wanted.add(type)
    }
  }
  return Array.from(wanted)
    .toSorted()
    .map((name) => [name, messages.get(name)!])
}

function print(messages: readonly (readonly [string, readonly string[]])[]): string {
  const lines = messages.map(([name, fields]) => `${name} ${fields.join(' ')}`.trimEnd())
  return `// Made by tools/kube-messages.ts from Kubernetes ${VERSION}; not to be edited.
//
// A message a line: its name, then each field as \`number:name:type\`. \`[\` before a type is a list of it, \`{\` a map from
// text to it.

export const MESSAGES = \`
${lines.join('\n')}
\`
`
}
