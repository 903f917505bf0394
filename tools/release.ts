// Folds the fragments of changelog.d/ into CHANGELOG.md under a new version, and writes that version into
// package.json. It neither commits nor tags: a person looks at the result first.
//
//   node tools/release.ts 1.2.0 2026-11-21

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, readText, ROOT } from './tree.ts'

const HEADINGS = { breaking: 'Breaking', feature: 'New', fix: 'Mended' } as const
const FRAGMENT = /^changelog\.d\/[\w-]+\.(breaking|feature|fix)\.md$/

const [version, date] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+$/.test(version ?? '') || !/^\d{4}-\d\d-\d\d$/.test(date ?? '')) {
  process.stderr.write('usage: node tools/release.ts <major.minor.patch> <yyyy-mm-dd>\n')
  process.exit(2)
}

const fragments = listFiles('changelog.d', (path) => FRAGMENT.test(path))
if (fragments.length === 0) {
  process.stderr.write('changelog.d/ holds no fragments: there is nothing to release\n')
  process.exit(1)
}

const sections = Object.entries(HEADINGS).flatMap(([kind, heading]) => {
  const texts = fragments.filter((path) => FRAGMENT.exec(path)![1] === kind).map(formatItem)
  return texts.length === 0 ? [] : [`### ${heading}\n\n${texts.join('\n')}\n`]
})
const changelog = readText('CHANGELOG.md')
const firstRelease = changelog.search(/^## /m)
const head = firstRelease === -1 ? changelog : changelog.slice(0, firstRelease)
const rest = firstRelease === -1 ? '' : `\n${changelog.slice(firstRelease)}`
const release = `## ${version} (${date})\n\n${sections.join('\n')}`
writeFileSync(join(ROOT, 'CHANGELOG.md'), `${head.trimEnd()}\n\n${release}${rest}`)

const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8')
writeFileSync(
  join(ROOT, 'package.json'),
  manifest.replace(/^( {2}"version": ")[^"]+/m, `$1${version}`),
)
for (const path of fragments) rmSync(join(ROOT, path))
process.stdout.write(`${version}: ${fragments.length} fragments folded\n`)

function formatItem(path: string): string {
  return `- ${readText(path).trim().replaceAll(/\n+/g, '\n  ')}`
}
