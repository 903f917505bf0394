// The README's first minute, pasted.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMarkedBlocks } from '../../tools/marked-blocks.ts'
import { readText } from '../../tools/tree.ts'
import { makeCheckout, Terminals } from '../support/terminals.ts'

const hasAws = spawnSync('aws', ['--version']).status === 0
const skip = hasAws ? false : 'no aws CLI on this machine'

test('the README’s 60 seconds, pasted, do what it says', { skip }, async (context) => {
  const checkout = makeCheckout(context)
  const terminals = await Terminals.open(context, checkout)
  const printed: string[] = []
  for (const block of readMarkedBlocks(readText('README.md'))) {
    // The install is what npm test itself ran on; test/clients/install.test.ts tries it from nothing.
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
