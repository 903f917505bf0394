// The README's first minute and the snippets of the guides, pasted.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMarkedBlocks } from '../../tools/marked-blocks.ts'
import { listFiles, readText } from '../../tools/tree.ts'
import { makeCheckout, Terminals } from './terminals.ts'

const hasAws = spawnSync('aws', ['--version']).status === 0
const skip = hasAws ? false : 'no aws CLI on this machine'

test('the README’s 60 seconds, pasted, do what it says', { skip }, async (context) => {
  const checkout = makeCheckout(context)
  const terminals = await Terminals.open(context, checkout)
  const printed: string[] = []
  for (const block of readMarkedBlocks(readText('README.md'))) {
    // The install is what npm test itself ran on; test/e2e/install.test.ts tries it from nothing.
    if (block.word === 'install') continue
    if (block.word === 'server') await terminals.startServer(block.text)
    else printed.push(await terminals.paste(block.text))
  }
  const [, arrived, , survived] = printed
  const webhook = readFileSync(join(checkout, 'webhook.json'), 'utf8')
  assert.match(arrived!, /"FailedEntryCount": 0/)
  assert.match(arrived!, /"Body": "\{.*\\"detail\\":\s*\{\\"id\\": 1,/)
  assert.match(
    arrived!,
    /"detail":\s*\{"id": 1, "status": "paid"\}/,
    'cat showed the webhook’s event',
  )
  assert.match(survived!, /\\"detail\\":\s*\{\\"id\\": 2,/)
  assert.match(webhook, /"detail":\s*\{"id": [12], "status": "paid"\}/)
})

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
