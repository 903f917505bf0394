// Pipes that read streams and subjects of NATS, and send to them, made with boto3.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { type Nats, natsLacks, startNats } from '../../tools/services/nats.ts'
import { createStream, publishAll, readStream, withNats } from '../support/nats.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const skip = natsLacks() ?? false
let nats: Nats

before(async () => {
  if (skip === false) nats = await startNats()
})
after(() => nats?.stop())

function open(context: TestContext, files: Record<string, string> = {}): Promise<Signalbox> {
  return Signalbox.open(context, {
    config: `brokers: { edge: { type: nats, servers: [${JSON.stringify(nats.url)}] } }\n`,
    files,
  })
}

const MAKE = `
pipes = boto3.client('pipes', config=once)
def pipe(name, source, target, **more):
    return pipes.create_pipe(Name=name, RoleArn='arn:aws:iam::000000000000:role/pipe',
                             Source=source, Target=target, **more)
def queue(name):
    url = sqs.create_queue(QueueName=name)['QueueUrl']
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
`

test('a pipe reads a stream in a form like that of Kafka', { skip }, async (context) => {
  await createStream(nats.url, 'FORM', ['form.>'])
  await withNats(nats.url, async (connection) => {
    const all = headers()
    all.append('team', 'shop')
    all.append('team', 'yard')
    connection.publish('form.a', '{"n":1}')
    connection.publish('form.b', '{"n":2}', { headers: all })
    await connection.flush()
  })
  const signalbox = await open(context)
  const [record] = await signalbox.python<readonly Record<string, unknown>[]>(`${MAKE}
pipe('form', 'nats://edge/FORM?group=readers', queue('got'), SourceParameters={
    'FilterCriteria': {'Filters': [{'Pattern': '{"data":{"n":[{"numeric":[">",1]}]}}'}]}})
result = bodies('got', 1, 40)`)
  const { timestamp, ...rest } = record!
  assert.equal(typeof timestamp, 'number')
  assert.deepEqual(rest, {
    eventSource: 'nats',
    broker: 'edge',
    subject: 'form.b',
    stream: 'FORM',
    sequence: 2,
    deliveryCount: 1,
    headers: { team: ['shop', 'yard'] },
    data: Buffer.from('{"n":2}').toString('base64'),
  })
  await acknowledged('FORM', 'readers', 2)
})

/** So many messages of a stream were let go of by the consumer, and none is out. */
async function acknowledged(stream: string, consumer: string, count: number): Promise<void> {
  await withNats(nats.url, async (connection) => {
    const manager = await jetstreamManager(connection)
    await until(`${count} messages of ${stream} are acknowledged`, DEADLINE_MS, async () => {
      const info = await manager.consumers.info(stream, consumer)
      return info.ack_floor.stream_seq === count && info.num_ack_pending === 0
    })
  })
}

const HALF = `
import json, base64

def handler(records, context):
    """Takes even numbers, and odd ones when they come again."""
    numbers = [json.loads(base64.b64decode(record['data']))['n'] for record in records]
    with open(__file__ + '.seen', 'a') as seen:
        seen.write(''.join(f'{n} ' for n in numbers))
    failed = [f"{r['stream']}-{r['sequence']}" for r, n in zip(records, numbers)
              if n % 2 == 1 and r['deliveryCount'] == 1]
    return {'batchItemFailures': [{'itemIdentifier': id} for id in failed]}
`

test(
  'what a function did not take of a stream comes again, also to a server that was killed',
  { skip },
  async (context) => {
    await createStream(nats.url, 'HALVES', ['halves.>'])
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    await publishAll(
      nats.url,
      'halves.a',
      numbers.map((n) => JSON.stringify({ n })),
    )
    // One that is there already is read as it is; this one gives again sooner what nobody works on.
    await withNats(nats.url, async (connection) => {
      const manager = await jetstreamManager(connection)
      await manager.consumers.add('HALVES', {
        durable_name: 'half',
        ack_policy: AckPolicy.Explicit,
        ack_wait: 3e9,
        filter_subject: 'halves.*',
      })
    })
    const signalbox = await open(context, { 'functions/half.py': HALF })
    await signalbox.python(
      `${MAKE}
pipe('halves', 'nats://edge/halves.*?jetstream=true&batch=7&group=half',
     'arn:aws:lambda:us-east-1:000000000000:function:half')
path = given['folder'] + '/functions/half.py.seen'
deadline = time.monotonic() + 60
while time.monotonic() < deadline and not (os.path.exists(path) and open(path).read()):
    time.sleep(0.05)
result = None`,
      { folder: signalbox.folder },
    )
    await signalbox.end('SIGKILL')
    await signalbox.start()
    await acknowledged('HALVES', 'half', 20)
    const seen = readFileSync(join(signalbox.folder, 'functions/half.py.seen'), 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    for (const n of numbers)
      assert.ok(seen.filter((one) => one === n).length >= 1 + (n % 2), `${n}`)
  },
)

test(
  'a subject of core NATS is listened to, and what the target did not take is kept for it',
  { skip },
  async (context) => {
    const signalbox = await open(context)
    await signalbox.python(`${MAKE}
pipe('heat', 'nats://edge/heat.*', 'arn:aws:sqs:us-east-1:000000000000:later',
     TargetParameters={'InputTemplate': '{"celsius": <$.data.celsius>, "where": "<$.subject>"}'})
result = None`)
    let isOver = false
    const publishing = withNats(nats.url, async (connection) => {
      // Nobody knows when the pipe listens, so it is told until it was heard.
      await until('the message came through', DEADLINE_MS, async () => {
        connection.publish('heat.7', '{"celsius":21}')
        await connection.flush()
        return isOver
      })
    })
    await until('a message was not taken', DEADLINE_MS, async () =>
      /signalbox_pipe_records_total\{[^}]*outcome="failed"[^}]*\} [1-9]/.test(
        await (await fetch(`${signalbox.url}/metrics`)).text(),
      ),
    )
    isOver = true
    await publishing
    const [heat] = await signalbox.python<readonly unknown[]>(`${MAKE}
queue('later')
result = bodies('later', 1, 40)`)
    assert.deepEqual(heat, { celsius: 21, where: 'heat.7' })
  },
)

test(
  'a pipe sends what it makes to a stream, and says what it cannot read',
  { skip },
  async (context) => {
    await createStream(nats.url, 'SENT', ['sent.>'])
    const signalbox = await open(context)
    const [text, state] = await signalbox.python<readonly [string, string]>(`${MAKE}
pipe('out', queue('in'), 'nats://edge/sent.orders?header.team=$.detail.team',
     TargetParameters={'InputTemplate': '{"n": <$.body.n>, "team": "blue"}'})
pipe('words', queue('said'), 'nats://edge/sent.words', TargetParameters={'InputTemplate': 'say <$.body.n>'})
for name in 'in', 'said':
    sqs.send_message(QueueUrl=queue_url(name), MessageBody='{"n":7}')
def refused(**more):
    try:
        pipe('bad', **more)
    except Exception as error:
        return str(error)
assert 'nats://BROKER/STREAM' in refused(source='nats://edge/a?batch=0', target=queue('in'))
pipe('none', 'nats://edge/NOWHERE', queue('in'))
deadline = time.monotonic() + 60
state = {}
while time.monotonic() < deadline and state.get('CurrentState') != 'START_FAILED':
    state = pipes.describe_pipe(Name='none')
result = [refused(source=queue('in'), target='kafka://edge'), state['StateReason']]`)
    assert.match(text, /kafka:\/\/edge is not valid.*kafka:\/\/BROKER\/TOPIC/)
    assert.match(state, /stream `NOWHERE` does not exist/)
    await until(
      'both are stored',
      DEADLINE_MS,
      async () => (await readStream(nats.url, 'SENT')).length === 2,
    )
    const sent = await readStream(nats.url, 'SENT')
    const order = sent.find(({ subject }) => subject === 'sent.orders')!
    const words = sent.find(({ subject }) => subject === 'sent.words')!
    assert.deepEqual(JSON.parse(order.body), { n: 7, team: 'blue' })
    assert.equal(order.headers['team'], 'blue')
    assert.equal(order.headers['ce-source'], 'Pipe%20out')
    assert.equal(words.body, 'say 7')
    assert.equal(words.headers['content-type'], 'text/plain')
  },
)
