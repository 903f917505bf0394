// A whole Signalbox of one test: a folder with its configuration, functions and data, the server process over
// it, and the clients that people have, pointed there.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Exit, type ServerProcess, startServer } from '../fault/harness/server-process.ts'
import { until } from '../fault/harness/until.ts'

export { until }

/** What is expected to happen soon is waited for this long, on a machine that does much else. */
export const DEADLINE_MS = 20_000

const SIGNALBOX = fileURLToPath(new URL('../../bin/signalbox.cjs', import.meta.url))
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024
const CLIENT_DEADLINE_MS = 60_000

export interface SignalboxOptions {
  readonly command?: 'dev' | 'start'
  /** The text of signalbox.yaml. */
  readonly config?: string
  /** Files by their path in the folder, such as `functions/hello.py`. */
  readonly files?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly account?: string
  readonly region?: string
  /** Under `start`; else the account and any secret will do. */
  readonly accessKey?: { readonly id: string; readonly secret: string }
}

/** Short delays, so that what takes minutes in a day takes moments in a test. */
export const QUICK_RETRIES = `
delivery: { delayMsMin: 20ms, delayMsMax: 80ms }
breaker: { openMsMin: 100ms, openMsMax: 400ms }
`

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Of several servers only one can have a port that people know, and one that comes after it would take the other for its
 * own; asking podman how it is takes longer than most tests.
 */
const SIDE_BY_SIDE: Readonly<Record<string, string>> = {
  functionsDir: './functions',
  https: '{ port: 0 }',
  nats: '{ listen: off }',
  podman: 'off',
}

export class Signalbox {
  readonly folder: string
  readonly dataDir: string
  readonly account: string
  readonly region: string
  readonly #options: SignalboxOptions
  /** Shared by the callers of all accounts. */
  readonly #process: { server?: ServerProcess | undefined }

  private constructor(
    folder: string,
    options: SignalboxOptions,
    process: { server?: ServerProcess | undefined } = {},
  ) {
    this.folder = folder
    this.#process = process
    this.dataDir = join(folder, 'data')
    this.account = options.account ?? '000000000000'
    this.region = options.region ?? 'us-east-1'
    this.#options = options
  }

  static async open(
    context: Pick<TestContext, 'after'>,
    options: SignalboxOptions = {},
  ): Promise<Signalbox> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-e2e-'))
    const signalbox = new Signalbox(folder, options)
    context.after(async () => {
      await signalbox.end('SIGKILL')
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    })
    mkdirSync(signalbox.dataDir)
    signalbox.configure(options.config)
    for (const [path, text] of Object.entries(options.files ?? {})) signalbox.write(path, text)
    await signalbox.start()
    return signalbox
  }

  /** The same server for a caller of another account, who sees nothing of this one. */
  as(account: string, region: string = this.region): Signalbox {
    return new Signalbox(this.folder, { ...this.#options, account, region }, this.#process)
  }

  get url(): string {
    return this.#running.url
  }

  /** What the server said on standard error. */
  get output(): string {
    return this.#running.output()
  }

  /** What its next start reads. */
  configure(config = ''): void {
    const given = config.split('\n')
    const others = Object.entries(SIDE_BY_SIDE)
      .filter(([name]) => !given.some((line) => line.startsWith(`${name}:`)))
      .map(([name, value]) => `${name}: ${value}\n`)
    this.write('signalbox.yaml', `${others.join('')}${config}`)
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text, { mode: 0o600 })
  }

  async start(): Promise<void> {
    const { command = 'dev', args = [] } = this.#options
    this.#process.server = await startServer({
      dataDir: this.dataDir,
      command,
      args: ['--config', join(this.folder, 'signalbox.yaml'), ...args],
    })
  }

  async end(signal: NodeJS.Signals): Promise<Exit | undefined> {
    const { server } = this.#process
    this.#process.server = undefined
    return server?.end(signal)
  }

  queueArn(name: string): string {
    return `arn:aws:sqs:${this.region}:${this.account}:${name}`
  }

  /** The answer of one call of the aws CLI, such as `aws('sqs', 'purge-queue', { 'queue-url': url })`. */
  async aws<T = unknown>(
    service: string,
    operation: string,
    options: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    // The CLI's sqs commands do not read the endpoint from the environment in every version.
    const endpoint = ['--endpoint-url', this.url, '--output', 'json']
    const args = [...endpoint, service, operation, ...given]
    const { code, stdout, stderr } = await run('aws', args, this.environment())
    if (code !== 0) throw new Error(`aws ${args.join(' ')}\n${stderr}`)
    return (stdout.trim() === '' ? {} : JSON.parse(stdout)) as T
  }

  /**
   * Runs a program with `boto3`, `json`, the clients `events` and `sqs`, and `given`, and answers what it left
   * in `result`.
   */
  async python<T>(program: string, given: unknown = {}): Promise<T> {
    const text = `${PROLOGUE}\n${dedent(program)}\n${EPILOGUE}`
    const { code, stdout, stderr } = await run('python3', ['-c', text], {
      ...this.environment(),
      GIVEN: JSON.stringify(given),
    })
    if (code !== 0) throw new Error(`the program failed:\n${stderr}`)
    return JSON.parse(stdout.slice(stdout.lastIndexOf(MARK) + MARK.length)) as T
  }

  /** Runs a program as it is; what it does is its own affair. */
  program(text: string): Promise<Ended> {
    return run('python3', ['-c', text], this.environment())
  }

  /** What our own command prints. */
  async cli(...args: readonly string[]): Promise<string> {
    const given = [SIGNALBOX, '--endpoint-url', this.url, ...args]
    const { code, stdout, stderr } = await run(process.execPath, given, process.env)
    if (code !== 0) throw new Error(`signalbox ${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout.trimEnd()
  }

  /** The same of a command that finds the server by its data directory. */
  async ownCli(...args: readonly string[]): Promise<string> {
    const given = [SIGNALBOX, '--data-dir', this.dataDir, ...args]
    const { code, stdout, stderr } = await run(process.execPath, given, process.env)
    if (code !== 0) throw new Error(`signalbox ${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout.trimEnd()
  }

  environment(): Readonly<Record<string, string | undefined>> {
    return {
      ...process.env,
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: this.#options.accessKey?.id ?? this.account,
      AWS_SECRET_ACCESS_KEY: this.#options.accessKey?.secret ?? 'test',
      AWS_DEFAULT_REGION: this.region,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_PAGER: '',
    }
  }

  get #running(): ServerProcess {
    const { server } = this.#process
    if (server === undefined) throw new Error('the server does not run')
    return server
  }
}

/** One server for all tests of a file; each call gives an account of its own there. */
export function shareSignalbox(options: SignalboxOptions = {}): () => Signalbox {
  const ends: (() => unknown)[] = []
  let shared: Signalbox | undefined
  let accounts = 0
  before(async () => {
    shared = await Signalbox.open({ after: (end) => void ends.push(end as () => unknown) }, options)
  })
  after(async () => {
    for (const end of ends) await end()
  })
  return () => {
    accounts += 1
    return shared!.as(String(accounts).padStart(12, '0'))
  }
}

const MARK = '\u0001'

const PROLOGUE = `
import boto3, json, os, threading, time
from botocore.config import Config
from botocore.exceptions import ClientError
given = json.loads(os.environ['GIVEN'])
once = Config(retries={'total_max_attempts': 1})
events = boto3.client('events', config=once)
sqs = boto3.client('sqs', config=once)
result = None

def refusal(call, **arguments):
    """The code and message that a call is refused with."""
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response['Error']['Code'], error.response['Error']['Message']]
    raise AssertionError('%s was not refused' % call)

def queue_url(name):
    return sqs.get_queue_url(QueueName=name)['QueueUrl']

def take(name, count, seconds=20):
    """Receives and deletes so many messages, in the order of arrival."""
    url, taken, deadline = queue_url(name), [], time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < deadline:
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2,
                                  MessageAttributeNames=['All'], AttributeNames=['All'])
        for message in got.get('Messages', []):
            taken.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
    return taken

def bodies(name, count, seconds=20):
    return [json.loads(message['Body']) for message in take(name, count, seconds)]

def is_empty(name):
    return 'Messages' not in sqs.receive_message(QueueUrl=queue_url(name), WaitTimeSeconds=0)

def put(source, detail_type, detail, **more):
    answer = events.put_events(Entries=[
        dict(Source=source, DetailType=detail_type, Detail=json.dumps(detail), **more)])
    assert answer['FailedEntryCount'] == 0, answer
    return answer['Entries'][0]['EventId']

def route(rule, pattern, *targets, bus='default'):
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern), EventBusName=bus)
    answer = events.put_targets(Rule=rule, EventBusName=bus, Targets=list(targets))
    assert answer['FailedEntryCount'] == 0, answer
`

const EPILOGUE = `print(${JSON.stringify(MARK)} + json.dumps(result, default=str))`

/** Takes the indentation of the first line from all lines. */
function dedent(text: string): string {
  const lines = text.split('\n').filter((line, index) => index > 0 || line.trim() !== '')
  const indent = /^ */.exec(lines[0] ?? '')![0]
  return lines
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n')
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ended> {
  const options = { env, maxBuffer: OUTPUT_BYTES_MAX, timeout: CLIENT_DEADLINE_MS }
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, stdout, stderr })
      else reject(error)
    })
  })
}
