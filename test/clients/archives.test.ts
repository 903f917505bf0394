// Archives, replays and the reset by our own command line, against a server process.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signalbox, until, DEADLINE_MS } from '../support/signalbox.ts'

interface Replay {
  readonly state: string
  readonly events: number
  readonly progress: number
}

test('an archive is made, looked into and replayed from the command line', async (context) => {
  const signalbox = await Signalbox.open(context)
  await signalbox.python(
    `
    sqs.create_queue(QueueName='replayed')
    route('replays', {'replay-name': [{'exists': True}]}, {'Id': 'queue', 'Arn': given})
    `,
    signalbox.queueArn('replayed'),
  )
  await signalbox.cli(
    'archive',
    'create',
    'orders',
    '--pattern',
    '{"source":["shop"]}',
    '--days',
    '7',
  )
  await signalbox.python(`
    for n in range(150):
        put('shop' if n % 2 == 0 else 'other', 'Order', {'n': n})
  `)
  const [archive] = lines(await signalbox.cli('archive', 'ls', '-o', 'json'))
  assert.deepEqual(
    [archive!['name'], archive!['events'], archive!['retentionDays']],
    ['orders', 75, 7],
  )
  assert.match(await signalbox.cli('archive', 'show', 'orders'), /75 events.*kept 7 days/)
  const events = lines(
    await signalbox.cli('archive', 'events', 'orders', '--limit', '120', '-o', 'json'),
  )
  assert.deepEqual(
    events.map(({ detail }) => (detail as { n: number }).n),
    Array.from({ length: 75 }, (_, index) => index * 2),
  )
  const [replay] = lines(
    await signalbox.cli(
      'replay',
      'start',
      'orders',
      '--name',
      'again',
      '--from',
      '1h',
      '--rule',
      'replays',
      '--watch',
      '-o',
      'json',
    ),
  )
  const { state, events: count, progress } = replay as unknown as Replay
  assert.deepEqual({ state, count, progress }, { state: 'COMPLETED', count: 75, progress: 1 })
  const got = await signalbox.python<number>(`result = len(bodies('replayed', 75))`)
  assert.equal(got, 75)
  assert.match(
    await signalbox.cli('replay', 'ls'),
    /^again {2}COMPLETED {2}orders → .*rule\/replays {2}75 events$/,
  )
  await assert.rejects(
    signalbox.cli('replay', 'cancel', 'again'),
    /ended with 5: .*it is `COMPLETED`/,
  )
  await assert.rejects(signalbox.cli('replay', 'watch', 'none'), /ended with 3: /)
  const metrics = await (await fetch(`${signalbox.url}/metrics`)).text()
  assert.match(metrics, /^signalbox_archive_events_total 75$/m)
  assert.match(metrics, /^signalbox_archive_replayed_events_total 75$/m)
  await signalbox.cli('archive', 'delete', 'orders')
  assert.equal(await signalbox.cli('archive', 'ls'), '')
})

test('a reset takes everything, also under traffic, and the server goes on', async (context) => {
  const signalbox = await Signalbox.open(context)
  await assert.rejects(signalbox.cli('reset'), /ended with 2: /)
  const fill = `
    sqs.create_queue(QueueName='orders')
    events.create_event_bus(Name='shop')
    route('all', {'source': ['shop']}, {'Id': 'queue', 'Arn': given}, bus='shop')
    events.create_archive(ArchiveName='orders',
                          EventSourceArn=events.describe_event_bus(Name='shop')['Arn'])
    for n in range(20):
        put('shop', 'Order', {'n': n}, EventBusName='shop')
    result = [len(take('orders', 20)),
              events.describe_archive(ArchiveName='orders')['EventCount']]
    `
  const queue = signalbox.queueArn('orders')
  assert.deepEqual(await signalbox.python(fill, queue), [20, 20])
  // Somebody goes on putting: each event is taken or refused, and none of them harms the server.
  const traffic = signalbox.python<number>(`
    taken = 0
    for n in range(200):
        try:
            put('shop', 'Order', {'n': n}, EventBusName='shop')
            taken += 1
        except Exception:
            pass
    result = taken
  `)
  for (let round = 0; round < 3; round += 1) await signalbox.cli('reset', '--yes')
  assert.ok((await traffic) > 0)
  await signalbox.cli('reset', '--yes')
  const left = await signalbox.python(`
    result = [events.list_archives()['Archives'], sqs.list_queues().get('QueueUrls', []),
              [bus['Name'] for bus in events.list_event_buses()['EventBuses']],
              events.list_replays()['Replays']]
  `)
  assert.deepEqual(left, [[], [], ['default'], []])
  assert.deepEqual(await signalbox.python(fill, queue), [20, 20])
})

test('a replay that is cut short by kill -9 leaves nothing out and repeats nothing', async (context) => {
  const signalbox = await Signalbox.open(context)
  const queue = signalbox.queueArn('replayed')
  await signalbox.python(
    `
    sqs.create_queue(QueueName='replayed')
    route('replays', {'replay-name': [{'exists': True}]}, {'Id': 'queue', 'Arn': given})
    `,
    queue,
  )
  await signalbox.cli('archive', 'create', 'orders')
  await signalbox.python(`
    for start in range(0, 1000, 10):
        events.put_events(Entries=[dict(Source='shop', DetailType='Order',
            Detail=json.dumps({'n': start + n})) for n in range(10)])
  `)
  await signalbox.cli('replay', 'start', 'orders', '--name', 'again', '--rate', '500')
  for (const wanted of [250]) {
    await until(
      `${wanted} events`,
      DEADLINE_MS,
      async () => (await replayOf(signalbox)).events >= wanted,
    )
    await signalbox.end('SIGKILL')
    await signalbox.start()
  }
  await until('the end', DEADLINE_MS, async () => (await replayOf(signalbox)).state === 'COMPLETED')
  const got = await signalbox.python<number[]>(
    `result = [event['detail']['n'] for event in bodies('replayed', 1000)]`,
  )
  const wanted = Array.from({ length: 1000 }, (_, index) => index)
  assert.deepEqual(
    [...new Set(got)].sort((a, b) => a - b),
    wanted,
  )
  const { count } = await signalbox.python<{ count: number }>(
    `result = dict(count=events.describe_archive(ArchiveName='orders')['EventCount'])`,
  )
  assert.equal(count, 1000)
})

async function replayOf(signalbox: Signalbox): Promise<Replay> {
  const [replay] = lines(await signalbox.cli('replay', 'ls', '-o', 'json'))
  return replay as unknown as Replay
}

function lines(text: string): readonly Record<string, unknown>[] {
  return text === ''
    ? []
    : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
}
