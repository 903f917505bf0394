// The customer registration of Knapscen: its events come by NATS, published as the document says.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { test } from 'node:test'
import { ROOT } from '../../tools/tree.ts'
import { natsCliLacks, natsCliPath } from '../support/nats-cli.ts'
import { Signalbox } from '../support/signalbox.ts'

/** As it stands in the document, kept here as people have it. */
const PUBLISH = `nats pub customer-saved '{
  "specversion": "1.0",
  "type": "disco.knapscen.customer.saved",
  "source": "knapscen.disco",
  "subject": "550e8400-e29b-41d4-a716-446655440000",
  "id": "test-event-001",
  "time": "'$(date -u +"%Y-%m-%dT%H:%M:%SZ")'",
  "datacontenttype": "application/json",
  "data": {
    "name": "Test Company",
    "subscription_tier": "basic"
  }
}'`

test('003 the command run here is that of the document', (context) => {
  const [path] = globSync(join(ROOT, '../shared/seeds/003*'))
  if (path === undefined) return context.skip('the document is not beside this checkout')
  assert.ok(readFileSync(path, 'utf8').includes(PUBLISH))
})

test(
  '003.3 `nats pub customer-saved` arrives, and a rule routes it to a queue',
  { skip: natsCliLacks() ?? false },
  async (context) => {
    const signalbox = await Signalbox.open(context, { config: 'nats: { listen: on, port: 0 }' })
    await signalbox.python(
      `
      sqs.create_queue(QueueName='customers')
      route('basic', {'source': ['knapscen.disco'], 'detail': {'subscription_tier': ['basic']}},
            {'Id': 'queue', 'Arn': given})
      `,
      signalbox.queueArn('customers'),
    )
    const url = /nats +(nats:\/\/\S+)/.exec(signalbox.output)![1]!
    const env = { ...process.env, NATS_URL: url, XDG_CONFIG_HOME: '/nonexistent' }
    await promisify(execFile)('bash', ['-c', `nats() { ${natsCliPath()} "$@"; }\n${PUBLISH}`], {
      env,
    })
    const [event] = await signalbox.python<Record<string, unknown>[]>(
      `result = bodies('customers', 1)`,
    )
    const { id, source, detail } = event!
    assert.deepEqual(
      { id, type: event!['detail-type'], source, detail },
      {
        id: 'test-event-001',
        type: 'disco.knapscen.customer.saved',
        source: 'knapscen.disco',
        detail: { name: 'Test Company', subscription_tier: 'basic' },
      },
    )
  },
)
