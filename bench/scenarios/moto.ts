// The emulator most people use, moto_server, asked the same by the same client over as many connections: one entry
// a request, one rule, one queue. Its acknowledgements promise nothing durable. It is slow where an event matches:
// for every delivery it builds the tables of its JSON path parser anew, eight times, a fifth of a second in all.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Bench } from '../rig/bench.ts'
import type { Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'
import { awsCalls, messagesIn } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { measureIngest } from './ingest.ts'
import { CONNECTIONS } from './raw.ts'

const RATIO_MIN = 1000
const START_DEADLINE_MS = 60_000

export async function moto(bench: Bench): Promise<Outcome> {
  const ours = await measureIngest(bench)
  const process = await startMoto()
  if (process === undefined) {
    const notes = ['moto_server is not installed: nothing to compare with']
    return { scenario: 'moto', figures: [], notes }
  }
  try {
    const calls = awsCalls(process.url)
    const queue = await calls.createQueue('bench')
    await calls.route('bench.moto', queue.arn)
    const load = startLoad({
      address: calls.address,
      source: 'bench.moto',
      entries: 1,
      connections: CONNECTIONS,
      warmMs: bench.warmMs / 2,
      measureMs: bench.measureMs,
    })
    const report = await load.report
    const perSecond = (report.requests / report.windowMs) * 1000
    const inQueue = await messagesIn(calls, queue)
    return {
      scenario: 'moto',
      figures: [
        { name: 'moto_server', value: perSecond, unit: 'events/s' },
        { name: 'moto_server ack p50', value: report.latencyMs.p50, unit: 'ms' },
        { name: 'moto_server: in its queue at the end', value: inQueue, unit: 'count' },
        { name: 'signalbox', value: ours.acknowledgedPerSecond, unit: 'events/s' },
        {
          name: 'signalbox to moto_server',
          value: ours.acknowledgedPerSecond / perSecond,
          unit: 'ratio',
          bar: { kind: 'at least', value: RATIO_MIN },
        },
      ],
      notes: failureNotes(report),
    }
  } finally {
    await process.end()
  }
}

interface Moto {
  readonly url: string
  end(): Promise<void>
}

async function startMoto(): Promise<Moto | undefined> {
  const port = await freePort()
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, MOTO_ACCOUNT_ID: '000000000000' },
    // moto's launcher may start others: they are ended together.
    detached: true,
  })
  if (!(await isSpawned(child))) return undefined
  const url = `http://127.0.0.1:${port}/`
  const exited = once(child, 'exit')
  await until('moto_server is ready', START_DEADLINE_MS, async () => {
    const answer = await fetch(new URL('/moto-api/', url)).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.ok === true
  })
  return {
    url,
    async end() {
      process.kill(-child.pid!, 'SIGKILL')
      await exited
    },
  }
}

function isSpawned(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(true))
    child.once('error', () => resolve(false))
  })
}

/** A port that was free a moment ago: moto cannot be told to choose one and say which. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
