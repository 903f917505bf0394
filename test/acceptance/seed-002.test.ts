// The media downloader: the client of the AWS SDK that its integration tests use. Its infrastructure is made by
// test/terraform/seed-002.test.ts.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const BUS = 'MediaDownloaderEvents'
// The document's account has nine digits; accounts of AWS have twelve.
const CALLER = { account: '123456789012', region: 'us-west-2' }

const COMPLETED = {
  fileId: 'abc123',
  s3Key: 'videos/abc123.mp4',
  size: 1_048_576,
  contentType: 'video/mp4',
}

function readLines(path: string): readonly unknown[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as unknown)
}

test('002.9 the client of the AWS SDK, pointed here, publishes and the consumer has the event', async (context) => {
  const signalbox = await Signalbox.open(context, {
    ...CALLER,
    files: { 'functions/consumer.py': CONSUMER },
  })
  await signalbox.python(
    `
    events.create_event_bus(Name=given)
    route('all', {'detail-type': ['FileDownloadCompleted']},
          {'Id': 'f', 'Arn': 'arn:aws:lambda:us-west-2:123456789012:function:consumer'}, bus=given)
    `,
    BUS,
  )
  const client = new EventBridgeClient({
    endpoint: signalbox.url,
    region: CALLER.region,
    credentials: { accessKeyId: CALLER.account, secretAccessKey: 'test' },
  })
  context.after(() => client.destroy())
  const { FailedEntryCount, Entries } = await client.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: BUS,
          Source: 'aws.mediadownloader.download',
          DetailType: 'FileDownloadCompleted',
          Detail: JSON.stringify(COMPLETED),
        },
      ],
    }),
  )
  assert.equal(FailedEntryCount, 0)
  const seen = join(signalbox.folder, 'functions/consumer.py.events')
  await until('the consumer has it', DEADLINE_MS, () => readLines(seen).length > 0)
  const [event] = readLines(seen) as [{ id: string; detail: unknown }]
  assert.equal(event.id, Entries![0]!.EventId)
  assert.deepEqual(event.detail, COMPLETED)
})

const CONSUMER = `
import json

def handler(event, context):
    with open(__file__ + '.events', 'a') as seen:
        seen.write(json.dumps(event) + '\\n')
`
