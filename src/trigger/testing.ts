// The trigger room over objects and a log in memory, for tests of whatever works on it.

import { globSync, readFileSync } from 'node:fs'
import { parseManifests, silentLogger, systemClock, systemRandom } from '../base/index.ts'
import { storeEvent, type Event } from '../event/index.ts'
import { openMemoryLog, type Log } from '../log/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { openTestObjects, type TestObjects, untilWithin } from '../objects/testing.ts'
import { openMemoryStore, type Store } from '../store/index.ts'
import type { NatsSettings } from './nats-settings.ts'
import { EVENT_TRIGGER as TRIGGER } from './names.ts'
import { triggerStatusOf } from './shapes.ts'
import { openTriggers, type Triggers } from './triggers.ts'

export { EVENT_TRIGGER as TRIGGER, PROFILE } from './names.ts'

export const untilSoon: ReturnType<typeof untilWithin> = untilWithin(10_000)

export const JOB = { apiVersion: 'batch/v1', kind: 'Job' } as const
export const SUBJECT = '550e8400-e29b-41d4-a716-446655440000'
/** What the trigger `swag-ordered` of the example deploys, and an event that it wants. */
export const POLICY = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name: 'swag-ordered-job',
} as const
export const ORDERED = {
  source: 'registration',
  type: 'registration.swag.ordered',
  subject: 's',
} as const
const EVENTS = new URL('../../examples/registration/events/', import.meta.url)

export interface TestTriggers {
  readonly client: KubeClient
  readonly triggers: Triggers
  readonly settings: () => NatsSettings | undefined
  /** As if it had come by NATS, to a subject. */
  publish(topic: string | undefined, event: PublishedEvent): Promise<void>
  /** Closes the room, as a process that ends, and opens it again over what is stored. */
  restart(): Promise<void>
  /** Closes the room for good. */
  close(): Promise<void>
}

export interface PublishedEvent {
  readonly id?: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly data?: unknown
}

/** The room with the example of the registration to try it on. */
export interface Registration extends TestTriggers {
  /** Directories of `examples/registration/events`. */
  applyExample(pattern: string): Promise<void>
  setTrigger(spec: object): Promise<void>
  jobs(): Promise<readonly KubeObject[]>
  jobCalled(name: string): Promise<KubeObject>
  /** What a trigger's status says is wrong, as soon as it does. */
  failureOf(name: string): Promise<string>
}

interface World {
  readonly objects: TestObjects
  readonly store: Store
  readonly log: Log
}

export async function openTestTriggers(): Promise<TestTriggers> {
  const store = openMemoryStore()
  const world: World = {
    objects: await openTestObjects(),
    store,
    log: openMemoryLog({ clock: systemClock }),
  }
  let settings: NatsSettings | undefined
  const open = (): Promise<Triggers> => openOver(world, (next) => (settings = next))
  let triggers = await open()
  let count = 0
  return {
    client: world.objects.client,
    get triggers() {
      return triggers
    },
    settings: () => settings,
    async publish(topic, published) {
      count += 1
      const event = toEvent(published, `e${count}`)
      const payload = storeEvent(event, topic === undefined ? {} : { topic })
      await world.log.append([{ kind: 'event', payload }])
    },
    async restart() {
      await triggers.close()
      triggers = await open()
    },
    async close() {
      await triggers.close()
      await world.objects.close()
      await world.log.close()
      await store.close()
    },
  }
}

function openOver(world: World, onSettings: (settings: NatsSettings) => void): Promise<Triggers> {
  return openTriggers({
    client: world.objects.client,
    isNamespaced: (type) => world.objects.objects.types.find(type)?.namespaced,
    log: world.log,
    cursors: world.store.deliveries,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onSettings,
    onFatal(error) {
      throw error
    },
  })
}

function toEvent({ data, ...rest }: PublishedEvent, id: string): Event {
  return {
    id,
    ...rest,
    time: new Date(systemClock.now()).toISOString(),
    extensions: {},
    ...(data === undefined ? {} : { data: Buffer.from(JSON.stringify(data)) }),
    bus: { account: '000000000000', region: 'us-east-1', name: 'default' },
    resources: [],
  }
}

export async function openRegistration(): Promise<Registration> {
  const world = await openTestTriggers()
  const { client } = world
  return Object.assign(world, {
    async applyExample(pattern: string) {
      for (const path of globSync(`${pattern}/*.yaml`, { cwd: EVENTS }))
        for (const object of parseManifests(readFileSync(new URL(path, EVENTS), 'utf8')))
          await apply(client, object as KubeObject)
    },
    async setTrigger(spec: object) {
      await client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', { spec } as never)
    },
    jobs: async () => (await client.list(JOB)).items,
    jobCalled: (name: string) =>
      untilSoon(() => client.get({ ...JOB, namespace: 'registration', name })),
    failureOf: (name: string) =>
      untilSoon(async () => {
        const trigger = await client.get({ ...TRIGGER, name })
        const { clusterInfo = [] } = trigger === undefined ? {} : triggerStatusOf(trigger)
        return clusterInfo.find(({ status }) => status.startsWith('Failed'))?.failureMessage
      }),
  })
}

async function apply(client: KubeClient, object: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = object
  const { namespace, name } = metadata
  const isOfCluster = /^Event|^ClusterProfile/.test(kind)
  const key = {
    apiVersion,
    kind,
    name,
    ...(isOfCluster || namespace === undefined ? {} : { namespace }),
  }
  await client.patch(key, 'apply', object as never, { fieldManager: 'test', force: true })
}

/** The variables of a job's container. */
export function environmentOf(job: KubeObject): Readonly<Record<string, string>> {
  const spec = job['spec'] as {
    template: { spec: { containers: { env: { name: string; value: string }[] }[] } }
  }
  return Object.fromEntries(
    spec.template.spec.containers[0]!.env.map(({ name, value }) => [name, value]),
  )
}
