// Drives workflows: looks at what is there, asks the interpreter what is next, keeps that, and does it.
//
//   look ──► interpreter ──► status is kept ──► effects ──► changes of objects, ends of calls ──► look …

import { asText } from './json-tree.ts'
import type { Clock, Logger } from '../base/index.ts'
import {
  Controller,
  type EventRecorder,
  type KubeClient,
  type KubeObject,
  type ObjectName,
} from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizer.ts'
import { ActionRunner } from './action-runner.ts'
import { askAgain } from './ask-again.ts'
import { createPlan, specOf } from './desired.ts'
import { formatFaults } from './faults.ts'
import { conditionsOfGoing } from './going.ts'
import { advance } from './interpreter.ts'
import { GOING_LOOK_MS, WORKFLOW_WORKERS } from './limits.ts'
import { type Made, readMade, removeLast, textOf, textOfMade, withMade } from './made.ts'
import { API_VERSION, CANCEL_ANNOTATION, hashOf, RETRY_ANNOTATION } from './names.ts'
import { tellNews } from './news.ts'
import type { Outside } from './outside.ts'
import type { Advance, Effect, Input, Plan, Seen } from './plan.ts'
import { lookAtResources } from './resources.ts'
import { createRun, type RunState, untold } from './run.ts'
import { decodeRun, encodeRun } from './run-codec.ts'
import type { SecretReader } from './secrets.ts'
import { condition, statusOf, writeStatus } from './status.ts'
import { type ReadSteps, readSteps } from './steps.ts'
import { checkSteps } from './template.ts'
import { WorkflowObjects } from './workflow-objects.ts'
import { conditionsOfRun, shortOf, summaryOf } from './workflow-status.ts'

export interface WorkflowControllerOptions {
  readonly kind: 'Workflow' | 'XWorkflow'
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly recorder: EventRecorder
  readonly outside: Outside
  readonly readSecret: SecretReader
  readonly isNamespaced: (of: {
    readonly apiVersion: string
    readonly kind: string
  }) => boolean | undefined
}

/** What is known of one workflow while it is looked at. */
interface Look {
  workflow: KubeObject
  run: RunState
  made: readonly Made[]
  readonly key: string
  readonly plan: Plan
}

export class WorkflowController {
  readonly #options: WorkflowControllerOptions
  readonly #controller: Controller
  readonly #objects: WorkflowObjects
  readonly #actions: ActionRunner
  /** How much of a run has been told, by its id. */
  readonly #told = new Map<string, number>()

  constructor(options: WorkflowControllerOptions) {
    this.#options = options
    const { client, clock, logger, kind, outside, readSecret } = options
    const isNamespaced = kind === 'Workflow'
    this.#objects = new WorkflowObjects({
      client,
      clock,
      logger,
      readSecret,
      onChange: (name) => {
        if ((name.namespace !== undefined) === isNamespaced) this.#controller.enqueue(name)
      },
    })
    this.#actions = new ActionRunner({
      outside,
      clock,
      readSecret,
      onEnded: (workflow) => this.#controller.enqueue(nameOfText(workflow)),
    })
    this.#controller = new Controller({
      name: `${kind.toLowerCase()}-controller`,
      client,
      clock,
      logger,
      type: { apiVersion: API_VERSION, kind },
      workers: WORKFLOW_WORKERS,
      reconcile: (name) => this.#reconcile(name),
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  get isIdle(): boolean {
    return this.#controller.isIdle
  }

  async close(): Promise<void> {
    await this.#controller.close()
    await this.#actions.close()
    await this.#objects.close()
  }

  async #reconcile(of: ObjectName): Promise<number | undefined> {
    const { client, kind } = this.#options
    const { namespace, name } = of
    const key = textOfName(of)
    // What was told last may be behind what was kept last.
    const workflow = await client.get({ apiVersion: API_VERSION, kind, namespace, name })
    if (workflow === undefined) {
      this.#forget(key)
      return undefined
    }
    if (workflow.metadata.deletionTimestamp !== undefined) return this.#terminate(workflow, key)
    return this.#work(await addFinalizer(client, workflow), key)
  }

  async #work(workflow: KubeObject, key: string): Promise<number | undefined> {
    const { isNamespaced } = this.#options
    const { steps, faults } = this.#readSteps(workflow)
    if (faults.length > 0) {
      const message = formatFaults(faults)
      await this.#write(workflow, {
        conditions: [
          condition('Synced', false, 'StepsInvalid', message),
          condition('Ready', false, 'StepsInvalid', message),
        ],
        rest: statusOf(workflow),
      })
      return undefined
    }
    const plan = createPlan({ workflow, steps, isNamespaced })
    const types = steps.flatMap(({ resources, action }) => [
      ...resources.map(({ object }) => ({
        apiVersion: asText(object['apiVersion']),
        kind: asText(object['kind']),
      })),
      ...(action?.uses === 'job' ? [{ apiVersion: 'batch/v1', kind: 'Job' }] : []),
    ])
    for (const type of types) await this.#objects.follow(type)
    const look: Look = {
      workflow,
      key,
      plan,
      run: this.#runOf(workflow, plan),
      made: readMade(statusOf(workflow)['resources']),
    }
    return this.#drive(look)
  }

  /** What is run is looked through before it begins, and not each time. */
  #readSteps(workflow: KubeObject): ReadSteps {
    const read = readSteps(specOf(workflow)['steps'], 'spec.steps')
    const isBegun = decodeRun(statusOf(workflow)['run'])?.plan === hashOf(specOf(workflow))
    if (isBegun || read.faults.length > 0) return read
    return { ...read, faults: checkSteps(read.steps) }
  }

  /** The run under way, or a new one where there is none or where something else is wanted now. */
  #runOf(workflow: KubeObject, { steps }: Plan): RunState {
    const { clock } = this.#options
    const kept = decodeRun(statusOf(workflow)['run'])
    const plan = hashOf(specOf(workflow))
    if (kept?.plan === plan)
      return { ...kept, told: Math.max(kept.told, this.#told.get(kept.id) ?? 0) }
    this.#actions.stop(textOfName(workflow.metadata))
    const names = steps.map(({ name, resources }) => ({
      name,
      resources: resources.map((one) => ({ name: one.name, kind: asText(one.object['kind']) })),
    }))
    const { uid, generation = 1 } = workflow.metadata
    return createRun({ id: `${uid}.${generation}`, plan, steps: names, now: clock.now() })
  }

  async #drive(look: Look): Promise<number | undefined> {
    const inputs: Input[] = [...this.#wishes(look), ...this.#actions.take(look.key)]
    if (inputs.length === 0) inputs.push({ kind: 'look' })
    let wakeAt: number | undefined
    for (const input of inputs) {
      const next = advance(look.run, look.plan, this.#seen(look), input)
      if (input.kind === 'cancel') this.#actions.stop(look.key)
      await this.#keep(look, next)
      wakeAt = await this.#perform(look, next.effects)
      if (input.kind === 'retry') await askAgain(this.#options.client, look)
    }
    await this.#tell(look)
    return this.#afterwards(look, wakeAt)
  }

  /** A run that has ended keeps what it has made as it should be, and takes away what is not wanted any more. */
  async #afterwards(look: Look, wakeAt: number | undefined): Promise<number | undefined> {
    const { clock } = this.#options
    const waits = wakeAt === undefined ? [] : [Math.max(0, wakeAt - clock.now())]
    if (look.run.phase === 'Completed') {
      if (await this.#prune(look)) waits.push(GOING_LOOK_MS)
      await this.#heal(look)
    }
    const retry = this.#objects.retryIn(look.key)
    if (retry !== undefined) waits.push(retry)
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  #seen({ plan, key }: Look): Seen {
    const { clock, outside } = this.#options
    return {
      now: clock.now(),
      position: outside.position(),
      object: (of) => this.#objects.get(of),
      resource: (wish) => this.#objects.get(plan.keyOf(wish)),
      isHeld: (object) => this.#objects.isHeld(object),
      refusal: (of) => this.#objects.refusal(key, of),
    }
  }

  /** What somebody asks for by an annotation that was not there when the run was last kept. */
  #wishes({ workflow }: Look): readonly Input[] {
    const { annotations = {} } = workflow.metadata
    const seen = statusOf(workflow)
    const inputs: Input[] = []
    if (
      annotations[CANCEL_ANNOTATION] !== undefined &&
      annotations[CANCEL_ANNOTATION] !== seen['cancelled']
    )
      inputs.push({ kind: 'cancel' })
    if (
      annotations[RETRY_ANNOTATION] !== undefined &&
      annotations[RETRY_ANNOTATION] !== seen['retried']
    )
      inputs.push({ kind: 'retry' })
    return inputs
  }

  /** Nothing is done before the state that asks for it is durable, together with the names of what it makes. */
  async #keep(look: Look, { run, effects }: Advance): Promise<void> {
    look.run = run
    look.made = withMade(look.made, effects)
    await this.#writeRun(look)
  }

  async #writeRun(look: Look): Promise<void> {
    const { run, made, workflow } = look
    const { annotations = {} } = workflow.metadata
    const status = statusOf(workflow)
    const before = decodeRun(status['run'])
    const runs = Array.isArray(status['runs']) ? (status['runs'] as readonly Json[]) : []
    const isNew = before !== undefined && before.id !== run.id
    const rest = {
      ...status,
      atProvider: summaryOf(run, made.length),
      run: encodeRun(run),
      runs: isNew ? shortOf(before, runs) : runs,
      resources: made as unknown as Json,
      ...(annotations[CANCEL_ANNOTATION] === undefined
        ? {}
        : { cancelled: annotations[CANCEL_ANNOTATION] }),
      ...(annotations[RETRY_ANNOTATION] === undefined
        ? {}
        : { retried: annotations[RETRY_ANNOTATION] }),
    }
    look.workflow = await this.#write(workflow, { conditions: conditionsOfRun(run), rest })
  }

  async #write(workflow: KubeObject, wish: Parameters<typeof writeStatus>[2]): Promise<KubeObject> {
    return writeStatus(this.#options, workflow, wish)
  }

  /** Answers when to look again, wall milliseconds. */
  async #perform(look: Look, effects: readonly Effect[]): Promise<number | undefined> {
    let wakeAt: number | undefined
    await Promise.all(
      effects.map(async (effect) => {
        if (effect.kind === 'wake') wakeAt = Math.min(effect.at, wakeAt ?? Infinity)
        else if (effect.kind === 'act') this.#actions.start(look.key, effect)
        else if (effect.kind === 'apply') {
          if (await this.#objects.apply(look.key, effect.object))
            this.#controller.enqueue(nameOfText(look.key))
        } else await this.#objects.remove(effect.object)
      }),
    )
    return wakeAt
  }

  /** Says what has happened to those who listen, and keeps that it was said. */
  async #tell(look: Look): Promise<void> {
    const entries = untold(look.run)
    if (entries.length === 0) return
    await tellNews(this.#options, { workflow: look.workflow, run: look.run, entries })
    look.run = { ...look.run, told: look.run.nextSequence }
    // While it runs, the next state says so; until then it is remembered here.
    if (look.run.phase === 'Running') this.#told.set(look.run.id, look.run.told)
    else {
      this.#told.delete(look.run.id)
      await this.#writeRun(look)
    }
  }

  /** Takes away what an earlier form of the workflow made; whether something is still going. */
  async #prune(look: Look): Promise<boolean> {
    const wanted = new Set(
      look.plan.steps.flatMap(({ resources }) =>
        resources.map((wish) => textOf(look.plan.keyOf(wish))),
      ),
    )
    const others = look.made.filter((one) => !wanted.has(textOfMade(one)) && !isJob(one))
    if (others.length === 0) return false
    const left = await removeLast(this.#options.client, look.workflow, others)
    const gone = others.filter((one) => !left.includes(one))
    look.made = look.made.filter((one) => !gone.includes(one))
    await this.#writeRun(look)
    return left.length > 0
  }

  /** What somebody took away or changed is made again. */
  async #heal(look: Look): Promise<void> {
    const { steps } = look.plan
    const ended = look.run.steps
    for (const [index, { resources }] of steps.entries()) {
      if (ended[index]?.phase !== 'Succeeded' || resources.length === 0) continue
      const world = { run: look.run, plan: look.plan, seen: this.#seen(look) }
      await this.#perform(look, lookAtResources(resources, world).effects)
    }
  }

  async #terminate(workflow: KubeObject, key: string): Promise<number | undefined> {
    const { client } = this.#options
    if (!hasFinalizer(workflow)) return undefined
    this.#actions.stop(key)
    const made = readMade(statusOf(workflow)['resources'])
    const left = await removeLast(client, workflow, made)
    if (left.length > 0) {
      const conditions = await conditionsOfGoing(client, left)
      const rest = { ...statusOf(workflow), resources: left as unknown as Json }
      await this.#write(workflow, { conditions, rest })
      return GOING_LOOK_MS
    }
    await removeFinalizer(client, workflow)
    this.#forget(key)
    return undefined
  }

  #forget(key: string): void {
    this.#actions.stop(key)
    this.#objects.forget(key)
  }
}

function textOfName({
  namespace,
  name,
}: {
  readonly namespace?: string | undefined
  readonly name: string
}): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

function nameOfText(text: string): ObjectName {
  const slash = text.indexOf('/')
  return slash === -1
    ? { namespace: undefined, name: text }
    : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

function isJob({ apiVersion, kind }: Made): boolean {
  return apiVersion === 'batch/v1' && kind === 'Job'
}
