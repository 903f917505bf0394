// What processes take of the machine, as Linux counts it: cores by process and by main thread, resident memory,
// and what everybody else takes, which on a shared machine explains a bad run.

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Figure } from './figure.ts'

const TICKS_PER_SECOND = 100
/** Server and load generator alone make each other wait about half as much. */
const WAITING_SHARE_MAX = 0.25

export interface Usage {
  /** Cores taken by the process, and by its main thread alone. */
  readonly process: number
  readonly mainThread: number
  /** The share of the time in which the main thread had work and no core to do it on. */
  readonly mainThreadWaiting: number
  /** Cores taken by all of the machine. */
  readonly machine: number
}

/** Measures from now until it is called. */
export function startUsage(pid: number): () => Usage {
  const before = readTicks(pid)
  const startedAt = performance.now()
  return () => {
    const after = readTicks(pid)
    const ticks = ((performance.now() - startedAt) / 1000) * TICKS_PER_SECOND
    return {
      process: (after.process - before.process) / ticks,
      mainThread: (after.mainThread - before.mainThread) / ticks,
      mainThreadWaiting: (after.mainThreadWaiting - before.mainThreadWaiting) / ticks,
      machine: (after.machine - before.machine) / ticks,
    }
  }
}

/** Microseconds of processor time that a process takes from now until it is called, of all its threads. */
export function startCpuTime(pid: number): () => number {
  const before = ticksIn(`/proc/${pid}/stat`)
  return () => ((ticksIn(`/proc/${pid}/stat`) - before) / TICKS_PER_SECOND) * 1e6
}

/** Cores say who was the bottleneck; time an event holds also where other processes take their share. */
export function usageFigures(usage: Usage, loadCpu: number, eventsPerSecond: number): Figure[] {
  const perEvent = (cores: number): number => (cores / eventsPerSecond) * 1e6
  return [
    { name: 'main thread, an event', value: perEvent(usage.mainThread), unit: 'us' },
    { name: 'server, an event', value: perEvent(usage.process), unit: 'us' },
    { name: 'server main thread', value: usage.mainThread, unit: 'cores' },
    { name: 'server main thread, no core free', value: usage.mainThreadWaiting, unit: 'cores' },
    { name: 'server', value: usage.process, unit: 'cores' },
    { name: 'load generator', value: loadCpu, unit: 'cores' },
    { name: `machine, of ${availableParallelism()}`, value: usage.machine, unit: 'cores' },
  ]
}

/** Says when the machine was too busy for rates to mean much. */
export function usageNotes({ mainThreadWaiting }: Usage): string[] {
  if (mainThreadWaiting < WAITING_SHARE_MAX) return []
  const share = Math.round(mainThreadWaiting * 100)
  return [
    `the main thread found no free core ${share}% of the time: other processes had the machine`,
  ]
}

export function residentMib(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024
}

interface Ticks {
  readonly process: number
  readonly mainThread: number
  readonly mainThreadWaiting: number
  readonly machine: number
}

function readTicks(pid: number): Ticks {
  return {
    process: ticksIn(`/proc/${pid}/stat`),
    mainThread: ticksIn(`/proc/${pid}/task/${pid}/stat`),
    mainThreadWaiting: waitingTicksIn(`/proc/${pid}/task/${pid}/schedstat`),
    machine: machineTicks(),
  }
}

/** User and system time: the 14th and 15th field, counted behind the name, which may hold spaces. */
function ticksIn(path: string): number {
  if (!existsSync(path)) return 0
  const text = readFileSync(path, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Nanoseconds on the run queue: the second field, where the kernel keeps it. */
function waitingTicksIn(path: string): number {
  if (!existsSync(path)) return 0
  return (Number(readFileSync(path, 'utf8').split(' ')[1]) / 1e9) * TICKS_PER_SECOND
}

function machineTicks(): number {
  const [first] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user, nice, system, , , irq, softIrq] = first!.split(/\s+/).slice(1).map(Number)
  return user! + nice! + system! + irq! + softIrq!
}
