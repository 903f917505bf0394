// For tests: a world of objects for the interpreter, which does what effects say and makes objects ready when told to;
// and the whole room over objects in memory.

import { asText } from './json-tree.ts'
import { type Clock, seededRandom, silentLogger, systemClock } from '../base/index.ts'
import type { KubeObject } from '../objects/index.ts'
import type { TestObjects } from '../objects/testing.ts'
import type { Json } from '../structure/index.ts'
import { createPlan } from './desired.ts'
import { advance } from './interpreter.ts'
import type { Effect, Input, ObjectRef, Plan, Seen } from './plan.ts'
import { createRun, type RunState } from './run.ts'
import type { Outside } from './outside.ts'
import type { Provider } from './provider.ts'
import { readSteps, type ResourceWish } from './steps.ts'
import { openWorkflows, type Workflows } from './workflows.ts'

export const WORKFLOW: KubeObject = {
  apiVersion: 'elemental.aws.livewyer.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name: 'w', namespace: 'default', uid: 'uid-w' },
  spec: { forProvider: { region: 'eu-west-1', tags: { Team: 'news' } } },
}

export function planOf(steps: Json): Plan {
  const { steps: read, faults } = readSteps(steps, 'spec.steps')
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  return createPlan({ workflow: WORKFLOW, steps: read, isNamespaced: () => true })
}

export function runOf(plan: Plan): RunState {
  const steps = plan.steps.map(({ name, resources }) => ({
    name,
    resources: resources.map((one) => ({ name: one.name, kind: asText(one.object['kind']) })),
  }))
  return createRun({ id: 'run.1', plan: 'p', steps, now: 0 })
}

export class World {
  now = 1000
  readonly objects: Map<string, KubeObject> = new Map()
  /** How often each object was made. */
  readonly made: Map<string, number> = new Map()
  /** Calls that were made, by their keys. */
  readonly calls: string[] = []
  /** How many effects were performed, and after how many the process ends. */
  performed: number = 0
  endsAfter: number = Infinity

  seen(plan: Plan): Seen {
    return {
      now: this.now,
      position: 'here',
      object: (of) => this.objects.get(nameOf(of)),
      resource: (wish: ResourceWish) => this.objects.get(nameOf(plan.keyOf(wish))),
      isHeld: () => true,
      refusal: () => undefined,
    }
  }

  perform(effect: Effect): Input | undefined {
    if (this.performed >= this.endsAfter) throw new Error('the process ends')
    this.performed += 1
    if (effect.kind === 'apply') {
      const name = nameOf(effect.object)
      if (!this.objects.has(name)) this.made.set(name, (this.made.get(name) ?? 0) + 1)
      const status = this.objects.get(name)?.['status']
      this.objects.set(name, { ...effect.object, ...(status === undefined ? {} : { status }) })
    } else if (effect.kind === 'remove') this.objects.delete(nameOf(effect.object))
    else if (effect.kind === 'act') {
      if (!this.calls.includes(effect.idempotencyKey)) this.calls.push(effect.idempotencyKey)
      const { step, attempt } = effect
      return { kind: 'ended', step, attempt, result: { kind: 'done', output: { ok: true } } }
    }
    return undefined
  }

  /** Gives everything that is there an id, and makes it ready; Jobs complete. */
  settle(): void {
    for (const [name, object] of this.objects) {
      const isJob = object.kind === 'Job'
      const type = isJob ? 'Complete' : 'Ready'
      const atProvider = { id: `id-of-${object.metadata.name}` }
      const status = { conditions: [{ type, status: 'True' }], ...(isJob ? {} : { atProvider }) }
      this.objects.set(name, { ...object, status })
    }
  }
}

/** Drives a run to its end; `cut` may throw away what was done after a state was kept. */
export function drive(
  start: RunState,
  plan: Plan,
  world: World,
  onKept: (run: RunState) => void = () => undefined,
): RunState {
  let run = start
  for (let turns = 0; run.phase === 'Running' && turns < 1000; turns += 1) {
    const inputs: Input[] = [{ kind: 'look' }]
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const next = advance(run, plan, world.seen(plan), input)
      run = next.run
      onKept(run)
      for (const effect of next.effects) {
        const answer = world.perform(effect)
        if (answer !== undefined) inputs.push(answer)
      }
    }
    world.settle()
    world.now += 1000
  }
  return run
}

export function nameOf({ kind, metadata }: ObjectRef): string {
  return `${kind}/${metadata.name}`
}

/** Everything outside answers at once, and that it is done. */
const DONE: Outside = {
  callFunction: () => Promise.resolve({ kind: 'done', output: {} }),
  callHttp: () => Promise.resolve({ kind: 'done', output: {} }),
  putEvent: () => Promise.resolve({ kind: 'done', output: {} }),
  awaitEvent: () => Promise.resolve({ kind: 'done', output: {} }),
  position: () => '0',
  publish: () => Promise.resolve(),
}

/** The room with these providers beside `local`. */
export function openTestRoom(
  { client, objects }: TestObjects,
  providers: Readonly<Record<string, Provider>>,
  clock: Clock = systemClock,
): Promise<Workflows> {
  return openWorkflows({
    client,
    clock,
    random: seededRandom(3),
    logger: silentLogger,
    outside: DONE,
    renderText: (text) => text,
    isNamespaced: (of) => objects.types.find(of)?.namespaced,
    providers,
  })
}
