import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openDirectoryBlobs } from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { diffRoosts } from './differ.ts'
import { eventOfChange, extensionOf, EXTENSIONS, recordOfEvent } from './lifecycle-event.ts'
import { Recordings } from './recordings.ts'
import { replayEvents, type ReplayQuery } from './replays.ts'
import { viewRoost } from './roost-view.ts'
import { testRoost, testSettings } from './testing.ts'

function eventsOf(count: number): readonly Event[] {
  return Array.from({ length: count }, (_, index) => {
    const before = viewRoost(testRoost())
    const after = viewRoost(testRoost({ spec: { replicas: index + 1 } }))
    const [change] = diffRoosts(index === 0 ? undefined : before, index === 0 ? before : after)
    return eventOfChange(change!, { now: index, occasion: String(index), extensionNames: 'seed' })
  })
}

function open(context: TestContext, content: object = {}, encryption = true) {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-recordings-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const settings = testSettings({
    replay: { storage: { path: directory, encryption }, ...content },
  })
  const random = seededRandom(3)
  const clock = new FakeClock()
  const recordings = new Recordings({
    blobs: openDirectoryBlobs(directory),
    keyring: createKeyring([createKey(random.bytes(32))], random),
    isSealed: settings.replay.storage!.encryption,
    settings: settings.replay,
    clock,
  })
  const published: Event[] = []
  const replay = (query: ReplayQuery = {}) =>
    replayEvents(
      {
        settings,
        read: (from, to) => recordings.read(from, to),
        publish: async (event) => void published.push(event),
        now: () => clock.now(),
        random,
        logger: silentLogger,
      },
      query,
    )
  async function record(events: readonly Event[]): Promise<void> {
    const adding = events.map((event) => recordings.add(recordOfEvent(event, 't', 'structured')))
    clock.advance(100)
    await Promise.all(adding)
  }
  return { directory, clock, recordings, record, replay, published }
}

test('what was published is replayed by time and type, marked, and not twice by a later replay', async (context) => {
  const { clock, record, replay, published } = open(context)
  const [first, second, third] = eventsOf(3)
  const begin = clock.now()
  await record([first!])
  const middle = clock.now()
  clock.advance(1000)
  await record([second!, third!])
  assert.equal((await replay({ from: begin, to: middle })).replayed, 1)
  assert.deepEqual(
    published.map(({ id }) => id),
    [first!.id],
  )
  assert.match(extensionOf(published[0]!, EXTENSIONS.replay)!, /^replay-/)
  assert.equal((await replay({ types: ['lifecycle.updated'] })).replayed, 2)
  await record(published)
  assert.deepEqual(
    await replay({ types: ['io.roost-keeper.roost.lifecycle.created'] }).then(
      ({ seen, replayed }) => ({ seen, replayed }),
    ),
    { seen: 6, replayed: 1 },
  )
})

test('a replay goes to a function in order, and what that throws ends it', async (context) => {
  const { record, replay, published } = open(context)
  const events = eventsOf(5)
  await record(events)
  const got: string[] = []
  await replay({ handle: ({ id }) => void got.push(id) })
  assert.deepEqual(
    got,
    events.map(({ id }) => id),
  )
  assert.deepEqual(published, [])
  await assert.rejects(
    replay({
      handle: () => {
        throw new Error('enough')
      },
    }),
    /enough/,
  )
})

test('what cannot be asked is refused', async (context) => {
  const { replay } = open(context)
  await assert.rejects(replay({ from: 'soon' }), /`from` to be a time of RFC 3339.*got `soon`/)
  await assert.rejects(replay({ from: 5, to: 5 }), /`from` to be before `to`/)
  await assert.rejects(open(context, { enabled: false }).replay(), /`replay.enabled` is `false`/)
})

test('recordings are written in batches, packed and sealed as configured, and expire', async (context) => {
  for (const compression of ['gzip', 'none']) {
    for (const encryption of [true, false]) {
      const { directory, clock, record, recordings, replay } = open(
        context,
        { batchSize: 2, compression },
        encryption,
      )
      await record(eventsOf(5))
      const files = readdirSync(join(directory, 'recordings'))
      assert.equal(files.length, 3)
      const text = readFileSync(join(directory, 'recordings', files[0]!), 'utf8')
      const isOpen = !encryption && compression === 'none'
      assert.equal(text.includes('my-roost'), isOpen)
      assert.equal((await replay()).seen, 5)
      clock.advance(8 * 86_400_000)
      assert.equal(await recordings.expire(), 3)
      assert.equal((await replay()).seen, 0)
    }
  }
})
