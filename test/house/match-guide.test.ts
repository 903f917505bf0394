// The programs of docs/guides/match.md, run against the sources. test/clients/install.test.ts runs them against the package.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { type GuideProgram, readGuidePrograms } from '../../tools/guide-programs.ts'
import { readText, ROOT } from '../../tools/tree.ts'

const DOOR = pathToFileURL(join(ROOT, 'src/match/index.ts')).href

function run({ text }: GuideProgram): string[] {
  const program = text.replace("'signalbox/match'", `'${DOOR}'`)
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  })
  assert.equal(ran.status, 0, ran.stderr)
  return ran.stdout.trimEnd().split('\n')
}

test('the programs of the guide to matching print what it says', () => {
  const programs = readGuidePrograms(readText('docs/guides/match.md'))
  assert.ok(programs.length >= 6)
  for (const program of programs) {
    assert.ok(program.printed.length > 0, `the program of line ${program.line} shows something`)
    assert.deepEqual(run(program), program.printed, `the program of line ${program.line}`)
  }
})

test('a guide that says something else is seen', () => {
  const page = '```js\nconsole.log(1 + 1) // 3\n```\n\n```sh\nconsole.log(1) // 2\n```\n'
  const [program, ...others] = readGuidePrograms(page)
  assert.deepEqual(others, [])
  assert.deepEqual(program!.printed, ['3'])
  assert.deepEqual(run(program!), ['2'])
})
