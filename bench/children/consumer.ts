// A consumer of a queue: long polls on some connections, and knows when each message that came was put. It
// deletes nothing; what it has received stays hidden for longer than the benchmark takes.

import { machineNow } from '../rig/clock.ts'
import { Connection, type Address } from '../rig/connection.ts'
import { readTime, requestText, TIME_MARK } from '../rig/put-request.ts'
import { Samples, type Percentiles } from '../rig/samples.ts'
import { onQuestion, readOptions, startCpu, tell } from './parent.ts'

export interface ConsumerOptions {
  readonly address: Address
  readonly queueUrl: string
  readonly connections: number
}

export interface ConsumerReport {
  readonly count: number
  readonly latencyMs: Percentiles
  readonly cpu: number
}

const { address, queueUrl, connections } = readOptions() as ConsumerOptions
const latency = new Samples()
let count = 0
let cpu = startCpu()

const body = JSON.stringify({
  QueueUrl: queueUrl,
  MaxNumberOfMessages: 10,
  WaitTimeSeconds: 5,
  VisibilityTimeout: 600,
})
const request = Buffer.from(requestText(address, 'AmazonSQS.ReceiveMessage', body))

for (let index = 0; index < connections; index += 1) poll()
tell({ kind: 'polling' })

onQuestion((question) => {
  if (question === 'clear') {
    latency.clear()
    cpu = startCpu()
  }
  const report: ConsumerReport = { count, latencyMs: latency.percentiles(), cpu: cpu() }
  return { kind: 'report', ...report }
})

function poll(): void {
  const connection = new Connection(address, (status, answer) => {
    if (status !== 200) throw new Error(`receiving failed: ${status} ${answer.toString()}`)
    take(answer)
    connection.send(request)
  })
  connection.send(request)
}

function take(answer: Buffer): void {
  const now = machineNow()
  for (let at = answer.indexOf(TIME_MARK); at !== -1; at = answer.indexOf(TIME_MARK, at + 1)) {
    count += 1
    latency.add(now - readTime(answer, at))
  }
}
