// The media downloader's infrastructure and its rule, by terraform.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MEDIA_EVENTS, mediaSchema } from '../acceptance/seed-002/schemas.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'
import { noTerraform, TerraformProject } from '../support/terraform.ts'

const BUS = 'MediaDownloaderEvents'
const REGISTRY = 'MediaDownloaderSchemas'
// The document's account has nine digits; accounts of AWS have twelve.
const CALLER = { account: '123456789012', region: 'us-west-2' }

const COMPLETED = {
  fileId: 'abc123',
  s3Key: 'videos/abc123.mp4',
  size: 1_048_576,
  contentType: 'video/mp4',
}

/** Leaves what it was called with beside the server's data. */
function notifyFunction(path: string): string {
  return `
import json

def handler(event, context):
    with open(${JSON.stringify(path)}, 'a') as notified:
        notified.write(json.dumps(event) + '\\n')
`
}

function readLines(path: string): readonly unknown[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as unknown)
}

function readTerraform(name: string): string {
  return readFileSync(new URL(`seed-002/${name}`, import.meta.url), 'utf8')
}

/** The document's infrastructure, in terraform; the function leaves what it is called with at `notified`. */
async function infrastructure(signalbox: Signalbox, notified: string): Promise<string> {
  const zip = join(signalbox.folder, 'notify.zip')
  const source = notifyFunction(notified)
  const { code, stderr } = await signalbox.program(
    `import zipfile
with zipfile.ZipFile(${JSON.stringify(zip)}, 'w') as archive:
    archive.writestr('notify.py', ${JSON.stringify(source)})
`,
  )
  assert.equal(code, 0, stderr)
  const schemas = MEDIA_EVENTS.map((event) => [event.name, mediaSchema(event)])
  const values = { schemas: Object.fromEntries(schemas) as object, zip }
  const locals = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  return `locals {\n${locals.join('\n')}\n}\n${readTerraform('infrastructure.tf')}`
}

test(
  '002.1 and 002.3 terraform makes bus, registry with four schemas, archive, and the rule and target as printed',
  { skip: noTerraform },
  async (context) => {
    const signalbox = await Signalbox.open(context, CALLER)
    const notified = join(signalbox.folder, 'notified.jsonl')
    const project = new TerraformProject(signalbox, ['events', 'lambda', 'schemas'])
    project.write(`${await infrastructure(signalbox, notified)}\n${readTerraform('rule.tf')}`)
    await project.init()
    await project.apply()
    assert.equal(await project.plan(), '')

    const bus = await signalbox.aws<{ Arn: string }>('events', 'describe-event-bus', { name: BUS })
    assert.equal(bus.Arn, `arn:aws:events:us-west-2:123456789012:event-bus/${BUS}`)
    const schemas = await signalbox.aws<{ Schemas: { SchemaName: string }[] }>(
      'schemas',
      'list-schemas',
      { 'registry-name': REGISTRY },
    )
    assert.deepEqual(
      schemas.Schemas.map(({ SchemaName }) => SchemaName).sort(),
      MEDIA_EVENTS.map(({ name }) => name).sort(),
    )
    const archive = await signalbox.aws<{ RetentionDays: number; EventSourceArn: string }>(
      'events',
      'describe-archive',
      { 'archive-name': 'MediaDownloaderArchive' },
    )
    assert.equal(archive.RetentionDays, 90)
    assert.equal(archive.EventSourceArn, bus.Arn)

    await publishCompleted(signalbox)
    await until('users are notified', DEADLINE_MS, () => readLines(notified).length > 0)
    const [event] = readLines(notified) as [Record<string, unknown>]
    assert.equal(event['detail-type'], 'FileDownloadCompleted')
    assert.deepEqual(event['detail'], COMPLETED)
  },
)

async function publishCompleted(signalbox: Signalbox): Promise<void> {
  const entry = {
    EventBusName: BUS,
    Source: 'aws.mediadownloader.download',
    DetailType: 'FileDownloadCompleted',
    Detail: JSON.stringify(COMPLETED),
  }
  await signalbox.aws('events', 'put-events', { entries: JSON.stringify([entry]) })
}
