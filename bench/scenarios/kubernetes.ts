// The Kubernetes API with many objects and many watchers: how long a page takes, as kubectl asks for it while objects
// change, and everything at once; how long a change takes to all who watch, and what it costs in memory.
//
// The bar of a whole list is on the main thread's time: what it takes holds also where others have the machine.

import { Agent, get, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../rig/bench.ts'
import type { Address } from '../rig/connection.ts'
import type { Outcome } from '../rig/figure.ts'
import { Samples } from '../rig/samples.ts'
import { startServer } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { residentMib, startUsage, usageNotes } from '../rig/usage.ts'

const OBJECTS = 10_000
const OBJECTS_QUICK = 2000
const WATCHERS = 200
const WRITERS = 16
const PAGE_OBJECTS = 500
const LISTS = 100
const WHOLE_LISTS = 30
/** Changes while others list pages and watch; each goes to every watcher. */
const CHANGES_PER_SECOND = 25
const CHANGES = 250
const LIST_MS_MAX = 200
const LIST_MAIN_MS_MAX = 50
const RESIDENT_MIB_MAX = 512
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const DEADLINE_MS = 120_000

export async function kubernetes(bench: Bench): Promise<Outcome> {
  const objects = bench.isQuick ? OBJECTS_QUICK : OBJECTS
  const server = await startServer(bench)
  const agent = new Agent({ keepAlive: true })
  const calls: Calls = { address: server.address, agent }
  const closing: (() => void)[] = [() => agent.destroy()]
  try {
    const createdMs = await createAll(calls, objects)
    const stored = residentMib(server.pid)
    const audience = new Audience()
    const version = await currentVersion(server.address)
    for (let nth = 0; nth < WATCHERS; nth += 1)
      closing.push(await watch(calls, version, (lines) => audience.heard(nth, lines)))
    const stop = startUsage(server.pid)
    const changing = changeAll(calls, audience)
    const pages = await measureLists(calls, `${CONFIG_MAPS}?limit=${PAGE_OBJECTS}`, LISTS)
    await changing
    const stopAlone = startUsage(server.pid)
    const wholeFrom = performance.now()
    const whole = await measureLists(calls, CONFIG_MAPS, WHOLE_LISTS)
    const wholeMs = (stopAlone().mainThread * (performance.now() - wholeFrom)) / WHOLE_LISTS
    const isHeard = (): Promise<boolean> => Promise.resolve(audience.isThrough(CHANGES))
    await until('every watcher has heard every change', DEADLINE_MS, isHeard)
    const heard = audience.samples.percentiles()
    const bar = { kind: 'at most', value: LIST_MS_MAX } as const
    const mainBar = { kind: 'at most', value: LIST_MAIN_MS_MAX } as const
    const memoryBar = { kind: 'at most', value: RESIDENT_MIB_MAX } as const
    return {
      scenario: 'kubernetes',
      figures: [
        { name: 'objects', value: objects, unit: 'count' },
        { name: 'created', value: (objects / createdMs) * 1000, unit: 'requests/s' },
        { name: `a page of ${PAGE_OBJECTS}: p50`, value: pages.p50, unit: 'ms' },
        { name: `a page of ${PAGE_OBJECTS}: p99`, value: pages.p99, unit: 'ms', bar },
        { name: 'all of them: p50', value: whole.p50, unit: 'ms' },
        { name: 'all of them: p99', value: whole.p99, unit: 'ms' },
        { name: 'all of them: main thread', value: wholeMs, unit: 'ms', bar: mainBar },
        { name: `a change to ${WATCHERS} watchers: p50`, value: heard.p50, unit: 'ms' },
        { name: `a change to ${WATCHERS} watchers: p99`, value: heard.p99, unit: 'ms' },
        { name: 'resident with the objects', value: stored, unit: 'MiB' },
        {
          name: 'resident at most',
          value: residentMib(server.pid, 'VmHWM'),
          unit: 'MiB',
          bar: memoryBar,
        },
      ],
      notes: usageNotes(stop()),
    }
  } finally {
    for (const close of closing.toReversed()) close()
    await server.end()
  }
}

interface Calls {
  readonly address: Address
  readonly agent: Agent
}

/** Who has heard what: watchers hear the same changes in the same order. */
class Audience {
  readonly samples = new Samples()
  readonly #heard = Array.from({ length: WATCHERS }, () => 0)
  readonly #missing: number[] = []
  readonly #changedAt: number[] = []

  changes(): void {
    this.#changedAt.push(performance.now())
    this.#missing.push(WATCHERS)
  }

  heard(watcher: number, changes: number): void {
    for (let count = 0; count < changes; count += 1) {
      const nth = this.#heard[watcher]!
      this.#heard[watcher] = nth + 1
      this.#missing[nth]! -= 1
      if (this.#missing[nth] === 0) this.samples.add(performance.now() - this.#changedAt[nth]!)
    }
  }

  isThrough(changes: number): boolean {
    return this.#heard.every((count) => count >= changes)
  }
}

async function createAll(calls: Calls, objects: number): Promise<number> {
  const startedAt = performance.now()
  let next = 0
  const writer = async (): Promise<void> => {
    while (next < objects) {
      const nth = next
      next += 1
      const body = configMap(nth, 'first')
      await ask(calls, { method: 'POST', path: CONFIG_MAPS, body, wanted: 201 })
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  return performance.now() - startedAt
}

async function changeAll(calls: Calls, audience: Audience): Promise<void> {
  const startedAt = performance.now()
  for (let nth = 0; nth < CHANGES; nth += 1) {
    const dueIn = startedAt + (nth * 1000) / CHANGES_PER_SECOND - performance.now()
    if (dueIn > 0) await delay(dueIn)
    audience.changes()
    const path = `${CONFIG_MAPS}/object-${nth}`
    await ask(calls, { method: 'PUT', path, body: configMap(nth, 'second'), wanted: 200 })
  }
}

async function measureLists(calls: Calls, path: string, lists: number) {
  const samples = new Samples()
  for (let count = 0; count < lists; count += 1) {
    const startedAt = performance.now()
    await ask(calls, { method: 'GET', path, wanted: 200 })
    samples.add(performance.now() - startedAt)
  }
  return samples.percentiles()
}

async function currentVersion({ host, port }: Address): Promise<string> {
  const answer = await fetch(`http://${host}:${port}${CONFIG_MAPS}?limit=1`)
  const { metadata } = (await answer.json()) as {
    readonly metadata: { readonly resourceVersion: string }
  }
  return metadata.resourceVersion
}

function configMap(nth: number, value: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `object-${nth}`, labels: { shard: String(nth % 10) } },
    data: { value, text: 'x'.repeat(200) },
  })
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly wanted: number
}

/** Resolves when the whole answer is here. */
function ask(calls: Calls, { method, path, body, wanted }: Asked): Promise<void> {
  const headers = { 'Content-Type': 'application/json' }
  return new Promise((resolve, reject) => {
    const options = { ...calls.address, path, method, headers, agent: calls.agent }
    const asking = request(options, (answer) => {
      answer.resume()
      answer.on('error', reject)
      answer.on('end', () => {
        if (answer.statusCode === wanted) resolve()
        else reject(new Error(`${method} ${path}: ${answer.statusCode}`))
      })
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

const NEW_LINE = 10

/** Tells how many changes came; resolves when the server has begun to answer, with how to end it. */
function watch(
  { address }: Calls,
  version: string,
  onLines: (count: number) => void,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const path = `${CONFIG_MAPS}?watch=true&resourceVersion=${version}`
    const asking = get({ ...address, path, agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`a watch was refused: ${answer.statusCode}`))
      answer.on('data', (chunk: Buffer) => {
        let count = 0
        for (const byte of chunk) if (byte === NEW_LINE) count += 1
        onLines(count)
      })
      // The scenario ends it; nothing is measured then.
      answer.on('error', () => undefined)
      resolve(() => asking.destroy())
    })
    asking.on('error', reject)
  })
}
