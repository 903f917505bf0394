// Every sort of step, by a real server: an endpoint is called, a function runs, a choice is made, an event is put and
// another awaited; and what happens is told on the bus.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { applyManifest, findObject } from '../support/manifests.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const API = 'elemental.aws.livewyer.io/v1alpha1'
const GREET = `
def handler(event, context):
    return {'greeting': 'hello ' + event['who'], 'key': event['idempotencyKey']}
`

const template = (url: string): string => `
apiVersion: ${API}
kind: WorkflowTemplate
metadata: { name: order, namespace: default }
spec:
  steps:
    - name: ask
      uses: http
      retry: { attempts: 2, delay: 50ms }
      with: { url: '${url}/orders', method: PUT, headers: { X-Show: '{{ show }}' }, body: { show: '{{ show }}' } }
    - name: which
      uses: choice
      with: { cases: [{ greaterThan: 5, run: [large] }], otherwise: [small] }
      dependsOn: [{ key: value, source: { step: ask, key: output.body.size } }]
    - { name: small, uses: function, with: { name: greet, payload: { who: nobody } } }
    - { name: large, uses: function, with: { name: greet, payload: { who: '{{ show }}' } } }
    - name: told
      uses: event
      with: { source: shop, detailType: Ordered, detail: { show: '{{ show }}' } }
      dependsOn: [{ key: detail.greeting, source: { step: large, key: output.payload.greeting } }]
    - { name: pause, uses: wait, with: { for: 100ms } }
    - { name: go, uses: wait, with: { event: { pattern: { source: [shop], detail-type: [Go] } } } }
    - name: note
      resources:
        - name: note
          spec: { apiVersion: v1, kind: ConfigMap }
          dependsOn: [{ key: data.greeting, source: { step: large, key: output.payload.greeting } }]
`

const EVENT = `
apiVersion: ${API}
kind: Event
metadata: { name: news, namespace: default }
spec: { workflowTemplate: { id: order, parameters: { show: news } } }
`

interface Called {
  readonly method: string | undefined
  readonly key: string | undefined
  readonly show: string | undefined
  readonly body: unknown
}

/** Answers the first call with a failure, and the others with an order. */
async function openShop(context: TestContext): Promise<{ url: string; calls: readonly Called[] }> {
  const calls: Called[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, headers } = request
    calls.push({
      method,
      key: headers['idempotency-key']?.toString(),
      show: headers['x-show']?.toString(),
      body: JSON.parse(Buffer.concat(chunks).toString()),
    })
    response.writeHead(calls.length === 1 ? 503 : 200).end(JSON.stringify({ size: 7 }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.closeAllConnections())
  context.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}

interface Step {
  readonly name: string
  readonly phase: string
  readonly attempt: number
}

async function stepsOf(signalbox: Signalbox): Promise<ReadonlyMap<string, Step>> {
  const key = { apiVersion: API, kind: 'Workflow', namespace: 'default', name: 'news' }
  const found = await findObject(signalbox, key)
  const { run } = (found?.['status'] ?? {}) as { run?: { steps: readonly Step[] } }
  return new Map((run?.steps ?? []).map((step) => [step.name, step]))
}

test('steps call, choose, run functions, put and await events, and the bus hears of it', async (context) => {
  const shop = await openShop(context)
  const files = { 'functions/greet.py': GREET }
  const signalbox = (await Signalbox.open(context, { files })).as('000000000000')
  await signalbox.python(
    `
for name in ['said', 'news']: sqs.create_queue(QueueName=name)
route('said', {'source': ['shop'], 'detail-type': ['Ordered']}, {'Id': 'q', 'Arn': given['said']})
route('news', {'source': ['io.signalbox.workflow']}, {'Id': 'q', 'Arn': given['news']})
`,
    { said: signalbox.queueArn('said'), news: signalbox.queueArn('news') },
  )
  await applyManifest(signalbox, template(shop.url))
  await applyManifest(signalbox, EVENT)
  await until('it waits for the event', DEADLINE_MS, async () => {
    return (await stepsOf(signalbox)).get('go')?.phase === 'Running'
  })
  await signalbox.python(`put('shop', 'Go', {})`)
  await until('it has completed', DEADLINE_MS, async () => {
    return (await stepsOf(signalbox)).get('note')?.phase === 'Succeeded'
  })

  const steps = await stepsOf(signalbox)
  assert.equal(steps.get('ask')?.attempt, 2)
  assert.deepEqual([steps.get('small')?.phase, steps.get('large')?.phase], ['Skipped', 'Succeeded'])
  const [first, second] = shop.calls
  assert.deepEqual([first!.method, first!.show, first!.body], ['PUT', 'news', { show: 'news' }])
  assert.ok(first!.key !== undefined && first!.key === second!.key, 'one key for all attempts')
  const note = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'note' }
  assert.deepEqual((await findObject(signalbox, note))!['data'], { greeting: 'hello news' })

  const [said] = await signalbox.python<readonly { detail: object }[]>(`result = bodies('said', 1)`)
  assert.deepEqual(said!.detail, { show: 'news', greeting: 'hello news' })
  const news = await signalbox.python<readonly { 'detail-type': string; detail: News }[]>(`
result = bodies('news', 1)
while result[-1]['detail-type'] != 'io.signalbox.workflow.completed': result += bodies('news', 1)
`)
  const told = (what: string): readonly News[] =>
    news
      .filter((one) => one['detail-type'].endsWith(`workflow.${what}`))
      .map(({ detail }) => detail)
  assert.equal(told('started').length, 1)
  assert.deepEqual(
    told('step.completed').map(({ step }) => step),
    ['ask', 'which', 'large', 'told', 'pause', 'go', 'note'],
  )
  const { workflow, event, template: of, status } = told('completed')[0]!
  assert.deepEqual([workflow, event, of, status], ['news', 'news', 'order', 'Completed'])
})

interface News {
  readonly workflow: string
  readonly event: string
  readonly template: string
  readonly status: string
  readonly step?: string
}

test('a workflow that fails is told on the bus, and one written by hand runs without a template', async (context) => {
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  await signalbox.python(
    `
sqs.create_queue(QueueName='failed')
route('failed', {'detail-type': ['io.signalbox.workflow.failed']}, {'Id': 'q', 'Arn': given})
`,
    signalbox.queueArn('failed'),
  )
  await applyManifest(
    signalbox,
    `
apiVersion: ${API}
kind: Workflow
metadata: { name: by-hand, namespace: default }
spec:
  steps:
    - name: note
      resources: [{ name: note, spec: { apiVersion: v1, kind: ConfigMap, data: { a: b } } }]
    - { name: call, uses: function, retry: { attempts: 0 }, with: { name: nobody } }
`,
  )
  const [failed] = await signalbox.python<readonly { detail: News & { message: string } }[]>(
    `result = bodies('failed', 1)`,
  )
  assert.equal(failed!.detail.workflow, 'by-hand')
  assert.match(failed!.detail.message, /step `call`: .*nobody/)
  const key = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'note' }
  assert.deepEqual((await findObject(signalbox, key))!['data'], { a: 'b' })
})
