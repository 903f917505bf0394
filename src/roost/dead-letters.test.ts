import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openDirectoryBlobs } from '../connect/index.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { DeadLetters, type LetterDraft } from './dead-letters.ts'
import { LetterRounds } from './letter-rounds.ts'
import { openText, sealText } from './sealed-text.ts'
import { untilTrue } from './testing.ts'

const DAY_MS = 86_400_000
const keyring = createKeyring([createKey(seededRandom(1).bytes(32))], seededRandom(2))

function draft(more: Partial<LetterDraft> = {}): LetterDraft {
  return {
    way: 'out',
    isHeld: false,
    eventId: 'event-1',
    eventType: 'io.roost-keeper.roost.lifecycle.created',
    reason: 'broker `x` is lost',
    attempts: 4,
    record: {
      topic: 'lifecycle',
      key: Buffer.from('roost/default/a'),
      value: Buffer.from('{"canary":1}'),
      headers: { ce_id: 'event-1' },
    },
    ...more,
  }
}

function open(context: TestContext, isSealed = true) {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-letters-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const clock = new FakeClock()
  const reopen = (): DeadLetters =>
    new DeadLetters({
      blobs: openDirectoryBlobs(directory),
      keyring,
      isSealed,
      retentionMs: 7 * DAY_MS,
      clock,
    })
  return { directory, clock, reopen, letters: reopen() }
}

function filesOf(directory: string): readonly string[] {
  const folder = join(directory, 'dead-letters')
  return readdirSync(folder).map((name) => join(folder, name))
}

test('a letter is kept whole over a restart, and nobody can read it on the disk', async (context) => {
  const { directory, letters, reopen, clock } = open(context)
  const id = await letters.add(draft())
  const [file] = filesOf(directory)
  assert.ok(!readFileSync(file!, 'utf8').includes('canary'))
  const again = reopen()
  await again.refresh()
  assert.deepEqual(await again.get(id), { id, failedAt: clock.now(), ...draft() })
  assert.deepEqual(again.stats(), {
    count: 1,
    held: 0,
    byType: { 'lifecycle.created': 1 },
    oldestAt: clock.now(),
  })
})

test('without encryption a letter is JSON, and both kinds are read', async (context) => {
  const { directory, letters } = open(context, false)
  const id = await letters.add(draft())
  const stored = JSON.parse(readFileSync(filesOf(directory)[0]!, 'utf8')) as { reason: string }
  assert.equal(stored.reason, 'broker `x` is lost')
  assert.equal((await letters.get(id))?.record.value.toString(), '{"canary":1}')
})

test('a letter that was changed, or put in the place of another, is not opened', async (context) => {
  const { directory, letters } = open(context)
  const one = await letters.add(draft())
  const other = await letters.add(draft({ eventId: 'event-2' }))
  const [first, second] = [one, other].map((id) => join(directory, 'dead-letters', id))
  writeFileSync(second!, readFileSync(first!))
  await assert.rejects(letters.get(other), { code: 'SECRET_UNREADABLE' })
})

test('letters are counted by type and expire with their retention', async (context) => {
  const { letters, clock } = open(context)
  await letters.add(draft())
  clock.advance(4 * DAY_MS)
  await letters.add(draft({ eventType: 'io.roost-keeper.trigger.scale', way: 'in', isHeld: true }))
  assert.deepEqual(letters.stats().byType, { 'lifecycle.created': 1, 'trigger.scale': 1 })
  assert.equal(letters.stats().held, 1)
  clock.advance(4 * DAY_MS)
  assert.equal(await letters.expire(), 1)
  assert.deepEqual(
    letters.heads().map(({ type, way, isHeld }) => ({ type, way, isHeld })),
    [{ type: 'trigger.scale', way: 'in', isHeld: true }],
  )
})

test('what names cannot hold does not get into names', async (context) => {
  const { letters } = open(context)
  const id = await letters.add(draft({ eventType: '../../etc/passwd \n' }))
  assert.match(id, /^[A-Za-z0-9._-]+$/)
  assert.equal((await letters.get(id))?.eventType, '../../etc/passwd \n')
  assert.equal(await letters.get('../../etc/passwd'), undefined)
  await assert.rejects(letters.remove('../../etc/passwd'), { code: 'RESOURCE_NOT_FOUND' })
})

test('texts of any length are opened as they were sealed', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 200_000 }),
      (text, length) => {
        const long = text + 'x'.repeat(length)
        // What is no text for UTF-8 is none for a seal.
        const well = Buffer.from(long).toString()
        assert.equal(openText(keyring, sealText(keyring, well, 'p'), 'p'), well)
      },
    ),
    { numRuns: 30 },
  )
})

test('pieces of a sealed text cannot be left out or moved', () => {
  const sealed = sealText(keyring, 'a'.repeat(70_000) + 'b'.repeat(70_000), 'p').split('\n')
  const [mark, one, two, three] = sealed
  for (const lines of [
    [mark, one, two],
    [mark, two, one, three],
  ])
    assert.throws(() => openText(keyring, lines.join('\n'), 'p'), { code: 'SECRET_UNREADABLE' })
})

function round(letters: DeadLetters, clock: FakeClock, isUp: () => boolean) {
  const delivered: string[] = []
  const rounds = new LetterRounds({
    letters,
    intervalMs: 300_000,
    deliver: async ({ eventId }) => {
      if (isUp()) delivered.push(eventId)
      return isUp()
    },
    canPublish: isUp,
    expireMore: async () => 0,
    clock,
    logger: silentLogger,
  })
  return { rounds, delivered }
}

test('letters are tried again every so often, those that are held only by hand', async (context) => {
  const { letters, clock } = open(context)
  let isUp = false
  const { rounds, delivered } = round(letters, clock, () => isUp)
  await letters.add(draft())
  await letters.add(draft({ eventId: 'held', isHeld: true }))
  rounds.start()
  await clock.run(300_000)
  assert.deepEqual(delivered, [])
  isUp = true
  await untilTrue(
    () => letters.heads().length === 1,
    () => clock.run(10_000),
  )
  assert.deepEqual(delivered, ['event-1'])
  assert.deepEqual(await rounds.redrive(), { seen: 1, redriven: 1, failed: 0 })
  assert.deepEqual(delivered, ['event-1', 'held'])
  assert.equal(letters.stats().count, 0)
  await rounds.close()
})

test('by hand one chooses by type or id, and what fails stays', async (context) => {
  const { letters, clock } = open(context)
  const { rounds } = round(letters, clock, () => false)
  await letters.add(draft())
  const id = await letters.add(draft({ eventType: 'io.roost-keeper.trigger.scale', way: 'in' }))
  assert.deepEqual(await rounds.redrive({ type: 'lifecycle.created' }), {
    seen: 1,
    redriven: 0,
    failed: 1,
  })
  assert.equal(await rounds.purge({ type: 'io.roost-keeper.trigger.scale' }), 1)
  assert.equal(await letters.get(id), undefined)
  assert.equal(letters.stats().count, 1)
  await rounds.close()
})
