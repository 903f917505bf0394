// A webhook that answers 200 at once, over bare sockets, and knows when each event that came was put.

import { createServer, type AddressInfo, type Socket } from 'node:net'
import { machineNow } from '../rig/clock.ts'
import { readTime, TIME_MARK } from '../rig/put-request.ts'
import { Samples, type Percentiles } from '../rig/samples.ts'
import { onQuestion, readOptions, startCpu, tell } from './parent.ts'

export interface TargetOptions {
  /** Read the times that events carry; otherwise only count. */
  readonly isTimed: boolean
}

export interface TargetReport {
  readonly count: number
  readonly at: number
  /** From put to here, since the last `clear`. */
  readonly latencyMs: Percentiles
  readonly cpu: number
}

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

const { isTimed } = readOptions() as TargetOptions
const latency = new Samples()
let count = 0
let cpu = startCpu()

const server = createServer({ noDelay: true }, serve).listen(0, '127.0.0.1', () => {
  tell({ kind: 'listening', port: (server.address() as AddressInfo).port })
})

onQuestion((question) => {
  if (question === 'clear') {
    latency.clear()
    cpu = startCpu()
  }
  const report: TargetReport = {
    count,
    at: machineNow(),
    latencyMs: latency.percentiles(),
    cpu: cpu(),
  }
  return { kind: 'report', ...report }
})

function serve(socket: Socket): void {
  let rest: Buffer | undefined
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    for (let end = requestEnd(bytes); end <= bytes.length; end = requestEnd(bytes)) {
      take(bytes.subarray(0, end))
      socket.write(ANSWER)
      bytes = bytes.subarray(end)
    }
    rest = bytes.length === 0 ? undefined : bytes
  })
}

function take(request: Buffer): void {
  count += 1
  if (!isTimed) return
  const at = request.indexOf(TIME_MARK)
  if (at !== -1) latency.add(machineNow() - readTime(request, at))
}

function requestEnd(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return Infinity
  const match = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))
  return headEnd + 4 + Number(match?.[1] ?? 0)
}
