// The yardstick of delivery over HTTP: undici alone, one request under way on each of some connections, each an
// event's bytes; nothing read, matched or remembered.

import { Client } from 'undici'
import { detailText } from '../rig/put-request.ts'
import { readOptions, tell } from './parent.ts'

export interface RawDeliverOptions {
  readonly url: string
  readonly connections: number
  readonly warmMs: number
  readonly measureMs: number
}

export interface RawDeliverReport {
  readonly perSecond: number
}

const { url, connections, warmMs, measureMs } = readOptions() as RawDeliverOptions
const body = Buffer.from(detailText())
const headers = ['Content-Type', 'application/json', 'User-Agent', 'Signalbox']
let answered = 0
let isOver = false

for (let index = 0; index < connections; index += 1) deliver(new Client(url, { pipelining: 1 }))
await pause(warmMs)
const before = answered
const startedAt = performance.now()
await pause(measureMs)
const perSecond = ((answered - before) / (performance.now() - startedAt)) * 1000
isOver = true
tell({ kind: 'report', perSecond } satisfies RawDeliverReport & { kind: string })
process.disconnect?.()

function deliver(client: Client): void {
  if (isOver) {
    void client.destroy()
    return
  }
  client.dispatch(
    { path: '/', method: 'POST', headers, body },
    {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {
        answered += 1
        deliver(client)
      },
      onResponseError(_controller, error) {
        throw error
      },
    },
  )
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
