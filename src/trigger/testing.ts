// The trigger room over objects and a log in memory, for tests of whatever works on it.

import { silentLogger, systemClock, systemRandom } from '../base/index.ts'
import { storeEvent, type Event } from '../event/index.ts'
import { openMemoryLog, type Log } from '../log/index.ts'
import type { KubeClient } from '../objects/index.ts'
import { openTestObjects, type TestObjects } from '../objects/testing.ts'
import { openMemoryStore, type Store } from '../store/index.ts'
import type { NatsSettings } from './nats-settings.ts'
import { openTriggers, type Triggers } from './triggers.ts'

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
