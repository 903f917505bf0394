// The media downloader's typed events: the registry with its four schemas, the publishers made of them, quicktype
// over what the aws CLI prints, and versions that rules can ask for.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runCli } from '../../src/cli/index.ts'
import { createTestIo } from '../../src/cli/testing.ts'
import { Signalbox } from '../support/signalbox.ts'
import { MEDIA_EVENTS, mediaSchema } from './seed-002/schemas.ts'

const REGISTRY = 'MediaDownloaderSchemas'
const BUS = 'MediaDownloaderEvents'

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A command of ours, asked of this server, in its folder. */
async function command(signalbox: Signalbox, ...argv: readonly string[]): Promise<Ended> {
  const io = createTestIo({ cwd: signalbox.folder })
  const code = await runCli([...argv, '--endpoint-url', signalbox.url], io)
  return { code, out: io.out.text, err: io.err.text }
}

async function openMedia(context: TestContext): Promise<Signalbox> {
  const files = MEDIA_EVENTS.map((event) => [`schemas/${event.name}.json`, mediaSchema(event)])
  const signalbox = await Signalbox.open(context, { files: Object.fromEntries(files) })
  await signalbox.aws('events', 'create-event-bus', { name: BUS })
  const paths = MEDIA_EVENTS.map(({ name }) => `schemas/${name}.json`)
  const pushed = await command(signalbox, 'schema', 'push', ...paths, '--registry', REGISTRY)
  assert.equal(pushed.code, 0, pushed.err)
  return signalbox
}

const PUBLISH = `
import {
  publish,
  publishFileDownloadCompleted,
  publishFileDownloadFailed,
  publishFileDownloadStarted,
  publishFileMetadataReady,
} from './events.ts'

const ids = [
  await publishFileMetadataReady({
    fileId: 'abc123', title: 't', description: 'd', authorName: 'n', authorUser: 'u',
    publishDate: '2026-01-31T12:00:00Z', contentType: 'video/mp4', size: 1048576,
  }),
  await publishFileDownloadStarted({ fileId: 'abc123', timestamp: 1 }),
  await publishFileDownloadCompleted({
    fileId: 'abc123',
    s3Key: 'videos/abc123.mp4',
    size: 1048576,
    contentType: 'video/mp4'
  }),
  await publishFileDownloadFailed({ fileId: 'abc123', error: 'e', timestamp: 2 }),
]
let requests = 0
const send = globalThis.fetch
globalThis.fetch = (...given) => {
  requests += 1
  return send(...given)
}
const results = await publish(Array.from({ length: 25 }, (_, index) => ({
  type: 'FileDownloadStarted', source: 'aws.mediadownloader.download',
  detail: { fileId: String(index), timestamp: index },
} as const)))
console.log(JSON.stringify({ ids, requests, kept: results.filter(({ id }) => id !== undefined).length }))
`

test('002.2 the four helpers are generated with the printed fields, and publish, ten at a time', async (context) => {
  const signalbox = await openMedia(context)
  const args = ['--registry', REGISTRY, '--bus', BUS, '--out', 'events.ts']
  const generated = await command(signalbox, 'types', 'generate', ...args)
  assert.equal(generated.code, 0, generated.err)
  assert.match(generated.err, /4 types of events in events\.ts/)
  const module = readFileSync(join(signalbox.folder, 'events.ts'), 'utf8')
  for (const { name, fields, optional } of MEDIA_EVENTS) {
    const [, body] = new RegExp(`export interface ${name}Detail \\{\\n(.*?)\\}`, 's').exec(module)!
    const wanted = Object.entries(fields).map(
      ([field, type]) => `  readonly ${field}${optional.includes(field) ? '?' : ''}: ${type}\n`,
    )
    assert.equal(body, wanted.join(''))
  }
  await signalbox.python(
    `
    sqs.create_queue(QueueName='consumer')
    route('all', {'source': [{'prefix': 'aws.mediadownloader'}]}, {'Id': 'q', 'Arn': given['queue']},
          bus=given['bus'])
    `,
    { queue: signalbox.queueArn('consumer'), bus: BUS },
  )
  signalbox.write('publish.ts', PUBLISH)
  const { ids, requests, kept } = JSON.parse(await node(signalbox, 'publish.ts')) as {
    ids: string[]
    requests: number
    kept: number
  }
  assert.deepEqual({ requests, kept }, { requests: 3, kept: 25 })
  const arrived = await signalbox.python<{ id: string; 'detail-type': string; detail: unknown }[]>(
    `result = bodies('consumer', 29)`,
  )
  assert.deepEqual(
    arrived.slice(0, 4).map((event) => [event.id, event['detail-type']]),
    MEDIA_EVENTS.map(({ name }, index) => [ids[index], name]),
  )
  assert.deepEqual(arrived[2]!.detail, {
    fileId: 'abc123',
    s3Key: 'videos/abc123.mp4',
    size: 1048576,
    contentType: 'video/mp4',
  })
})

test('002.6 quicktype takes what the aws CLI prints of a schema', async (context) => {
  const signalbox = await openMedia(context)
  const name = { 'registry-name': REGISTRY, 'schema-name': 'FileDownloadCompleted' }
  const printed = await signalbox.aws<{ Content: string }>('schemas', 'describe-schema', name)
  assert.deepEqual(JSON.parse(printed.Content), JSON.parse(mediaSchema(MEDIA_EVENTS[2]!)))
  signalbox.write('schema.json', JSON.stringify(printed, undefined, 4))
  const quicktype = await quicktypeOf(signalbox)
  if (quicktype !== undefined) return context.skip(`quicktype cannot be had here: ${quicktype}`)
  const types = readFileSync(join(signalbox.folder, 'types.ts'), 'utf8')
  assert.match(types, /export interface \w+ \{[^}]*Content:\s+string/)
})

test('002.7 a breaking change is major, an addition minor, and a rule gets the versions that it asks for', async (context) => {
  const signalbox = await openMedia(context)
  const event = MEDIA_EVENTS[1]!
  const name = `${REGISTRY}/${event.name}`
  await signalbox.python(
    `
    for name in ['any', 'first', 'second']:
        sqs.create_queue(QueueName=name)
        route(name, {'detail-type': ['FileDownloadStarted']}, {'Id': 'q', 'Arn': given['queues'] + name},
              bus=given['bus'])
    `,
    { queues: signalbox.queueArn(''), bus: BUS },
  )
  const bus = ['--bus', BUS]
  for (const [rule, range] of [
    ['first', '^1'],
    ['second', '^2'],
  ] as const) {
    assert.equal((await command(signalbox, 'schema', 'require', rule, range, ...bus)).code, 0)
  }
  const on = [
    'reject',
    '--registry',
    REGISTRY,
    '--dead-letter',
    signalbox.queueArn('refused'),
    ...bus,
  ]
  await signalbox.aws('sqs', 'create-queue', { 'queue-name': 'refused' })
  assert.equal((await command(signalbox, 'schema', 'validate', ...on)).code, 0)

  const push = async (more: Partial<typeof event>, ...args: readonly string[]): Promise<Ended> => {
    signalbox.write('FileDownloadStarted.json', mediaSchema({ ...event, ...more }))
    return command(
      signalbox,
      'schema',
      'push',
      'FileDownloadStarted.json',
      '--registry',
      REGISTRY,
      ...args,
    )
  }
  const put = (detail: object): Promise<unknown> =>
    signalbox.python(
      `
      answer = events.put_events(Entries=[dict(Source='aws.mediadownloader.download', EventBusName=given['bus'],
          DetailType='FileDownloadStarted', Detail=json.dumps(given['detail']))])
      result = [answer['FailedEntryCount'], answer['Entries'][0].get('ErrorCode'),
                answer['Entries'][0].get('ErrorMessage')]
      `,
      { bus: BUS, detail },
    )

  assert.deepEqual(await put({ fileId: 'a', timestamp: 1 }), [0, null, null])
  const added = { fields: { ...event.fields, userId: 'string' as const }, optional: ['userId'] }
  assert.match((await push(added)).out, new RegExp(`^${name} 1\\.1\\.0 \\(version 2\\)`))
  assert.deepEqual(await put({ fileId: 'b', timestamp: 1, userId: 'u' }), [0, null, null])

  // What breaks is refused where that is asked for, with every fault, and a major version where it is not.
  const refused = await push({ ...added, optional: [] }, '--mode', 'full')
  assert.equal(refused.code, 1)
  assert.match(refused.out, /\$\.detail\.userId is required now \(backward\)/)
  assert.match((await push({ ...added, optional: [] })).out, /2\.0\.0 \(version 3\)/)
  assert.deepEqual(await put({ fileId: 'c', timestamp: 1, userId: 'u' }), [0, null, null])
  assert.deepEqual(await put({ fileId: 'd', timestamp: 'late' }), [
    1,
    'SchemaValidationFailed',
    "expected `$.detail` to have required property 'userId'; expected `$.detail.timestamp` to be number",
  ])

  const seen = await signalbox.python<{ letters: { body: { detail: unknown }; why: string }[] }>(
    `
    def ids(name, count):
        return [body['detail']['fileId'] for body in bodies(name, count)]
    result = dict(any=ids('any', 3), first=ids('first', 2), second=ids('second', 1),
                  more=[not is_empty(name) for name in ['any', 'first', 'second']],
                  letters=[dict(body=json.loads(letter['Body']),
                                why=letter['MessageAttributes']['ERROR_MESSAGE']['StringValue'],
                                version=letter['MessageAttributes']['SCHEMA_VERSION']['StringValue'])
                           for letter in take('refused', 1)])
    `,
  )
  const { letters, ...arrived } = seen
  assert.deepEqual(arrived, {
    any: ['a', 'b', 'c'],
    first: ['a', 'b'],
    second: ['c'],
    more: [false, false, false],
  })
  assert.deepEqual(
    letters.map(({ body, ...rest }) => ({ ...rest, detail: body.detail })),
    [
      {
        why: "expected `$.detail` to have required property 'userId'; expected `$.detail.timestamp` to be number",
        version: '2.0.0',
        detail: { fileId: 'd', timestamp: 'late' },
      },
    ],
  )
})

/** What a program of Node, which takes TypeScript as it is, prints. */
function node(signalbox: Signalbox, file: string): Promise<string> {
  const options = { cwd: signalbox.folder, env: signalbox.environment(), timeout: 30_000 }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(stderr))
    })
  })
}

/** Runs the printed command over `schema.json`; answers why it cannot. */
function quicktypeOf(signalbox: Signalbox): Promise<string | undefined> {
  const args = ['--yes', '--ignore-scripts', 'quicktype@26.0.0', 'schema.json', '-o', 'types.ts']
  return new Promise((resolve) => {
    execFile('npx', args, { cwd: signalbox.folder, timeout: 120_000 }, (error, _stdout, stderr) => {
      resolve(error === null ? undefined : stderr.trim().split('\n').at(-1))
    })
  })
}
