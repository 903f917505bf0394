// A shop in terraform, over all that EventBridge's users describe there: made, found unchanged, used, changed, found
// unchanged again, and taken away. The provider itself waits 25 s for each queue, so this is a suite of its own.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'
import { noTerraform, TerraformProject } from '../support/terraform.ts'

const SHOP = new URL('shop/', import.meta.url)
const SERVICES = ['events', 'lambda', 'pipes', 'scheduler', 'schemas', 'sns', 'sqs']

/** The shop at one stage; what the two stages differ in is what a change changes. */
function shop(stage: 'one' | 'two', zip: string): string {
  const values = Object.entries({ stage, zip }).map(
    ([name, value]) => `variable "${name}" {\n  default = "${value}"\n}\n`,
  )
  const files = readdirSync(SHOP).sort()
  const texts = files.map((name) => readFileSync(new URL(name, SHOP), 'utf8'))
  return [...values, ...texts].join('\n')
}

test(
  'a shop is applied, found unchanged, used, changed and destroyed',
  { skip: noTerraform },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const zip = join(signalbox.folder, 'hello.zip')
    await signalbox.python(
      `
      import zipfile
      with zipfile.ZipFile(given, 'w') as archive:
          archive.writestr('hello.py', 'def handler(event, context):\\n    return event')
      `,
      zip,
    )
    const project = new TerraformProject(signalbox, SERVICES)
    project.write(shop('one', zip))
    await project.init()
    assert.match(await project.plan(), /Plan: \d+ to add, 0 to change, 0 to destroy/)
    await project.apply()
    assert.equal(await project.plan(), '')

    const used = await signalbox.python<{ rule: unknown; pipe: unknown }>(`
    put('shop', 'Order Placed', {'id': 'a', 'total': 5}, EventBusName='orders')
    put('shop', 'Order Placed', {'id': 'b', 'total': 50}, EventBusName='orders')
    rule = bodies('orders', 1)
    events.put_rule(Name='piped', EventBusName='orders',
                    EventPattern=json.dumps({'source': ['shop.pipe']}))
    arn = sqs.get_queue_attributes(QueueUrl=queue_url('letters'), AttributeNames=['QueueArn'])
    events.put_targets(Rule='piped', EventBusName='orders', Targets=[
        {'Id': 'q', 'Arn': arn['Attributes']['QueueArn'], 'InputPath': '$.detail'}])
    sqs.send_message(QueueUrl=queue_url('inbox'),
                     MessageBody=json.dumps({'kind': 'order', 'id': 'c'}))
    pipe = bodies('letters', 1)
    events.remove_targets(Rule='piped', EventBusName='orders', Ids=['q'])
    events.delete_rule(Name='piped', EventBusName='orders')
    result = dict(rule=rule, pipe=pipe)
  `)
    assert.deepEqual(used, { rule: [{ order: 'b', stage: 'one' }], pipe: [{ id: 'c' }] })

    project.write(shop('two', zip))
    assert.match(await project.plan(), /Plan: 0 to add, \d+ to change, 0 to destroy/)
    await project.apply()
    assert.equal(await project.plan(), '')
    await project.destroy()
    const left = await signalbox.python<readonly string[]>(`
    pipes, schemas, functions = [boto3.client(name) for name in ['pipes', 'schemas', 'lambda']]
    result = ([bus['Name'] for bus in events.list_event_buses()['EventBuses']]
              + [pipe['Name'] for pipe in pipes.list_pipes()['Pipes']]
              + [r['RegistryName'] for r in schemas.list_registries(Scope='LOCAL')['Registries']]
              + [f['FunctionName'] for f in functions.list_functions()['Functions']]
                + sqs.list_queues().get('QueueUrls', []))
  `)
    assert.deepEqual(left, ['default', 'discovered-schemas'])
  },
)
