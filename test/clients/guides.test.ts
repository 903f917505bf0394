// The snippets of the guides, pasted.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { readMarkedBlocks } from '../../tools/marked-blocks.ts'
import { listFiles, readText } from '../../tools/tree.ts'
import { makeCheckout, Terminals } from '../support/terminals.ts'

const hasAws = spawnSync('aws', ['--version']).status === 0
const skip = hasAws ? false : 'no aws CLI on this machine'

const guides = listFiles('docs/guides', (path) => path.endsWith('.md'))
  .map((path) => ({ path, blocks: readMarkedBlocks(readText(path)) }))
  .filter(({ blocks }) => blocks.length > 0)

for (const { path, blocks } of guides) {
  test(`the snippets of ${path} run as printed`, { skip }, async (context) => {
    const terminals = await Terminals.open(context, makeCheckout(context))
    await terminals.startServer('npm start')
    for (const { text } of blocks) {
      const printed = await terminals.paste(text)
      assert.doesNotMatch(printed, /error|"FailedEntryCount": [1-9]|HTTP\/1\.1 [45]/i, text)
    }
  })
}

test('there are guides with snippets to run', () => {
  assert.ok(guides.length >= 2)
})
