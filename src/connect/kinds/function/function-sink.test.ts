import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { systemClock, systemRandom, type LogFields, type Logger } from '../../../base/index.ts'
import { decodeStoredEvent, encodeStoredEvent } from '../../../event/index.ts'
import type { FunctionSpec } from '../../../model/index.ts'
import type { Sink, SinkMessage, SinkResult } from '../../sink.ts'
import { createFunctionEnvironment } from './environment.ts'
import { createFunctionSinkKind, functionAddress } from './function-sink.ts'

const ADDRESS = 'arn:aws:lambda:us-east-1:123456789012:function:f'
const never = new AbortController().signal

let directory: string
let spec: FunctionSpec | undefined
let sink: Sink
let lines: LogFields[]

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'function-sink-'))
})

after(() => rm(directory, { recursive: true }))

beforeEach(() => {
  lines = []
  spec = undefined
  sink = createFunctionSinkKind({
    find: (address) => (address === ADDRESS ? spec : undefined),
    environment: createFunctionEnvironment({
      host: { PATH: process.env['PATH'], HOME: process.env['HOME'], SECRET: 'host' },
      endpointUrl: () => 'http://127.0.0.1:1',
    }),
    clock: systemClock,
    random: systemRandom,
    logger: recordingLogger(),
  }).open(`${ADDRESS}:prod`)
})

afterEach(() => sink.close())

function recordingLogger(): Logger {
  const logger: Logger = {
    debug: record,
    info: record,
    warn: record,
    error: record,
    child: () => logger,
  }
  return logger
}

/** Writes the source as the function's file and makes the function that. */
async function define(file: string, source: string, extra: Partial<FunctionSpec> = {}) {
  const path = join(directory, file)
  await writeFile(path, source)
  spec = {
    account: '123456789012',
    region: 'us-east-1',
    name: 'f',
    runtime: file.endsWith('.py') ? 'python' : 'node',
    handler: path,
    timeoutMs: 20_000,
    memoryMb: 256,
    concurrency: 1,
    ...extra,
  }
}

function message(body: unknown): SinkMessage {
  const record = encodeStoredEvent({
    busKey: '123456789012/us-east-1/default',
    meta: { traceHeader: 'Root=1-2-3' },
    envelopeHead: '{"id":"e","detail":',
    detail: '{}',
    hasData: true,
  })
  return {
    deliveryId: '0:1/r/t',
    event: decodeStoredEvent(record),
    eventId: 'e',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    target: { id: 't', address: ADDRESS },
    attempt: 1,
  }
}

async function send(body: unknown, signal: AbortSignal = never): Promise<SinkResult> {
  const [result] = await sink.send([message(body)], signal)
  return result!
}

async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    assert.ok(performance.now() < deadline, `not so within ${timeoutMs} ms: ${String(condition)}`)
    await wait(5)
  }
}

function failureOf(result: SinkResult): string {
  assert.ok(result.kind !== 'delivered')
  return `${result.kind} ${result.failure.code}: ${result.failure.message}`
}

/** What the function left in a file. */
function read(file: string): unknown {
  return JSON.parse(readFileSync(join(directory, file), 'utf8'))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A zombie whose parent has not looked yet is not alive.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** What it leaves is whole as soon as it is there, also when the process is ended right then. */
const OUT = `import { renameSync, writeFileSync } from 'node:fs'
const out = (file, value) => {
  const part = new URL(file + '.part', import.meta.url)
  writeFileSync(part, JSON.stringify(value))
  renameSync(part, new URL(file, import.meta.url))
}
`

test('serves functions by ARN, with any version or alias, and by local name', () => {
  assert.equal(functionAddress(`${ADDRESS}:prod`), ADDRESS)
  assert.equal(functionAddress(`${ADDRESS}:$LATEST`), ADDRESS)
  assert.equal(functionAddress('function:f'), 'function:f')
  assert.equal(functionAddress('arn:aws:sqs:us-east-1:123456789012:f'), undefined)
  assert.equal(functionAddress('arn:aws:lambda:us-east-1:123456789012:layer:f'), undefined)
})

test('a function that does not exist is a dead end', async () => {
  assert.match(failureOf(await send({})), /^dead NO_RESOURCE: function .* does not exist$/)
})

describe('a Node function', () => {
  test('gets event and context as on Lambda, and little of the host', async () => {
    await define(
      'context.mjs',
      `${OUT}export async function handler(event, context) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        out('context.json', { event, ...context, remaining: context.getRemainingTimeInMillis(),
          env: process.env, pid: process.pid })
        console.log('hello from the function')
      }`,
      { env: { GREETING: 'hi' } },
    )
    assert.deepEqual(await send({ detail: { n: 1 } }), { kind: 'delivered' })
    const seen = read('context.json') as Record<string, unknown> & {
      readonly env: Record<string, string>
    }
    assert.deepEqual(seen['event'], { detail: { n: 1 } })
    assert.equal(seen['functionName'], 'f')
    assert.equal(seen['invokedFunctionArn'], ADDRESS)
    assert.equal(seen['memoryLimitInMB'], '256')
    assert.equal(seen['logGroupName'], '/aws/lambda/f')
    assert.match(String(seen['awsRequestId']), /^[0-9a-f-]{36}$/)
    const remaining = Number(seen['remaining'])
    assert.ok(remaining > 10_000 && remaining <= 20_000)
    const { env } = seen
    assert.equal(env['GREETING'], 'hi')
    assert.equal(env['SECRET'], undefined)
    assert.equal(env['AWS_REGION'], 'us-east-1')
    assert.equal(env['AWS_ENDPOINT_URL'], 'http://127.0.0.1:1')
    assert.equal(env['AWS_ACCESS_KEY_ID'], '123456789012')
    assert.equal(env['_X_AMZN_TRACE_ID'], 'Root=1-2-3')
    await until(() => lines.some((fields) => fields['line'] === 'hello from the function'))
    assert.ok(lines.every((fields) => fields['function'] === 'f'))
  })

  test('keeps its process from one event to the next', async () => {
    await define(
      'count.mjs',
      `${OUT}let count = 0
       export const handler = () => { count += 1; out('count.json', { count, pid: process.pid }) }`,
    )
    await send({})
    const first = read('count.json') as { pid: number }
    await send({})
    assert.deepEqual(read('count.json'), { count: 2, pid: first.pid })
  })

  test('is started anew when its file changes', async () => {
    await define('change.mjs', `${OUT}export const handler = () => out('change.json', 1)`)
    await send({})
    const path = join(directory, 'change.mjs')
    await writeFile(path, `${OUT}export const handler = () => out('change.json', 2)`)
    await utimes(path, new Date(), new Date(Date.now() + 5000))
    assert.deepEqual(await send({}), { kind: 'delivered' })
    assert.equal(read('change.json'), 2)
  })

  test('that throws is tried again, with its message', async () => {
    await define(
      'throw.mjs',
      `export const handler = async () => { throw new RangeError('too far') }`,
    )
    assert.equal(failureOf(await send({})), 'retry FUNCTION_ERROR: RangeError: too far')
  })

  test('that throws outside of its promise is tried again, with that message', async () => {
    await define(
      'outside.mjs',
      `export const handler = () => new Promise(() => setTimeout(() => { throw new Error('late') }, 1))`,
    )
    assert.equal(failureOf(await send({})), 'retry FUNCTION_ERROR: Error: late')
  })

  test('may answer by callback and be a CommonJS module named as Lambda names it', async () => {
    await define(
      'index.cjs',
      `exports.go = (event, context, callback) => setImmediate(callback, event.fail ? new Error('no') : null, 1)`,
      { handler: join(directory, 'index.go') },
    )
    assert.deepEqual(await send({}), { kind: 'delivered' })
    assert.equal(failureOf(await send({ fail: true })), 'retry FUNCTION_ERROR: Error: no')
  })

  test('that is typed runs as written', async () => {
    await define(
      'typed.ts',
      `export const handler = (event: { ok: boolean }): void => { if (!event.ok) throw new Error('bad') }`,
    )
    assert.deepEqual(await send({ ok: true }), { kind: 'delivered' })
  })

  test('that does not load is tried again, and says why', async () => {
    await define('broken.mjs', `import 'nowhere'`)
    assert.match(failureOf(await send({})), /^retry FUNCTION_ERROR: Error: Cannot find package/)
    await define('nameless.mjs', `export const other = 1`)
    assert.match(failureOf(await send({})), /no function `handler` or .* in `.*nameless\.mjs`$/)
    await define('gone.mjs', '', { handler: join(directory, 'nowhere.mjs') })
    assert.match(failureOf(await send({})), /to be a file, .* got `.*nowhere\.mjs`$/)
  })

  test('that hangs is killed at its timeout with all it started, and the next event runs', async () => {
    await define(
      'hang.mjs',
      `${OUT}import { spawn } from 'node:child_process'
       export const handler = (event) => {
         if (!event.hang) return
         const child = spawn('sleep', ['60'])
         out('hang.json', [process.pid, child.pid])
         for (;;);
       }`,
      { timeoutMs: 1000 },
    )
    assert.equal(
      failureOf(await send({ hang: true })),
      'retry TIMEOUT: function `f` did not end within 1000 ms',
    )
    const pids = read('hang.json') as number[]
    await until(() => !pids.some((pid) => isAlive(pid)))
    assert.deepEqual(await send({ hang: false }), { kind: 'delivered' })
  })

  test('that ends its process is tried again, and started again', async () => {
    await define(
      'exit.mjs',
      `export const handler = (event) => { if (event.exit) process.exit(3) }`,
    )
    assert.match(failureOf(await send({ exit: true })), /^retry FUNCTION_ERROR: .*exit code `3`$/)
    assert.deepEqual(await send({ exit: false }), { kind: 'delivered' })
  })

  test('gives and takes payloads of a megabyte', async () => {
    await define(
      'large.mjs',
      `${OUT}export const handler = (event) => { out('large.json', event.text.length); return event }`,
    )
    assert.deepEqual(await send({ text: 'x'.repeat(1_100_000) }), { kind: 'delivered' })
    assert.equal(read('large.json'), 1_100_000)
  })

  test('that takes more memory than it may ends alone', async () => {
    await define(
      'memory.mjs',
      `export const handler = (event) => {
         const kept = []
         while (event.eat) kept.push(Array.from({ length: 1e5 }, (_, i) => ({ i })))
       }`,
      { memoryMb: 64 },
    )
    assert.match(failureOf(await send({ eat: true })), /^retry FUNCTION_ERROR: the process of/)
    assert.deepEqual(await send({ eat: false }), { kind: 'delivered' })
  })

  test('runs as many events at once as its concurrency says, and no more', async () => {
    await define(
      'many.mjs',
      `${OUT}import { existsSync } from 'node:fs'
       export const handler = async ({ id, others }) => {
         out('many-' + id, process.pid)
         const isHere = (other) => existsSync(new URL('many-' + other, import.meta.url))
         while (!others.every(isHere)) await new Promise((resolve) => setTimeout(resolve, 5))
       }`,
      { concurrency: 2 },
    )
    assert.equal(sink.concurrencyMax, 2)
    const results = await Promise.all([
      send({ id: 'a', others: ['b'] }),
      send({ id: 'b', others: ['a'] }),
      send({ id: 'c', others: [] }),
    ])
    assert.ok(results.every((result) => result.kind === 'delivered'))
    assert.equal(new Set(['a', 'b', 'c'].map((id) => read(`many-${id}`))).size, 2)
  })

  test('is interrupted when the sender aborts', async () => {
    await define(
      'abort.mjs',
      `${OUT}export const handler = () => { out('abort.json', process.pid); return new Promise(() => {}) }`,
    )
    const controller = new AbortController()
    const result = send({}, controller.signal)
    await until(() => existsSync(join(directory, 'abort.json')))
    controller.abort()
    assert.match(failureOf(await result), /^retry FUNCTION_ERROR: .*interrupted$/)
    await until(() => !isAlive(read('abort.json') as number))
  })

  test('gets text that is no JSON as text', async () => {
    await define('text.mjs', `${OUT}export const handler = (event) => out('text.json', event)`)
    await send('New user: u1')
    assert.equal(read('text.json'), 'New user: u1')
  })
})

describe('a Python function', () => {
  test('gets event and context as on Lambda, and logs', async () => {
    await define(
      'seen.py',
      `import json, logging, os
logger = logging.getLogger()
logger.setLevel(logging.INFO)

def lambda_handler(event, context):
    logger.info(f"seen {event['detail']['user_id']}")
    with open(os.path.join(os.path.dirname(__file__), 'seen.json'), 'w') as out:
        json.dump({
            'event': event, 'request': context.aws_request_id, 'name': context.function_name,
            'arn': context.invoked_function_arn, 'memory': context.memory_limit_in_mb,
            'remaining': context.get_remaining_time_in_millis(), 'secret': os.environ.get('SECRET'),
            'endpoint': os.environ['AWS_ENDPOINT_URL'], 'group': context.log_group_name,
        }, out)
    return {'statusCode': 200}
`,
    )
    assert.deepEqual(await send({ detail: { user_id: 'u1' } }), { kind: 'delivered' })
    const { request, remaining, ...seen } = read('seen.json') as Record<string, unknown>
    assert.match(String(request), /^[0-9a-f-]{36}$/)
    assert.ok(Number(remaining) > 10_000)
    assert.deepEqual(seen, {
      event: { detail: { user_id: 'u1' } },
      name: 'f',
      arn: ADDRESS,
      memory: '256',
      secret: null,
      endpoint: 'http://127.0.0.1:1',
      group: '/aws/lambda/f',
    })
    await until(() => lines.some((fields) => fields['line'] === '[INFO] seen u1'))
  })

  test('that raises is tried again, with its message', async () => {
    await define('raise.py', `def handler(event, context):\n    raise KeyError('user_id')\n`)
    assert.equal(failureOf(await send({})), "retry FUNCTION_ERROR: KeyError: 'user_id'")
  })

  test('that hangs is killed at its timeout with all it started', async () => {
    await define(
      'hang.py',
      `import json, os, subprocess
def handler(event, context):
    child = subprocess.Popen(['sleep', '60'])
    with open(os.path.join(os.path.dirname(__file__), 'hang-py.json'), 'w') as out:
        json.dump([os.getpid(), child.pid], out)
    while True:
        pass
`,
      { timeoutMs: 2000 },
    )
    assert.match(failureOf(await send({})), /^retry TIMEOUT/)
    const pids = read('hang-py.json') as number[]
    await until(() => !pids.some((pid) => isAlive(pid)))
  })

  test('that takes more memory than it may fails', async () => {
    await define(
      'memory.py',
      `def handler(event, context):\n    kept = bytearray(event['megabytes'] * 1024 * 1024)\n`,
      { memoryMb: 128 },
    )
    assert.deepEqual(await send({ megabytes: 32 }), { kind: 'delivered' })
    assert.match(failureOf(await send({ megabytes: 256 })), /^retry FUNCTION_ERROR: MemoryError/)
  })

  test('may call AWS: the SDK loads within the memory of a function and uses the endpoint', async () => {
    await define(
      'sdk.py',
      `import boto3
from botocore.config import Config
def lambda_handler(event, context):
    events = boto3.client('events', config=Config(retries={'max_attempts': 1}))
    try:
        events.put_events(Entries=[{'Source': 's', 'DetailType': 'd', 'Detail': '{}'}])
    except Exception as error:
        raise RuntimeError(str(error))
`,
    )
    assert.match(
      failureOf(await send({})),
      /RuntimeError: Could not connect to the endpoint URL: "http:\/\/127\.0\.0\.1:1\/"/,
    )
  })
})

test('processes of functions do not outlive a parent that is killed', async () => {
  const handlers = {
    'orphan.mjs': `${OUT}import { spawn } from 'node:child_process'
      export const handler = () => {
        out('orphan-node.json', [process.pid, spawn('sleep', ['60']).pid])
        for (;;);
      }`,
    'orphan.py': `import json, os, subprocess
def handler(event, context):
    with open(os.path.join(os.path.dirname(__file__), 'orphan-python.part'), 'w') as out:
        json.dump([os.getpid(), subprocess.Popen(['sleep', '60']).pid], out)
    os.rename(out.name, out.name.replace('.part', '.json'))
    while True:
        pass
`,
  }
  for (const [file, source] of Object.entries(handlers))
    await writeFile(join(directory, file), source)
  const fixture = fileURLToPath(new URL('testing.ts', import.meta.url))
  const files = Object.keys(handlers).map((file) => join(directory, file))
  const parent = spawn(process.execPath, [fixture, ...files], { stdio: 'ignore' })
  const left = ['orphan-node.json', 'orphan-python.json']
  await until(() => left.every((file) => isWritten(join(directory, file))))
  const pids = left.flatMap((file) => read(file) as number[])
  assert.ok(pids.every((pid) => isAlive(pid)))
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await until(() => !pids.some((pid) => isAlive(pid)))
})

function isWritten(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'))
    return true
  } catch {
    return false
  }
}

function record(_message: string, fields: LogFields = {}): void {
  lines.push(fields)
}
