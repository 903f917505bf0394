// The media downloader's archive and its replay, with the clients of its document.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'

const SEED_002 = {
  account: '123456789012',
  region: 'us-west-2',
  bus: 'MediaDownloaderEvents',
  archive: 'MediaDownloaderArchive',
} as const

const BUS_002 = `arn:aws:events:us-west-2:123456789012:event-bus/MediaDownloaderEvents`

/** A bus with its archive, a development bus beside it, and a queue behind either that takes what is replayed. */
const PREPARE_002 = `
sqs.create_queue(QueueName='replayed')
queue = {'Id': 'queue', 'Arn': given['queue']}
for bus in [given['bus'], given['bus'] + '-Dev']:
    events.create_event_bus(Name=bus)
    route('replays', {'replay-name': [{'exists': True}]}, queue, bus=bus)
source = events.describe_event_bus(Name=given['bus'])['Arn']
events.create_archive(ArchiveName=given['archive'], EventSourceArn=source, RetentionDays=90)
for n in range(3):
    put('media-downloader', 'FileDownloadCompleted', {'n': n}, EventBusName=given['bus'])
archive = events.describe_archive(ArchiveName=given['archive'])
result = dict(count=archive['EventCount'], days=archive['RetentionDays'], state=archive['State'])
`

test('002.5 aws events start-replay brings the archive back, to the bus and where allowed to another', async (context) => {
  const { account, region, bus, archive } = SEED_002
  const open = (args: readonly string[]): Promise<Signalbox> =>
    Signalbox.open(context, { account, region, args })
  const strict = await open(['--strict'])
  const given = { bus, archive, queue: strict.queueArn('replayed') }
  assert.deepEqual(await strict.python(PREPARE_002, given), {
    count: 3,
    days: 90,
    state: 'ENABLED',
  })
  // As it is printed, the destination has a member that the client does not know.
  await assert.rejects(
    strict.aws('events', 'start-replay', start(`EventBusName=${bus}-Dev`)),
    /Unknown parameter in Destination: "EventBusName"/,
  )
  await assert.rejects(
    strict.aws('events', 'start-replay', start(`Arn=${BUS_002}-Dev`)),
    /ValidationException.*Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted\./,
  )
  const started = await strict.aws<{ State: string }>(
    'events',
    'start-replay',
    start(`Arn=${BUS_002}`),
  )
  assert.equal(started.State, 'STARTING')
  assert.deepEqual(await strict.python(TAKE_REPLAYED, 'DebugIssue123'), REPLAYED)
  await strict.end('SIGKILL')

  const allowing = await open(['--allow-cross-bus-replay'])
  await allowing.python(PREPARE_002, given)
  await allowing.aws('events', 'start-replay', start(`Arn=${BUS_002}-Dev`))
  assert.deepEqual(await allowing.python(TAKE_REPLAYED, 'DebugIssue123'), REPLAYED)
})

/** The printed command, with an account of twelve digits and the times of this test. */
function start(destination: string): Readonly<Record<string, string>> {
  const hourMs = 3_600_000
  const now = Date.now()
  return {
    'replay-name': 'DebugIssue123',
    'event-source-arn': 'arn:aws:events:us-west-2:123456789012:archive/MediaDownloaderArchive',
    'event-start-time': new Date(now - hourMs).toISOString(),
    'event-end-time': new Date(now + hourMs).toISOString(),
    destination,
  }
}

const TAKE_REPLAYED = `
got = bodies('replayed', 3)
while events.describe_replay(ReplayName=given)['State'] != 'COMPLETED':
    time.sleep(0.05)
result = dict(
    details=[event['detail']['n'] for event in got],
    names=sorted(set(event['replay-name'] for event in got)),
    empty=is_empty('replayed'),
    archived=events.list_archives()['Archives'][0]['EventCount'])
`

const REPLAYED = { details: [0, 1, 2], names: ['DebugIssue123'], empty: true, archived: 3 }
