// Lua over objects: `function evaluate()` with the global `obj` answers `{matching, message}`; over all that were selected
// with the global `resources` it answers `{resources}`. A script has tables, texts and numbers, and nothing outside.
// https://projectsveltos.github.io/sveltos/main/events/addon_event_deployment/

import type { LuaEngine } from 'wasmoon'
import type { Clock } from '../base/index.ts'
import type { KubeObject } from '../objects/index.ts'
import { runWithin } from './deadline.ts'
import { EVALUATION_MS_MAX, SCRIPT_MEMORY_BYTES_MAX, SCRIPTS_KEPT_MAX } from './limits.ts'
import { TriggerFault } from './trigger-fault.ts'

const ready = new Map<string, LuaEngine>()
let loading: Promise<() => Promise<LuaEngine>> | undefined

/** Whether one object matches. Rejects with a `TriggerFault`. */
export async function matchesScript(
  script: string,
  object: KubeObject,
  clock: Clock,
): Promise<boolean> {
  const answer = await evaluate(script, { obj: object }, clock)
  return answer['matching'] === true
}

/** Those of the objects that a script chooses. Rejects with a `TriggerFault`. */
export async function chosenByScript(
  script: string,
  objects: readonly KubeObject[],
  clock: Clock,
): Promise<readonly KubeObject[]> {
  const { resources } = await evaluate(script, { resources: objects }, clock)
  const chosen = new Set(listOf(resources).map(nameIn))
  return objects.filter((object) => chosen.has(nameIn(object)))
}

async function evaluate(
  script: string,
  globals: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<Readonly<Record<string, unknown>>> {
  const engine = await engineOf(script)
  try {
    for (const [name, value] of Object.entries(globals)) engine.global.set(name, withoutNull(value))
    engine.global.setTimeout(clock.now() + EVALUATION_MS_MAX)
    const answer = runWithin(() => engine.doStringSync(`${script}\nreturn evaluate()`) as unknown)
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>
    throw new TriggerFault('expected `evaluate` to answer a table')
  } catch (error) {
    // What was stopped in the middle is not gone on with.
    ready.delete(script)
    if (error instanceof TriggerFault) throw error
    throw new TriggerFault((error as Error).message.split('\n')[0])
  }
}

async function engineOf(script: string): Promise<LuaEngine> {
  const known = ready.get(script)
  if (known !== undefined) return known
  loading ??= load()
  const open = await loading
  const engine = await open()
  if (ready.size >= SCRIPTS_KEPT_MAX) {
    const [oldest] = ready.keys()
    ready.get(oldest!)?.global.close()
    ready.delete(oldest!)
  }
  ready.set(script, engine)
  return engine
}

/** What reads files and programs is taken away. */
const FORBIDDEN = ['dofile', 'loadfile', 'load', 'require', 'collectgarbage', 'print']

async function load(): Promise<() => Promise<LuaEngine>> {
  const { LuaFactory, LuaLibraries } = await import('wasmoon')
  const factory = new LuaFactory()
  const { Base, Table, String: Text, Math: Numbers } = LuaLibraries
  return async () => {
    const engine = await factory.createEngine({
      openStandardLibs: false,
      injectObjects: false,
      enableProxy: false,
      traceAllocations: true,
    })
    for (const library of [Base, Table, Text, Numbers]) engine.global.loadLibrary(library)
    for (const name of FORBIDDEN) engine.global.set(name, undefined)
    engine.global.setMemoryMax(SCRIPT_MEMORY_BYTES_MAX)
    return engine
  }
}

/** A table has no null in it. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNull)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(
    ([, member]) => member !== null && member !== undefined,
  )
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNull(member)]))
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function nameIn(value: unknown): string {
  const { kind, metadata } = (value ?? {}) as Partial<KubeObject>
  return JSON.stringify([kind, metadata?.namespace, metadata?.name])
}
