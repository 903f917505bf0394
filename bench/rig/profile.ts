// Where the time goes: self time by function out of the CPU profiles that Node wrote, one for each thread.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../../tools/tree.ts'

const FUNCTIONS_SHOWN = 25
const FUNCTIONS_SHOWN_OF_WORKERS = 8

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** The main thread first; lines for people. */
export function describeProfiles(folder: string): string[] {
  const threads = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => ({ thread: threadOf(name), profile: read(join(folder, name)) }))
    .sort((a, b) => a.thread - b.thread)
  return threads.flatMap(({ thread, profile }) => describe(thread, profile))
}

/** `CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile`; 0 is the main thread. */
function threadOf(name: string): number {
  return Number(name.split('.')[4])
}

function read(path: string): CpuProfile {
  return JSON.parse(readFileSync(path, 'utf8')) as CpuProfile
}

function describe(thread: number, profile: CpuProfile): string[] {
  const self = selfTimes(profile)
  const idle = self.get('(idle)') ?? 0
  const total = [...self.values()].reduce((sum, time) => sum + time, 0)
  const shown = thread === 0 ? FUNCTIONS_SHOWN : FUNCTIONS_SHOWN_OF_WORKERS
  const busy = total - idle
  const top = [...self]
    .filter(([name]) => name !== '(idle)')
    .sort(([, a], [, b]) => b - a)
    .slice(0, shown)
  const title = thread === 0 ? 'main thread' : `worker ${thread}`
  return [
    `${title}: busy ${percent(busy / total)} of ${(total / 1e6).toFixed(1)} s; self time of what it was busy with:`,
    ...top.map(([name, time]) => `  ${percent(time / busy).padStart(6)}  ${name}`),
  ]
}

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const self = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)'
    self.set(name, (self.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  return self
}

function nameOf(frame: CpuProfile['nodes'][number]['callFrame']): string {
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName
  if (frame.url === '') return name
  const path = frame.url.startsWith('file:') ? relative(ROOT, fileURLToPath(frame.url)) : frame.url
  return `${name}  ${path}:${frame.lineNumber + 1}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}
