// The server under test, as users run it: a process of its own on a disk of its own, and the calls that set it up.

import { rmSync } from 'node:fs'
import { startServer as startProcess } from '../../test/fault/harness/server-process.ts'
import type { Bench } from './bench.ts'
import type { Address } from './connection.ts'

export interface Server {
  readonly pid: number
  readonly address: Address
  call(target: string, input: object): Promise<Record<string, unknown>>
  /** A rule on the default bus that sends all of one source to an address. */
  route(source: string, targetArn: string): Promise<void>
  createQueue(name: string): Promise<Queue>
  /** A request to our own API, which must be granted. */
  own(path: string, body: object): Promise<void>
  /** The sum over all labels of a metric. */
  metric(name: string): Promise<number>
  end(): Promise<void>
}

export interface Queue {
  readonly url: string
  readonly arn: string
}

export async function startServer(bench: Bench): Promise<Server> {
  const dataDir = bench.folder()
  const profile = bench.profileFolder
  const server = await startProcess({
    dataDir,
    nodeOptions: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
  })
  const calls = awsCalls(server.url)
  return {
    pid: server.pid,
    ...calls,
    async own(path, body) {
      const answer = await fetch(new URL(`/_signalbox/v1${path}`, server.url), {
        method: 'POST',
        headers: { 'x-signalbox-console': '1' },
        body: JSON.stringify(body),
      })
      if (answer.status !== 200) throw new Error(`${path}: ${await answer.text()}`)
    },
    async metric(name) {
      const answer = await fetch(new URL('/metrics', server.url))
      return sumOf(await answer.text(), name)
    },
    async end() {
      // Profiles are written by a process that ends by itself.
      await server.end(profile === undefined ? 'SIGKILL' : 'SIGTERM')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type AwsCalls = Pick<Server, 'address' | 'call' | 'route' | 'createQueue'>

/** The same calls, whoever answers them. */
export function awsCalls(url: string): AwsCalls {
  const { hostname, port } = new URL(url)
  const call = (target: string, input: object): Promise<Record<string, unknown>> =>
    callAws(url, target, input)
  return {
    address: { host: hostname, port: Number(port) },
    call,
    async route(source, targetArn) {
      const name = `all-${source}`
      const pattern = JSON.stringify({ source: [source] })
      await call('AWSEvents.PutRule', { Name: name, EventPattern: pattern })
      const targets = [{ Id: 'target', Arn: targetArn }]
      const answer = await call('AWSEvents.PutTargets', { Rule: name, Targets: targets })
      if (answer['FailedEntryCount'] !== 0) throw new Error(`refused: ${JSON.stringify(answer)}`)
    },
    async createQueue(name) {
      const queueUrl = String(
        (await call('AmazonSQS.CreateQueue', { QueueName: name }))['QueueUrl'],
      )
      const attributes = await attributesOf(call, queueUrl, 'QueueArn')
      return { url: queueUrl, arn: String(attributes['QueueArn']) }
    },
  }
}

export async function messagesIn(calls: AwsCalls, queue: Queue): Promise<number> {
  const attributes = await attributesOf(calls.call, queue.url, 'ApproximateNumberOfMessages')
  return Number(attributes['ApproximateNumberOfMessages'])
}

async function attributesOf(
  call: AwsCalls['call'],
  queueUrl: string,
  name: string,
): Promise<Record<string, unknown>> {
  const input = { QueueUrl: queueUrl, AttributeNames: [name] }
  const answer = await call('AmazonSQS.GetQueueAttributes', input)
  return answer['Attributes'] as Record<string, unknown>
}

async function callAws(
  url: string,
  target: string,
  input: object,
): Promise<Record<string, unknown>> {
  const service = target.startsWith('AmazonSQS') ? 'sqs' : 'events'
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': `application/x-amz-json-${service === 'sqs' ? '1.0' : '1.1'}`,
      'X-Amz-Target': target,
      'X-Amz-Date': '20260101T000000Z',
      Authorization:
        `AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/${service}/aws4_request, ` +
        `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
    },
    body: JSON.stringify(input),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${target} was refused: ${answer.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
}

function sumOf(page: string, name: string): number {
  let sum = 0
  for (const line of page.split('\n')) {
    if (!line.startsWith(name) || !/^[ {]/.test(line.slice(name.length))) continue
    sum += Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return sum
}
