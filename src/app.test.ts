// The whole server in this process, over a real data directory.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { test, type TestContext } from 'node:test'
import { type App, openApp } from './app.ts'
import { isAppError, silentLogger, systemClock, systemRandom } from './base/index.ts'
import { parseConfig } from './config/index.ts'
import { onRequests, serveRaw } from './connect/testing.ts'

const QUEUE_URL = 'http://127.0.0.1/000000000000/orders'
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:orders'
const DEADLINE_MS = 10_000

/** A data directory, and the servers that a test opens over it one after the other. */
class Bench {
  readonly dataDir: string
  readonly fatal: unknown[] = []
  readonly #opened: App[] = []

  constructor(t: TestContext) {
    this.dataDir = mkdtempSync(join(tmpdir(), 'signalbox-app-'))
    t.after(async () => {
      for (const app of this.#opened) await app.close(0)
      rmSync(this.dataDir, { recursive: true, force: true })
    })
  }

  async open(port = 0, env: Record<string, string> = {}): Promise<App> {
    const config = parseConfig('dev', {
      flags: { port, dataDir: this.dataDir },
      env,
      cwd: this.dataDir,
    })
    const app = await openApp({
      config,
      env: {},
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      version: '0.0.0',
      consoleDirectory: join(this.dataDir, 'console'),
      onFatal: (error) => void this.fatal.push(error),
    })
    this.#opened.push(app)
    return app
  }
}

async function call<T>(app: App, operation: string, input: unknown): Promise<T> {
  const [service] = operation.split('.')
  const response = await fetch(app.url, {
    method: 'POST',
    headers: {
      'X-Amz-Target': operation,
      'Content-Type':
        service === 'AmazonSQS' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1',
    },
    body: JSON.stringify(input),
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return (text === '' ? {} : JSON.parse(text)) as T
}

async function createRule(app: App, address: string): Promise<void> {
  await call(app, 'AWSEvents.PutRule', { Name: 'all', EventPattern: '{"source":["shop"]}' })
  await call(app, 'AWSEvents.PutTargets', { Rule: 'all', Targets: [{ Id: 't', Arn: address }] })
}

async function put(app: App, order: number): Promise<void> {
  const Entries = [{ Source: 'shop', DetailType: 'Order', Detail: JSON.stringify({ order }) }]
  const answer = await call<{ FailedEntryCount: number }>(app, 'AWSEvents.PutEvents', { Entries })
  assert.equal(answer.FailedEntryCount, 0)
}

/** The orders that lie in the queue, taken out of it. */
async function receive(app: App): Promise<readonly number[]> {
  const { Messages = [] } = await call<{ Messages?: { Body: string; ReceiptHandle: string }[] }>(
    app,
    'AmazonSQS.ReceiveMessage',
    { QueueUrl: QUEUE_URL, MaxNumberOfMessages: 10 },
  )
  for (const { ReceiptHandle } of Messages) {
    await call(app, 'AmazonSQS.DeleteMessage', { QueueUrl: QUEUE_URL, ReceiptHandle })
  }
  return Messages.map(
    ({ Body }) => (JSON.parse(Body) as { detail: { order: number } }).detail.order,
  )
}

test('what is put is delivered; a closed server, opened again, has all and goes on', async (t) => {
  const bench = new Bench(t)
  const first = await bench.open()
  await call(first, 'AmazonSQS.CreateQueue', { QueueName: 'orders' })
  await createRule(first, QUEUE_ARN)
  await put(first, 1)
  await first.settled()
  assert.deepEqual(await receive(first), [1])
  await put(first, 2)
  await first.close(DEADLINE_MS)
  await assert.rejects(fetch(`${first.url}/healthz`))

  const second = await bench.open()
  assert.equal((await fetch(`${second.url}/readyz`)).status, 200)
  assert.deepEqual(await receive(second), [2])
  await put(second, 3)
  await second.settled()
  assert.deepEqual(await receive(second), [3])
  await second.close(DEADLINE_MS)
  assert.deepEqual(bench.fatal, [])
})

test('a data directory that is in use is refused, and its owner goes on', async (t) => {
  const bench = new Bench(t)
  const owner = await bench.open()
  await assert.rejects(bench.open(), (error) => isAppError(error, 'DATA_DIR_LOCKED'))
  await put(owner, 1)
  await owner.settled()
  await owner.close(DEADLINE_MS)
  const next = await bench.open()
  await next.close(DEADLINE_MS)
  assert.deepEqual(bench.fatal, [])
})

test('from the moment it closes nobody is told that it is ready', async (t) => {
  const bench = new Bench(t)
  const app = await bench.open()
  assert.equal((await fetch(`${app.url}/readyz`)).status, 200)
  const closing = app.close(DEADLINE_MS)
  const answer = await fetch(`${app.url}/readyz`).then(
    (response) => response.status,
    () => 'refused',
  )
  assert.ok(answer === 503 || answer === 'refused', `got ${answer}`)
  await closing
})

test('a target that hangs delays closing to the deadline, and its delivery waits for the next server', async (t) => {
  const bench = new Bench(t)
  let isHanging = true
  const requests: string[] = []
  const port = await serveRaw(t, (socket) => {
    onRequests(socket, (request) => {
      requests.push(request)
      if (!isHanging) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
  })
  const first = await bench.open()
  await createRule(first, `http://127.0.0.1:${port}/hook`)
  await put(first, 1)
  await until(() => requests.length === 1)
  const startedAt = systemClock.monotonic()
  await first.close(300)
  assert.ok(systemClock.monotonic() - startedAt < 5000)
  isHanging = false
  const second = await bench.open()
  await until(() => requests.length === 2)
  await second.close(DEADLINE_MS)
  assert.match(requests[1]!, /"order":1/)
  assert.deepEqual(bench.fatal, [])
})

test('a server that cannot listen lets go of all it opened, and nothing is lost', async (t) => {
  const bench = new Bench(t)
  const first = await bench.open()
  await call(first, 'AmazonSQS.CreateQueue', { QueueName: 'orders' })
  await createRule(first, QUEUE_ARN)
  await put(first, 1)
  await first.close(DEADLINE_MS)
  const other = await new Bench(t).open()
  await assert.rejects(bench.open(other.port))
  await other.close(DEADLINE_MS)
  const second = await bench.open()
  await put(second, 2)
  await second.settled()
  assert.deepEqual(await receive(second), [1, 2])
  await second.close(DEADLINE_MS)
  assert.deepEqual(bench.fatal, [])
})

test('damage keeps a server from being ready until its loss is accepted, and what else there is goes on', async (t) => {
  const bench = new Bench(t)
  const first = await bench.open()
  for (const order of [1, 2, 3]) await put(first, order)
  await first.close(DEADLINE_MS)
  const folder = join(bench.dataDir, 'log')
  const path = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.log'))!,
  )
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('"order":2')]! ^= 1
  writeFileSync(path, bytes)

  const damaged = await bench.open()
  const answer = await fetch(`${damaged.url}/readyz`)
  assert.equal(answer.status, 503)
  const { reasons } = (await answer.json()) as { reasons: string[] }
  const [, range] = /^records (\d+-\d+) of the log .*`--accept-data-loss \1`$/.exec(reasons[0]!)!
  await put(damaged, 4)
  await damaged.close(DEADLINE_MS)

  const accepting = await bench.open(0, { SIGNALBOX_LOG_ACCEPT_DATA_LOSS: range! })
  assert.equal((await fetch(`${accepting.url}/readyz`)).status, 200)
  await accepting.close(DEADLINE_MS)
  assert.deepEqual(bench.fatal, [])
})

async function targetOf(app: App): Promise<Record<string, unknown>> {
  const response = await fetch(`${app.url}/_signalbox/v1/rules`)
  const { items } = (await response.json()) as { items: { targets: Record<string, unknown>[] }[] }
  return items[0]!.targets[0]!
}

test('a webhook that answers 410 is disabled, over a restart too, until its target is changed', async (t) => {
  const bench = new Bench(t)
  let requests = 0
  const port = await serveRaw(t, (socket) => {
    onRequests(socket, () => {
      requests += 1
      const status = requests === 1 ? '410 Gone' : '200 OK'
      socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
    })
  })
  const first = await bench.open()
  await createRule(first, `http://127.0.0.1:${port}/hook`)
  await put(first, 1)
  await first.settled()
  const disabled = (await targetOf(first))['disabled'] as { reason: string }
  assert.match(disabled.reason, /the target answered 410/)
  await first.close(DEADLINE_MS)

  const second = await bench.open()
  await put(second, 2)
  await second.settled()
  assert.equal(requests, 1)
  await createRule(second, `http://127.0.0.1:${port}/moved`)
  assert.equal((await targetOf(second))['disabled'], undefined)
  await put(second, 3)
  await second.settled()
  assert.equal(requests, 2)
  await second.close(DEADLINE_MS)
  assert.deepEqual(bench.fatal, [])
})

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = systemClock.monotonic() + DEADLINE_MS
  while (!isTrue()) {
    assert.ok(systemClock.monotonic() < deadline, 'it never came to be')
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}

test('with a delay, whoever asks sees that it is draining, and what is sent meanwhile is taken', async (t) => {
  const bench = new Bench(t)
  const app = await bench.open(0, { SIGNALBOX_DRAIN_DELAY_MS: '1s' })
  const closed = app.close(DEADLINE_MS)
  assert.equal((await fetch(`${app.url}/readyz`)).status, 503)
  const entry = { Source: 'shop', DetailType: 'order', Detail: '{}' }
  const answer = await call<{ FailedEntryCount: number }>(app, 'AWSEvents.PutEvents', {
    Entries: [entry],
  })
  assert.equal(answer.FailedEntryCount, 0)
  await closed
  await assert.rejects(fetch(`${app.url}/readyz`))
})
