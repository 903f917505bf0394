// A thousand workflows of ten resources at once, by the provider that makes nothing outside: how long until all have
// completed and all have gone again, what it costs, and that each made its own once. The yardstick is the same ten
// thousand things made by hand in the same run: what the objects cost without workflows. The bar is on the ratio of the
// main thread's times, which holds also where others have the machine.

import type { Bench } from '../rig/bench.ts'
import type { Outcome } from '../rig/figure.ts'
import { Samples } from '../rig/samples.ts'
import { startServer } from '../rig/server.ts'
import { residentMib, startUsage, type Usage, usageNotes } from '../rig/usage.ts'
import { makeByHand, RESOURCES_EACH, runManyWorkflows } from '../../test/support/many-workflows.ts'

const WORKFLOWS = 1000
const WORKFLOWS_QUICK = 100
const DEADLINE_MS = 600_000
const RATIO_MIN = 0.25
const RESIDENT_MIB_MAX = 1280

export async function workflows(bench: Bench): Promise<Outcome> {
  const count = bench.isQuick ? WORKFLOWS_QUICK : WORKFLOWS
  const byHand = await measureByHand(bench, count)
  const server = await startServer(bench)
  const { host, port } = server.address
  const url = `http://${host}:${port}`
  try {
    const idle = residentMib(server.pid)
    const stop = startUsage(server.pid)
    let usage: Usage | undefined
    let resident = 0
    const ran = await runManyWorkflows({
      url,
      workflows: count,
      deadlineMs: DEADLINE_MS,
      onCompleted() {
        usage = stop()
        resident = residentMib(server.pid)
      },
    })
    const perWorkflow = (cores = 0): number => (cores * ran.elapsedMs) / count
    const samples = new Samples()
    for (const ms of ran.eachMs) samples.add(ms)
    const { p50, p99 } = samples.percentiles()
    const resources = count * RESOURCES_EACH
    const memoryBar = { kind: 'at most', value: RESIDENT_MIB_MAX } as const
    return {
      scenario: 'workflows',
      figures: [
        {
          name: 'workflows',
          value: ran.eachMs.length,
          unit: 'count',
          bar: { kind: 'at least', value: count },
        },
        {
          name: 'faults',
          value: ran.faults.length,
          unit: 'count',
          bar: { kind: 'at most', value: 0 },
        },
        { name: 'all completed after', value: ran.elapsedMs, unit: 'ms' },
        { name: 'all taken away after', value: ran.removedMs, unit: 'ms' },
        { name: 'a workflow: p50', value: p50, unit: 'ms' },
        { name: 'a workflow: p99', value: p99, unit: 'ms' },
        { name: 'main thread, a workflow', value: perWorkflow(usage?.mainThread), unit: 'ms' },
        { name: 'server, a workflow', value: perWorkflow(usage?.process), unit: 'ms' },
        {
          name: 'resources by workflows',
          value: (resources / ran.elapsedMs) * 1000,
          unit: 'resources/s',
        },
        {
          name: 'resources by hand',
          value: (resources / byHand.elapsedMs) * 1000,
          unit: 'resources/s',
        },
        {
          name: 'main thread, by hand of by workflows',
          value: byHand.mainThreadMs / (perWorkflow(usage?.mainThread) * count),
          unit: 'ratio',
          bar: { kind: 'at least', value: RATIO_MIN },
        },
        { name: 'resident idle', value: idle, unit: 'MiB' },
        { name: 'resident with them', value: resident, unit: 'MiB' },
        {
          name: 'resident at most',
          value: residentMib(server.pid, 'VmHWM'),
          unit: 'MiB',
          bar: memoryBar,
        },
      ],
      notes: [...ran.faults.slice(0, 10), ...(usage === undefined ? [] : usageNotes(usage))],
    }
  } finally {
    await server.end()
  }
}

interface ByHand {
  readonly elapsedMs: number
  readonly mainThreadMs: number
}

async function measureByHand(bench: Bench, workflowCount: number): Promise<ByHand> {
  const profile = bench.profileFolder
  // The profile is to show workflows alone.
  bench.profileFolder = undefined
  const server = await startServer(bench)
  bench.profileFolder = profile
  const { host, port } = server.address
  try {
    const stop = startUsage(server.pid)
    const elapsedMs = await makeByHand({
      url: `http://${host}:${port}`,
      workflows: workflowCount,
      deadlineMs: DEADLINE_MS,
    })
    return { elapsedMs, mainThreadMs: stop().mainThread * elapsedMs }
  } finally {
    await server.end()
  }
}
