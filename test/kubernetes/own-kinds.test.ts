// Buses, rules and archives by kubectl and by aws: one control plane, two ways to say it.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, shareSignalbox, type Signalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false

const SHOP = `
apiVersion: signalbox.dev/v1
kind: EventBus
metadata: { name: us-east-1.shop, labels: { team: a } }
spec: { description: of the shop }
`

function orders(queueArn: string, amount: number): string {
  return `
apiVersion: signalbox.dev/v1
kind: Rule
metadata: { name: us-east-1.shop.orders, labels: { team: a } }
spec:
  pattern: '{ "source": ["shop"], "detail": { "amount": [{ "numeric": [">", ${amount}] }] } }'
  targets:
    - id: queue
      address: ${queueArn}
      input: { kind: path, path: $.detail }
`
}

/** An object that two finalizers hold. */
function held(kind: string, name: string, spec: string): string {
  return `
apiVersion: signalbox.dev/v1
kind: ${kind}
metadata: { name: ${name}, finalizers: [gold.test/a, gold.test/b] }
spec: ${spec}
`
}

interface AwsRule {
  readonly Name: string
  readonly State: string
  readonly EventPattern: string
}

describe('kubectl and aws say the same thing', { skip }, () => {
  const shared = shareSignalbox()
  // The account that the namespace `default` stands for.
  const signalbox = (): Signalbox => shared().as('000000000000')
  let kubectl: Kubectl
  before(() => {
    kubectl = new Kubectl(signalbox())
  })

  test('the bus that is there without anybody making it is shown', async () => {
    const shown = await kubectl.get('get', 'buses', 'us-east-1.default', '--no-headers')
    assert.match(shown, /^us-east-1.default +default +us-east-1 /)
  })

  test('a bus and a rule that kubectl applies route events, and aws sees them', async () => {
    const queue = signalbox().queueArn('orders')
    await signalbox().python(`sqs.create_queue(QueueName='orders')`)
    assert.equal(await kubectl.apply(SHOP), 'eventbus.signalbox.dev/us-east-1.shop created\n')
    assert.match(await kubectl.apply(orders(queue, 10)), /rule.signalbox.dev\/.* created/)
    assert.match(await kubectl.apply(orders(queue, 10)), /unchanged/)
    const rule = await signalbox().aws<AwsRule>('events', 'describe-rule', {
      name: 'orders',
      'event-bus-name': 'shop',
    })
    assert.equal(rule.State, 'ENABLED')
    assert.match(rule.EventPattern, /numeric/)
    assert.match(await kubectl.apply(orders(queue, 100)), /configured/)
    await signalbox().python(`
put('shop', 'Order', {'amount': 50}, EventBusName='shop')
put('shop', 'Order', {'amount': 500}, EventBusName='shop')
`)
    const taken = await signalbox().python<unknown[]>(`result = bodies('orders', 1)`)
    assert.deepEqual(taken, [{ amount: 500 }])
  })

  test('what aws makes kubectl lists, describes, watches and explains', async (context) => {
    const watched = kubectl.follow(context, 'get', 'rules', '-w')
    await signalbox().python(`
events.create_event_bus(Name='Upper.Case')
events.put_rule(Name='All_of-it', EventPattern='{"source":["x"]}', Description='by aws')
events.create_archive(ArchiveName='kept', RetentionDays=7,
                      EventSourceArn='arn:aws:events:us-east-1:000000000000:event-bus/Upper.Case')
`)
    assert.match(await kubectl.get('get', 'buses'), /Upper\.Case +us-east-1/)
    const rules = await kubectl.get('get', 'rules,archives', '-A')
    assert.match(rules, /default +All_of-it +ENABLED +0/)
    assert.match(rules, /archive.signalbox.dev\/us-east-1.kept +kept +Upper.Case +7d/)
    assert.match(await kubectl.get('describe', 'rules'), /Description: +by aws/)
    assert.match(await kubectl.get('explain', 'rule.spec.targets'), /address\t<string> -required-/)
    await until('the watch has it', DEADLINE_MS, () => watched().includes('All_of-it'))
    assert.match(await kubectl.get('get', 'queues,schedules,topics,pipes,schemas', '-A'), /orders/)
  })

  test('what aws refuses is refused in the words of Kubernetes, and nothing is half done', async () => {
    const queue = signalbox().queueArn('orders')
    const bad = orders(queue, 1).replace('">"', '"~"').replaceAll('shop.orders', 'shop.bad')
    const refused = await kubectl.refused(['apply', '-f', '-'], bad)
    assert.match(refused, /The Rule "us-east-1.shop.bad" is invalid: spec.pattern: Invalid value/)
    const misnamed = orders(queue, 1).replace('us-east-1.shop.orders', 'orders')
    assert.match(
      await kubectl.refused(['apply', '-f', '-'], misnamed),
      /metadata.name: Invalid value: "orders": must be "us-east-1.default.orders"/,
    )
    const nowhere = orders(queue, 1).replace('us-east-1.shop.orders', 'us-east-1.none.orders')
    assert.match(await kubectl.refused(['apply', '-f', '-'], nowhere), /bus `none` does not exist/)
    assert.match(
      await kubectl.refused(['delete', 'bus', 'us-east-1.shop']),
      /still has rules; delete them first/,
    )
    assert.match(await kubectl.refused(['delete', 'queues', '--all']), /MethodNotAllowed|not allow/)
    const names = await signalbox().python<string[]>(
      `result = [one['Name'] for one in events.list_rules(EventBusName='shop')['Rules']]`,
    )
    assert.deepEqual(names, ['orders'])
  })

  test('a managed rule is its manager’s, a deleted one is gone for aws too', async () => {
    const managed = (await kubectl.get('get', 'rules', '-o', 'name'))
      .split('\n')
      .find((name) => name.includes('zz45vents') || name.includes('rchive'))
    assert.ok(managed, 'an archive has its rule')
    assert.match(await kubectl.refused(['delete', managed]), /is managed by/)
    await kubectl.get('delete', 'rule', 'us-east-1.shop.orders')
    await kubectl.get('delete', 'bus', 'us-east-1.shop')
    await kubectl.get('delete', 'archive', 'us-east-1.kept')
    const left = await signalbox().python<string[]>(`
result = [one['Name'] for one in events.list_event_buses()['EventBuses']]
`)
    assert.deepEqual(left, ['Upper.Case', 'default'])
    assert.equal(
      (await signalbox().python<unknown[]>(`result = events.list_archives()['Archives']`)).length,
      0,
    )
  })

  test('server-side apply keeps who owns what, labels select, and a bus takes two hands', async () => {
    await kubectl.apply(SHOP.replaceAll('shop', 'ssa'), '--server-side', '--field-manager=one')
    const conflict = await kubectl.refused(
      ['apply', '-f', '-', '--server-side', '--field-manager=two'],
      SHOP.replaceAll('shop', 'ssa').replace('of the ssa', 'another'),
    )
    assert.match(conflict, /conflict with "one".*\.spec\.description/s)
    await kubectl.get('label', 'bus', 'us-east-1.ssa', 'team=b', '--overwrite')
    assert.match(await kubectl.get('get', 'buses', '-l', 'team=b'), /us-east-1.ssa/)
    await signalbox().python(`events.update_event_bus(Name='ssa', Description='by aws')`)
    const bus = await kubectl.get('get', 'bus', 'us-east-1.ssa', '-o', 'yaml')
    assert.match(bus, /description: by aws/)
    assert.match(bus, /team: b/)
  })

  test('what has finalizers stays until the last is taken away, and then is gone for aws too', async () => {
    await kubectl.apply(held('EventBus', 'us-east-1.held', '{}'))
    await kubectl.apply(held('Rule', 'us-east-1.default.held', `{ pattern: '{"source":["a"]}' }`))
    await kubectl.apply(held('Archive', 'us-east-1.held', '{ bus: default, retentionDays: 1 }'))
    for (const [kind, name] of [
      ['rule', 'us-east-1.default.held'],
      ['bus', 'us-east-1.held'],
      ['archive', 'us-east-1.held'],
    ] as const) {
      await kubectl.get('delete', kind, name, '--wait=false')
      const patch = (finalizers: string): Promise<string> =>
        kubectl.get(
          'patch',
          kind,
          name,
          '--type=merge',
          '-p',
          `{"metadata":{"finalizers":${finalizers}}}`,
        )
      await patch('["gold.test/b"]')
      const marked = await kubectl.get('get', kind, name, '-o', 'jsonpath={.metadata}')
      assert.match(marked, /"deletionTimestamp":.*"finalizers":\["gold.test\/b"\]/)
      await patch('null')
      assert.match(await kubectl.refused(['get', kind, name]), /NotFound/)
    }
    const left = await signalbox().python<string[]>(`
result = [one['Name'] for one in events.list_rules()['Rules']]
result += [one['Name'] for one in events.list_event_buses()['EventBuses']]
result += [one['ArchiveName'] for one in events.list_archives()['Archives']]
`)
    assert.deepEqual(
      left.filter((name) => name.includes('held')),
      [],
    )
  })

  test('connections and subscriptions are shown, and nothing of them that is secret', async () => {
    await signalbox().python(`
import boto3
sns = boto3.client('sns')
connection = events.create_connection(Name='shop', AuthorizationType='API_KEY', AuthParameters={
    'ApiKeyAuthParameters': {'ApiKeyName': 'X-Key', 'ApiKeyValue': 'swordfish'}})
events.create_api_destination(Name='orders', ConnectionArn=connection['ConnectionArn'],
    InvocationEndpoint='https://api.test/orders', HttpMethod='PUT')
topic = sns.create_topic(Name='news')['TopicArn']
sqs.create_queue(QueueName='readers')
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=topic.replace(':sns:', ':sqs:').replace('news', 'readers'))
`)
    const table = await kubectl.get('get', 'connections,subscriptions,apidestinations', '-A')
    assert.match(table, /NAMESPACE +NAME +CONNECTION +AUTHORIZATION +STATE +AGE/)
    assert.match(table, /connection\S*\/us-east-1\.shop +shop +api-key +AUTHORIZED /)
    assert.match(table, / news +sqs +arn:aws:sqs:us-east-1:000000000000:readers +confirmed /)
    assert.match(table, /us-east-1\.orders +orders +PUT +https:\/\/api\.test\/orders /)
    for (const form of ['yaml', 'json']) {
      const all = await kubectl.get('get', 'connections,subscriptions', '-A', '-o', form)
      assert.match(all, /X-Key/)
      assert.doesNotMatch(all, /swordfish|sealed|tokenHash|sb1\./)
    }
    const shown = await kubectl.get('describe', 'connection', 'us-east-1.shop')
    assert.match(shown, /State: +AUTHORIZED/)
    assert.doesNotMatch(shown, /swordfish|Sealed/)
    assert.match(
      await kubectl.refused(['delete', 'connection', 'us-east-1.shop']),
      /does not allow this method/,
    )
  })
})
