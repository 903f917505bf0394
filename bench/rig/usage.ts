// What processes take of the machine, as Linux counts it: cores by process and by main thread, resident memory,
// and what everybody else takes, which on a shared machine explains a bad run.

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Figure } from './figure.ts'

const TICKS_PER_SECOND = 100

export interface Usage {
  /** Cores taken by the process, and by its main thread alone. */
  readonly process: number
  readonly mainThread: number
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
      machine: (after.machine - before.machine) / ticks,
    }
  }
}

/** Cores say who was the bottleneck; time an event holds also where other processes take their share. */
export function usageFigures(usage: Usage, loadCpu: number, eventsPerSecond: number): Figure[] {
  const perEvent = (cores: number): number => (cores / eventsPerSecond) * 1e6
  return [
    { name: 'main thread, an event', value: perEvent(usage.mainThread), unit: 'us' },
    { name: 'server, an event', value: perEvent(usage.process), unit: 'us' },
    { name: 'server main thread', value: usage.mainThread, unit: 'cores' },
    { name: 'server', value: usage.process, unit: 'cores' },
    { name: 'load generator', value: loadCpu, unit: 'cores' },
    { name: `machine, of ${availableParallelism()}`, value: usage.machine, unit: 'cores' },
  ]
}

export function residentMib(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024
}

interface Ticks {
  readonly process: number
  readonly mainThread: number
  readonly machine: number
}

function readTicks(pid: number): Ticks {
  return {
    process: ticksIn(`/proc/${pid}/stat`),
    mainThread: ticksIn(`/proc/${pid}/task/${pid}/stat`),
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

function machineTicks(): number {
  const [first] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user, nice, system, , , irq, softIrq] = first!.split(/\s+/).slice(1).map(Number)
  return user! + nice! + system! + irq! + softIrq!
}
