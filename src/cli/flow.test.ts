import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runCli } from './index.ts'
import { createTestIo } from './testing.ts'

const FAILED = {
  namespace: 'default',
  name: 'news',
  template: 'stream',
  phase: 'Failed',
  step: 'packaging',
  stepsCompleted: 1,
  stepsTotal: 3,
  resourcesCreated: 2,
  startedAt: 0,
  message: 'step `packaging`: no such account',
}
const REPORT = {
  ...FAILED,
  steps: [
    { name: 'network', phase: 'Succeeded', attempt: 1, startedAt: 0, endedAt: 1500, resources: [] },
    {
      name: 'packaging',
      phase: 'Failed',
      attempt: 3,
      startedAt: 1500,
      endedAt: 4000,
      message: 'no such account',
      resources: [{ name: 'news-package', kind: 'Channel', phase: 'Failing' }],
    },
    { name: 'live', phase: 'Pending', attempt: 0, resources: [] },
  ],
  history: [
    { sequence: 0, at: 0, what: 'started' },
    { sequence: 1, at: 4000, what: 'step.failed', step: 'packaging', message: 'no such account' },
  ],
}

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What was asked of the server, `METHOD path`, and the bodies. */
  readonly asked: readonly string[]
}

async function run(context: TestContext, ...argv: readonly string[]): Promise<Ended> {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    asked.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`.trim())
    const path = request.url!.split('?')[0]
    const answer = path!.endsWith('/flows')
      ? { items: [FAILED] }
      : path!.endsWith('/start')
        ? { namespace: 'default', name: 'stream-x' }
        : REPORT
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.closeAllConnections())
  context.after(() => server.close())
  const io = createTestIo()
  const { port } = server.address() as AddressInfo
  const code = await runCli([...argv, '--endpoint-url', `http://127.0.0.1:${port}`], io)
  return { code, out: io.out.text, err: io.err.text, asked }
}

test('workflows are listed with how far they are and what is wrong', async (context) => {
  const { code, out } = await run(context, 'flow', 'ls')
  assert.equal(code, 0)
  assert.equal(
    out,
    'default/news  Failed  stream  1 of 3 steps  2 resources  at packaging  step `packaging`: no such account\n',
  )
})

test('one is shown with its steps, and the resources of the step that is not done', async (context) => {
  const { out, asked } = await run(context, 'flow', 'show', 'news', '-n', 'default')
  assert.deepEqual(out.split('\n').slice(1, -1), [
    '  ✔ network  1.5 s',
    '  ✖ packaging  2.5 s  attempt 3  no such account',
    '      ✖ Channel news-package',
    '  ○ live',
  ])
  assert.deepEqual(asked, ['GET /_signalbox/v1/flows/flow?name=news&namespace=default'])
})

test('parameters keep their types; watching ends with the workflow, and fails with it', async (context) => {
  const started = await run(context, 'flow', 'run', 'stream', '-p', 'name=news', '-p', 'size=3')
  assert.match(started.out, /default\/stream-x {2}started/)
  assert.match(started.asked[0]!, /"parameters":\{"name":"news","size":3\}/)
  const watched = await run(context, 'flow', 'run', 'stream', '--watch')
  assert.equal(watched.code, 1)
  assert.match(watched.out, /Failed/)
  const wrong = await run(context, 'flow', 'run', 'stream', '-p', 'name')
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /expected `-p` to be `name=value`, got `name`/)
})

test('the history is told, and a failed workflow is tried again or cancelled', async (context) => {
  const { out } = await run(context, 'flow', 'logs', 'news')
  assert.match(out, /^1970-01-01T00:00:04.000Z {2}step.failed {2}packaging {2}no such account$/m)
  const retried = await run(context, 'flow', 'retry', 'news')
  assert.deepEqual(retried.asked, ['POST /_signalbox/v1/flows/retry?name=news'])
  const cancelled = await run(context, 'flow', 'cancel', 'news', '--output', 'json')
  assert.equal((JSON.parse(cancelled.out) as { name: string }).name, 'news')
})

test('templates in files are checked and rendered without a server', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-flow-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'template.yaml')
  const text = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: stream }
spec:
  steps:
    - name: one
      resources:
        - { name: '{{ name }}', spec: { apiVersion: v1, kind: ConfigMap } }
`
  writeFileSync(file, text)
  const io = createTestIo()
  assert.equal(await runCli(['flow', 'lint', file], io), 0)
  assert.match(io.out.text, /stream {2}ok {2}1 steps, 1 resources/)
  const rendering = createTestIo()
  assert.equal(await runCli(['flow', 'render', file, '-p', 'name=made'], rendering), 0)
  assert.match(
    rendering.out.text,
    /# step one\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n {2}name: made/,
  )
  const missing = createTestIo()
  assert.equal(await runCli(['flow', 'render', file], missing), 1)
  assert.match(missing.out.text, /parameters.name: Required value/)
  writeFileSync(file, 'a: [')
  const broken = createTestIo()
  assert.equal(await runCli(['flow', 'lint', file], broken), 1)
  assert.match(broken.err.text, /is not YAML/)
})

test('flow lint looks into what steps do: patterns, durations, the steps of a choice', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-flow-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'waiting.yaml')
  writeFileSync(
    file,
    `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: waiting }
spec:
  steps:
    - { name: go, uses: wait, with: { event: { pattern: { source: shop } } } }
    - { name: pause, uses: wait, with: { for: a while } }
    - { name: which, uses: choice, with: { cases: [{ equals: 1, run: [pause] }] } }
`,
  )
  const io = createTestIo()
  assert.equal(await runCli(['flow', 'lint', file], io), 1)
  assert.match(
    io.out.text,
    /steps\[0\]\.with\.event\.pattern: .*"source" must be an object or an array/,
  )
  assert.match(io.out.text, /steps\[1\]\.with\.for: Invalid value: "a while": expected a duration/)
  assert.match(io.out.text, /steps\[2\]\.with\.cases\[0\]\.run: .*"pause": there is no later step/)
})
