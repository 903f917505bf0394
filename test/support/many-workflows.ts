// Many workflows of ten resources at once, over plain HTTP: begun as fast as they are taken, watched to their end, and
// what was made looked at. Every workflow has five steps of two resources, each of which needs an id of the step before.

import { Agent, get, request } from 'node:http'

const GROUP = 'elemental.aws.livewyer.io/v1alpha1'
const CHANNELS = 'mediapackage.aws.livewyer.io/v1alpha1'
const TEMPLATE = 'ten'
const STEPS = [0, 1, 2, 3, 4]
const WRITERS = 16
const LOOK_MS = 20

export const RESOURCES_EACH = 10

export interface ManyWorkflows {
  readonly url: string
  readonly workflows: number
  readonly deadlineMs: number
  /** All have completed, and nothing is taken away yet. */
  readonly onCompleted?: () => void
}

export interface ManyOutcome {
  /** From the first Event sent until the last workflow had completed. */
  readonly elapsedMs: number
  /** From the first Event deleted until nothing was left. */
  readonly removedMs: number
  /** Of each workflow, from when its Event was sent. */
  readonly eachMs: readonly number[]
  /** What is not as it should be; empty when all is well. */
  readonly faults: readonly string[]
}

interface Thing {
  readonly metadata: { readonly name: string; readonly generation?: number }
  readonly spec?: { readonly forProvider?: { readonly before?: string } }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly atProvider?: { readonly workflowStatus?: string; readonly resourcesCreated?: number }
    readonly run?: {
      readonly history: readonly { readonly what: string; readonly step?: string }[]
    }
  }
}

interface Change {
  readonly type: string
  readonly object: Thing
}

export async function runManyWorkflows(many: ManyWorkflows): Promise<ManyOutcome> {
  const { url, workflows, deadlineMs } = many
  const calls = new Calls(url)
  const made = new Map<string, number>()
  const gone: string[] = []
  const faults: string[] = []
  const names = Array.from({ length: workflows }, (_, nth) => `w${nth}`)
  const left = new Set(names)
  const startedAt = new Map<string, number>()
  const endedAt = new Map<string, number>()
  try {
    await calls.create('workflowtemplates', GROUP, template())
    await calls.watch('channels', CHANNELS, ({ type, object: { metadata } }) => {
      if (type === 'ADDED') made.set(metadata.name, (made.get(metadata.name) ?? 0) + 1)
      if (type === 'DELETED') gone.push(metadata.name)
    })
    await calls.watch('events', GROUP, ({ type, object: { metadata, status } }) => {
      if (type === 'DELETED') left.delete(metadata.name)
      const isDone = status?.atProvider?.workflowStatus === 'Completed'
      if (isDone && !endedAt.has(metadata.name)) endedAt.set(metadata.name, performance.now())
    })
    const beganAt = performance.now()
    await eachOf(names, async (name) => {
      startedAt.set(name, performance.now())
      await calls.create('events', GROUP, event(name))
    })
    await calls.until(deadlineMs, () => endedAt.size === workflows)
    const elapsedMs = performance.now() - beganAt
    many.onCompleted?.()
    if (endedAt.size < workflows)
      faults.push(`${endedAt.size} of ${workflows} had completed after ${deadlineMs} ms`)
    for (const name of gone) faults.push(`${name} was taken away`)
    faults.push(...(await look(calls, names, made)))
    gone.length = 0
    const removedFrom = performance.now()
    await eachOf(names, (name) => calls.remove('events', GROUP, name))
    await calls.until(deadlineMs, () => left.size === 0 && gone.length >= made.size)
    const removedMs = performance.now() - removedFrom
    faults.push(...(await lookAtRest(calls, gone)))
    const eachMs = Array.from(endedAt, ([name, at]) => at - startedAt.get(name)!)
    return { elapsedMs, removedMs, eachMs, faults }
  } finally {
    calls.close()
  }
}

/** The same things made by hand, without workflows: how long until the last is ready. */
export async function makeByHand({ url, workflows, deadlineMs }: ManyWorkflows): Promise<number> {
  const calls = new Calls(url)
  const ready = new Set<string>()
  try {
    await calls.watch('channels', CHANNELS, ({ object: { metadata, status } }) => {
      const isReady = status?.conditions?.some(
        (one) => one.type === 'Ready' && one.status === 'True',
      )
      if (isReady === true) ready.add(metadata.name)
    })
    const names = Array.from({ length: workflows }, (_, nth) => resourcesOf(`w${nth}`)).flat()
    const beganAt = performance.now()
    await eachOf(names, (name) => {
      const spec = { forProvider: { description: 'by hand', before: 'nothing' } }
      const object = { apiVersion: CHANNELS, kind: 'Channel', metadata: { name }, spec }
      return calls.create('channels', CHANNELS, object)
    })
    await calls.until(deadlineMs, () => ready.size === names.length)
    if (ready.size < names.length)
      throw new Error(`${ready.size} of ${names.length} were ready after ${deadlineMs} ms`)
    return performance.now() - beganAt
  } finally {
    calls.close()
  }
}

function resourcesOf(workflow: string): readonly string[] {
  return STEPS.flatMap((step) => [`${workflow}-${step}a`, `${workflow}-${step}b`])
}

function template(): object {
  const steps = STEPS.map((step) => ({
    name: `make-${step}`,
    resources: [resource(step, 'a'), resource(step, 'b')],
  }))
  return {
    apiVersion: GROUP,
    kind: 'WorkflowTemplate',
    metadata: { name: TEMPLATE },
    spec: { steps },
  }
}

function resource(step: number, which: string): object {
  const spec = { forProvider: { description: `step ${step}` } }
  return {
    name: `{{ run }}-${step}${which}`,
    spec: { apiVersion: CHANNELS, kind: 'Channel', spec },
    dependsOn: step === 0 ? [] : [before(`{{ run }}-${step - 1}${which}`)],
  }
}

function before(name: string): object {
  const source = { name, apiVersion: CHANNELS, kind: 'Channel', key: 'status.atProvider.id' }
  return { key: 'before', source }
}

function event(name: string): object {
  const workflowTemplate = { id: TEMPLATE, parameters: { run: name } }
  return { apiVersion: GROUP, kind: 'Event', metadata: { name }, spec: { workflowTemplate } }
}

/** Each was made once, from the value of the one before, and every step was gone through once and in order. */
async function look(
  calls: Calls,
  names: readonly string[],
  made: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  const faults: string[] = []
  const wanted = names.flatMap(resourcesOf)
  const channels = new Map(
    (await calls.list('channels', CHANNELS)).map((one) => [one.metadata.name, one]),
  )
  if (channels.size !== wanted.length)
    faults.push(`there are ${channels.size} resources, not ${wanted.length}`)
  for (const name of wanted) {
    const times = made.get(name) ?? 0
    if (times !== 1) faults.push(`${name} was made ${times} times`)
    const { metadata, spec } = channels.get(name) ?? {}
    if (metadata?.generation !== 1) faults.push(`${name} is at form ${metadata?.generation}`)
    const isFirst = /-0.$/.test(name)
    const need = name.replace(/-(\d)(.)$/, (_, step, which) => `-${Number(step) - 1}${which}`)
    if (!isFirst && spec?.forProvider?.before !== need)
      faults.push(`${name} has ${spec?.forProvider?.before} for ${need}`)
  }
  const told = STEPS.map((step) => `make-${step}`).join()
  for (const { metadata, status } of await calls.list('workflows', GROUP)) {
    const steps = (status?.run?.history ?? []).filter(({ what }) => what === 'step.completed')
    if (steps.map(({ step }) => step).join() !== told)
      faults.push(`${metadata.name} went through ${steps.map(({ step }) => step).join()}`)
    if (status?.atProvider?.resourcesCreated !== RESOURCES_EACH)
      faults.push(`${metadata.name} counts ${status?.atProvider?.resourcesCreated} resources`)
  }
  return faults
}

/** Nothing is left, and of each workflow what was made last went first. */
async function lookAtRest(calls: Calls, gone: readonly string[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [plural, apiVersion] of [
    ['channels', CHANNELS],
    ['workflows', GROUP],
    ['events', GROUP],
  ] as const) {
    const rest = await calls.list(plural, apiVersion)
    if (rest.length > 0) faults.push(`${rest.length} ${plural} are left`)
  }
  const steps = new Map<string, number>()
  for (const name of gone) {
    const [, workflow = '', step = ''] = /^(.*)-(\d).$/.exec(name) ?? []
    const before = steps.get(workflow) ?? Infinity
    if (Number(step) > before) faults.push(`${name} went after one of step ${before}`)
    steps.set(workflow, Number(step))
  }
  return faults
}

async function eachOf(
  names: readonly string[],
  run: (name: string) => Promise<void>,
): Promise<void> {
  const left = names.values()
  const writer = async (): Promise<void> => {
    for (const name of left) await run(name)
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
}

class Calls {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #closing: (() => void)[] = [() => this.#agent.destroy()]

  constructor(url: string) {
    this.#url = url
  }

  create(plural: string, apiVersion: string, object: object): Promise<void> {
    return this.#ask('POST', this.#urlOf(plural, apiVersion), JSON.stringify(object))
  }

  remove(plural: string, apiVersion: string, name: string): Promise<void> {
    return this.#ask('DELETE', this.#urlOf(`${plural}/${name}`, apiVersion))
  }

  #ask(method: string, url: URL, body?: string): Promise<void> {
    const headers = { 'Content-Type': 'application/json' }
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, headers, agent: this.#agent }, (answer) => {
        const { statusCode = 0 } = answer
        answer.resume()
        answer.on('error', reject)
        answer.on('end', () => {
          if (statusCode >= 200 && statusCode < 300) resolve()
          else reject(new Error(`${method} ${url.pathname}: ${statusCode}`))
        })
      })
      asking.on('error', reject)
      asking.end(body)
    })
  }

  async list(plural: string, apiVersion: string): Promise<readonly Thing[]> {
    const answer = await fetch(this.#urlOf(plural, apiVersion))
    return ((await answer.json()) as { readonly items: readonly Thing[] }).items
  }

  /** Everything from now on; resolves when the server has begun to answer. */
  watch(plural: string, apiVersion: string, onChange: (change: Change) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const url = this.#urlOf(plural, apiVersion)
      url.search = 'watch=true'
      const asking = get(url, { agent: false }, (answer) => {
        if (answer.statusCode !== 200)
          reject(new Error(`a watch was refused: ${answer.statusCode}`))
        // Ended by whoever watches.
        answer.on('error', () => undefined)
        let rest = ''
        answer.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n')
          rest = lines.pop()!
          for (const line of lines) onChange(JSON.parse(line) as Change)
        })
        resolve()
      })
      asking.on('error', reject)
      this.#closing.push(() => asking.destroy())
    })
  }

  /** Resolves when it is so, or when the time is up. */
  until(deadlineMs: number, isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + deadlineMs
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (!isSo() && performance.now() < deadline) return
        clearInterval(timer)
        resolve()
      }, LOOK_MS)
    })
  }

  close(): void {
    for (const close of this.#closing.toReversed()) close()
  }

  #urlOf(plural: string, apiVersion: string): URL {
    return new URL(`/apis/${apiVersion}/namespaces/default/${plural}`, this.#url)
  }
}
