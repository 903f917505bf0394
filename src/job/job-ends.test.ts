// Ends of jobs that another controller runs, as a watch of the objects tells of them.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { silentLogger, systemClock } from '../base/index.ts'
import type { KubeClient } from '../objects/index.ts'
import { openTestObjects } from '../objects/testing.ts'
import { JobEnds } from './job-ends.ts'
import { jobKey, jobWith, time, untilSoon as until } from './testing.ts'

interface Listener {
  readonly client: KubeClient
  /** `name outcome`. */
  readonly told: string[]
  readonly remembered: Set<string>
  isDeaf: boolean
  tries: number
}

async function openListener(context: TestContext): Promise<Listener> {
  const objects = await openTestObjects()
  const remembered = new Set<string>()
  const listener: Listener = {
    client: objects.client,
    told: [],
    remembered,
    isDeaf: false,
    tries: 0,
  }
  const ends = new JobEnds({
    client: objects.client,
    clock: systemClock,
    logger: silentLogger,
    told: {
      since: 0,
      uids: new Set(),
      add: async (uid) => void remembered.add(uid),
      remove: async (uid) => void remembered.delete(uid),
    },
    onJobEnded: async ({ metadata }, { outcome }) => {
      listener.tries += 1
      if (listener.isDeaf) throw new Error('the bus takes nothing')
      listener.told.push(`${metadata.name} ${outcome}`)
    },
  })
  ends.start()
  context.after(async () => {
    await ends.close()
    await objects.close()
  })
  return listener
}

async function endJob({ client }: Listener, name: string, type: string): Promise<void> {
  const job = await client.create(jobWith(name, 'true', { suspend: true }))
  const condition = { type, status: 'True', lastTransitionTime: time() }
  const status = { conditions: [condition], startTime: time() }
  await client.update({ ...job, status }, { subresource: 'status' })
}

test('an end is told once, and remembered as long as its job is there', async (context) => {
  const listener = await openListener(context)
  await endJob(listener, 'a', 'Complete')
  await until(async () => listener.remembered.size === 1, 'it is told')
  await listener.client.patch(jobKey('a'), 'merge', { metadata: { labels: { seen: 'yes' } } })
  await endJob(listener, 'b', 'Failed')
  await until(async () => listener.remembered.size === 2, 'the other is told')
  assert.deepEqual(listener.told, ['a completed', 'b failed'])
  await listener.client.delete(jobKey('a'), { propagationPolicy: 'Background' })
  await until(async () => listener.remembered.size === 1, 'it is forgotten')
})

test('a job that is deleted the moment it ends is told of, and so is the next of its name', async (context) => {
  const listener = await openListener(context)
  listener.isDeaf = true
  await endJob(listener, 'a', 'Complete')
  await until(async () => listener.tries > 0, 'it was seen')
  await listener.client.delete(jobKey('a'), { propagationPolicy: 'Background' })
  await endJob(listener, 'a', 'Failed')
  listener.isDeaf = false
  await until(async () => listener.told.length === 2, 'both are told')
  assert.deepEqual(listener.told, ['a completed', 'a failed'])
  await until(async () => listener.remembered.size === 1, 'the first is forgotten')
})
