// Pipes that read topics, made with boto3: by AWS's address with credentials, and by a broker's name.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type Kafka, KAFKA_USER, startKafka } from '../../tools/services/kafka.ts'
import { consumeAll, createTopics, kafkaTestsLack, produce } from '../support/kafka.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const lack = kafkaTestsLack()
const skip = lack ?? false
let kafka: Kafka

before(async () => {
  if (lack === undefined) kafka = await startKafka()
})
after(() => kafka?.stop())

const SEND = `
def pipe(name, source, target, **more):
    return boto3.client('pipes', config=once).create_pipe(
        Name=name, RoleArn='arn:aws:iam::000000000000:role/pipe', Source=source, Target=target, **more)
def queue(name):
    url = sqs.create_queue(QueueName=name)['QueueUrl']
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
for name, template in ('order', '{"n": <$.body.n>, "team": "blue"}'), ('word', 'say <$.body.n>'):
    pipe(name, queue(name),
         f'kafka://main/{name}s?key=$.detail.team&mode=' + ('binary' if name == 'order' else 'plain'),
         TargetParameters={'InputTemplate': template})
    sqs.send_message(QueueUrl=queue_url(name), MessageBody='{"n":7}')
pipe('back', 'kafka://main/orders', queue('back'), TargetParameters={'InputTemplate': '<$.value>'})
result = bodies('back', 1, 40)
`

test(
  'a pipe sends what it makes of a queue to a topic, and another reads it there',
  { skip },
  async (context) => {
    createTopics(kafka, ['orders', 'words'])
    const signalbox = await Signalbox.open(context, {
      config: `brokers: { main: { type: kafka, servers: [${JSON.stringify(kafka.brokers[0])}] } }\n`,
    })
    assert.deepEqual(await signalbox.python(SEND), [{ n: 7, team: 'blue' }])
    await until('a word is there', DEADLINE_MS, () => consumeAll(kafka, 'words').length > 0)
    const [order] = consumeAll(kafka, 'orders')
    assert.equal(order!.key, 'blue')
    assert.deepEqual(JSON.parse(order!.payload), { n: 7, team: 'blue' })
    assert.equal(order!.headers['ce_source'], 'Pipe order')
    assert.equal(consumeAll(kafka, 'words')[0]!.payload, 'say 7')
  },
)

const HALF = `
import json, base64

def handler(records, context):
    """Takes even numbers, and odd ones when they come again."""
    with open(__file__ + '.seen', 'a+') as seen:
        seen.seek(0)
        before = seen.read().split()
        numbers = [json.loads(base64.b64decode(record['value']))['n'] for record in records]
        seen.write(' '.join(str(n) for n in numbers) + ' ')
    failed = [f"{r['topic']}-{r['partition']}-{r['offset']}" for r, n in zip(records, numbers)
              if n % 2 == 1 and str(n) not in before]
    return {'batchItemFailures': [{'itemIdentifier': id} for id in failed]}
`

const MAKE = `
pipes = boto3.client('pipes', config=once)
url = sqs.create_queue(QueueName='got')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
pipes.create_pipe(Name='topic', RoleArn='arn:aws:iam::000000000000:role/pipe', Target=arn,
                  Source=given['source'], SourceParameters=given['parameters'])
`

test(
  'a pipe with SASL reads a self-managed cluster in the form that AWS hands it',
  { skip },
  async (context) => {
    createTopics(kafka, ['smk'])
    const signalbox = await Signalbox.open(context, {
      config: 'secretsDir: ./secrets\n',
      files: {
        'secrets/kafka/username': KAFKA_USER.name,
        'secrets/kafka/password': KAFKA_USER.password,
        'secrets/ca/certificate': readFileSync(kafka.certificates.caFile, 'utf8'),
      },
    })
    const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret'
    const parameters = {
      SelfManagedKafkaParameters: {
        TopicName: 'smk',
        BatchSize: 10,
        Credentials: { SaslScram512Auth: `${secret}:kafka-AbCdEf` },
        ServerRootCaCertificate: `${secret}:ca-AbCdEf`,
      },
      FilterCriteria: { Filters: [{ Pattern: '{"value":{"n":[{"numeric":[">",1]}]}}' }] },
    }
    produce(kafka, 'smk', ['k1:{"n":1}', 'k2:{"n":2}'], ['-K', ':', '-H', 'team=shop'])
    const [record] = await signalbox.python<readonly Record<string, unknown>[]>(
      `${MAKE}\nresult = bodies('got', 1, 40)`,
      { source: `smk://${kafka.saslBrokers[0]}`, parameters },
    )
    const { timestamp, offset, ...rest } = record!
    assert.equal(typeof timestamp, 'number')
    assert.equal(offset, 1)
    assert.deepEqual(rest, {
      eventSource: 'SelfManagedKafka',
      bootstrapServers: kafka.saslBrokers[0],
      eventSourceKey: 'smk-0',
      topic: 'smk',
      partition: 0,
      timestampType: 'CREATE_TIME',
      key: Buffer.from('k2').toString('base64'),
      value: Buffer.from('{"n":2}').toString('base64'),
      headers: [{ team: [...Buffer.from('shop')] }],
    })
  },
)

function clusterArn(name: string): string {
  return `arn:aws:kafka:us-east-1:000000000000:cluster/${name}/0b7e8a1e-0000-4000-8000-000000000000-1`
}

test(
  'a cluster of MSK is the broker of its name, and one that is not there is named',
  { skip },
  async (context) => {
    createTopics(kafka, ['msk'])
    const signalbox = await Signalbox.open(context, {
      config: `brokers: { main: { type: kafka, servers: [${JSON.stringify(kafka.brokers[0])}] } }\n`,
    })
    produce(kafka, 'msk', ['k1:{"n":1}'], ['-K', ':'])
    const ManagedStreamingKafkaParameters = { TopicName: 'msk', StartingPosition: 'TRIM_HORIZON' }
    const parameters = { ManagedStreamingKafkaParameters }
    const seen = await signalbox.python<{ record: Record<string, unknown>; reason: string }>(
      `${MAKE}
record = bodies('got', 1, 40)[0]
pipes.create_pipe(Name='other', RoleArn='arn:aws:iam::000000000000:role/pipe', Target=arn,
                  Source=given['other'], SourceParameters=given['parameters'])
while 'StateReason' not in (other := pipes.describe_pipe(Name='other')): time.sleep(0.05)
result = dict(record=record, reason=other['StateReason'])`,
      { source: clusterArn('main'), other: clusterArn('far'), parameters },
    )
    assert.partialDeepStrictEqual(seen.record, {
      eventSource: 'aws:kafka',
      eventSourceArn: clusterArn('main'),
      bootstrapServers: kafka.brokers[0],
      topic: 'msk',
      value: Buffer.from('{"n":1}').toString('base64'),
    })
    assert.match(seen.reason, /there is no broker `far`/)
  },
)

test(
  'what a function did not take of a topic comes again, and nothing is passed over',
  { skip },
  async (context) => {
    createTopics(kafka, ['halves'])
    const signalbox = await Signalbox.open(context, {
      config: `
brokers: { main: { type: kafka, servers: [${JSON.stringify(kafka.brokers[0])}] } }
`,
      files: { 'functions/half.py': HALF },
    })
    produce(
      kafka,
      'halves',
      Array.from({ length: 20 }, (_, n) => JSON.stringify({ n })),
    )
    await signalbox.python(
      `
    pipes = boto3.client('pipes', config=once)
    pipes.create_pipe(Name='halves', RoleArn='arn:aws:iam::000000000000:role/pipe',
                      Source='smk://main:9092',
                      SourceParameters={'SelfManagedKafkaParameters': {'TopicName': 'halves'}},
                      Target='arn:aws:lambda:us-east-1:000000000000:function:half')
    path = given['folder'] + '/functions/half.py.seen'
    deadline = time.monotonic() + 60
    def seen():
        return [int(n) for n in open(path).read().split()] if os.path.exists(path) else []
    while time.monotonic() < deadline and not all(seen().count(n) >= (2 if n % 2 else 1) for n in range(20)):
        time.sleep(0.1)
    result = sorted(set(seen()))
    assert all(seen().count(n) >= 2 for n in range(1, 20, 2)), seen()
  `,
      { folder: signalbox.folder },
    )
  },
)
