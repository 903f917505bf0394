// The NATS listener of `dev`, used by the `nats` command.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { natsCli, natsCliLacks, natsListen } from '../support/nats-cli.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const skip = natsCliLacks() ?? false
const config = 'nats: { listen: on, port: 0 }'

test(
  'what a rule sends to a subject is heard by `nats sub`, as a CloudEvent',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context, { config })
    const url = natsUrl(signalbox)
    const heard = await natsListen(context, url, 'sub', 'orders.>')
    await signalbox.python(`route('all', {'source': ['shop']}, {
    'Id': 'nats', 'Arn': 'nats://local/orders.placed?header.team=blue'})
put('shop', 'OrderPlaced', {'id': 7})`)
    await until('the event is heard', DEADLINE_MS, () => heard().includes('{"id": 7}'))
    assert.match(heard(), /Received on "orders\.placed"/)
    for (const header of [
      'Ce-Type: OrderPlaced',
      'Ce-Source: shop',
      'Ce-Specversion: 1.0',
      'Team: blue',
    ])
      assert.ok(heard().toLowerCase().includes(header.toLowerCase()), heard())
  },
)

test(
  'what is published is heard by subscribers and is an event of the default bus',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context, { config })
    const url = natsUrl(signalbox)
    await signalbox.python(
      `
    sqs.create_queue(QueueName='all')
    route('all', {'detail-type': [{'prefix': 'sensor.'}]}, {'Id': 'q', 'Arn': given})
    `,
      signalbox.queueArn('all'),
    )
    const heard = await natsListen(context, url, 'sub', 'sensor.*.heat')
    await natsCli(url, 'pub', 'sensor.7.heat', '{"celsius":21}')
    await natsCli(
      url,
      'pub',
      'sensor.8.name',
      'kitchen',
      '-H',
      'ce-specversion:1.0',
      '-H',
      'ce-id:1',
      '-H',
      'ce-source:/house',
      '-H',
      'ce-type:sensor.named',
      '-H',
      'content-type:text/plain',
    )
    await until('it is heard', DEADLINE_MS, () => heard().includes('{"celsius":21}'))
    const [plain, named] =
      await signalbox.python<Record<string, unknown>[]>(`result = bodies('all', 2)`)
    assert.deepEqual(
      [plain!['detail-type'], plain!['source'], plain!['detail']],
      ['sensor.7.heat', 'local/sensor.7.heat', { celsius: 21 }],
    )
    assert.deepEqual([named!['detail-type'], named!['source']], ['sensor.named', '/house'])
  },
)

test('a request is answered, and one that nobody answers says so', { skip }, async (context) => {
  const signalbox = await Signalbox.open(context, { config })
  const url = natsUrl(signalbox)
  await natsListen(context, url, 'reply', 'help', 'here I am')
  assert.match(await natsCli(url, 'request', 'help', 'please'), /here I am/)
  assert.match(await natsCli(url, 'request', 'nobody', 'please'), /No responders/i)
})

test('a port that is taken leaves the server without it, and says so', async (context) => {
  const other = createServer().listen(0, '127.0.0.1')
  context.after(() => other.close())
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? address!.port : 0
  const signalbox = await Signalbox.open(context, { config: `nats: { port: ${port} }` })
  assert.match(signalbox.output, /the NATS listener is off, its port cannot be had/)
  assert.equal((await fetch(`${signalbox.url}/readyz`)).status, 200)
})

function natsUrl(signalbox: Signalbox): string {
  return /nats +(nats:\/\/\S+)/.exec(signalbox.output)![1]!
}
