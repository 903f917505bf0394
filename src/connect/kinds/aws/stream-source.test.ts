import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../../base/testing.ts'
import type { Source, SourceBatch } from '../../source.ts'
import type { AwsApi, AwsCall, AwsReply } from './aws-api.ts'
import { createStreamSourceKind, type StreamLetter, type StreamPlace } from './stream-source.ts'

const STREAM = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
const PIPE = 'arn:aws:pipes:us-east-1:123456789012:pipe/p'

interface FakeShard {
  readonly id: string
  readonly parents: readonly string[]
  readonly records: { readonly sequence: string; readonly n: number; readonly at: number }[]
  isClosed: boolean
}

/** Kinesis as far as pipes ask it; an iterator is `SHARD|INDEX`. */
class FakeKinesis implements AwsApi {
  readonly shards: FakeShard[] = []
  readonly calls: { readonly action: string; readonly input: Record<string, unknown> }[] = []
  /** Answers of these instead, once. */
  readonly failures: AwsReply[] = []
  #sequence = 100

  shard(id: string, ...parents: readonly string[]): FakeShard {
    const shard = { id, parents, records: [], isClosed: false }
    this.shards.push(shard)
    return shard
  }

  put(shard: FakeShard, n: number, at = 0): void {
    this.#sequence += 1
    shard.records.push({ sequence: String(this.#sequence), n, at })
  }

  async call({ headers, body }: AwsCall): Promise<AwsReply> {
    const action = headers!['x-amz-target']!.split('.').at(-1)!
    const input = JSON.parse(body!) as Record<string, unknown>
    this.calls.push({ action, input })
    const failure = action === 'GetRecords' ? this.failures.shift() : undefined
    return failure ?? { status: 200, text: JSON.stringify(this.#answer(action, input)) }
  }

  async close(): Promise<void> {}

  #answer(action: string, input: Record<string, unknown>): object {
    if (action === 'ListShards') {
      const shownOf = ({ id, parents }: FakeShard): object => ({
        ShardId: id,
        ...(parents[0] === undefined ? {} : { ParentShardId: parents[0] }),
        ...(parents[1] === undefined ? {} : { AdjacentParentShardId: parents[1] }),
      })
      // In pages of one.
      const start = Number(input['NextToken'] ?? 0)
      const next = start + 1 < this.shards.length ? { NextToken: String(start + 1) } : {}
      return { Shards: this.shards.slice(start, start + 1).map(shownOf), ...next }
    }
    if (action === 'GetShardIterator') {
      const { records } = this.#find(String(input['ShardId']))
      const { ShardIteratorType: type, StartingSequenceNumber: after, Timestamp: time } = input
      const first = records.findIndex(({ sequence, at }) =>
        type === 'AFTER_SEQUENCE_NUMBER'
          ? Number(sequence) > Number(after)
          : type === 'TRIM_HORIZON' || at >= Number(time) * 1000,
      )
      return {
        ShardIterator: `${String(input['ShardId'])}|${first === -1 ? records.length : first}`,
      }
    }
    const [id = '', from] = String(input['ShardIterator']).split('|')
    const { records, isClosed } = this.#find(id)
    const start = Number(from)
    const end = Math.min(records.length, start + Number(input['Limit']))
    const shown = records.slice(start, end).map(({ sequence, n, at }) => ({
      SequenceNumber: sequence,
      PartitionKey: 'k',
      Data: Buffer.from(JSON.stringify({ n })).toString('base64'),
      ApproximateArrivalTimestamp: at / 1000,
    }))
    const isEnd = isClosed && end === records.length
    return { Records: shown, ...(isEnd ? {} : { NextShardIterator: `${id}|${end}` }) }
  }

  #find(id: string): FakeShard {
    return this.shards.find((shard) => shard.id === id)!
  }
}

class Bench {
  readonly clock = new FakeClock()
  readonly kinesis = new FakeKinesis()
  readonly letters: StreamLetter[] = []
  /** What is kept from one process to the next. */
  readonly places = new Map<string, StreamPlace>()
  endpoint: string | undefined = 'http://127.0.0.1:1'

  open(parameters: object = {}): Source {
    const kind = createStreamSourceKind({
      api: this.kinesis,
      endpointOf: () => this.endpoint,
      clock: this.clock,
      places: {
        load: async () => new Map(this.places),
        save: async (_reader, shardId, place) => void this.places.set(shardId, place),
        forget: async (_reader, shardId) => void this.places.delete(shardId),
      },
      bury: async (letter) => void this.letters.push(letter),
    })
    assert.ok(kind.serves(STREAM))
    const KinesisStreamParameters = { StartingPosition: 'TRIM_HORIZON', ...parameters }
    return kind.open(STREAM, { KinesisStreamParameters }, PIPE)
  }

  /** The next batch, however long it takes by the clock. */
  async read(source: Source): Promise<SourceBatch> {
    const state: { batch?: SourceBatch; error?: unknown } = {}
    const reading = source.read(new AbortController().signal).then(
      (batch) => void (state.batch = batch),
      (error: unknown) => void (state.error = error ?? new Error('failed')),
    )
    for (
      let turn = 0;
      turn < 200 && state.batch === undefined && state.error === undefined;
      turn += 1
    ) {
      await new Promise((resolve) => void setImmediate(resolve))
      this.clock.advance(1000)
    }
    await Promise.race([reading, new Promise((resolve) => void setImmediate(resolve))])
    if (state.error !== undefined) throw state.error
    assert.ok(state.batch !== undefined, 'no batch came')
    return state.batch
  }
}

function numbersOf({ records }: SourceBatch): readonly number[] {
  return records.map(
    ({ decoded }) =>
      (JSON.parse(Buffer.from(decoded).toString()) as { data: { n: number } }).data.n,
  )
}

async function take(
  bench: Bench,
  source: Source,
  except: readonly number[] = [],
): Promise<readonly number[]> {
  const batch = await bench.read(source)
  const numbers = numbersOf(batch)
  await batch.acknowledge(batch.records.filter((_, index) => !except.includes(numbers[index]!)))
  return numbers
}

function failure(type: string): AwsReply {
  const body = { __type: `com.amazonaws#${type}`, message: 'said so' }
  return { status: 400, text: JSON.stringify(body) }
}

test('a shard is read when those that it came of are at their end, also over a restart', async () => {
  const bench = new Bench()
  const { kinesis } = bench
  const [left, right] = [kinesis.shard('a'), kinesis.shard('b')]
  for (const n of [1, 2]) kinesis.put(left, n)
  kinesis.put(right, 3)
  const merged = kinesis.shard('c', 'a', 'b')
  kinesis.put(merged, 4)
  left.isClosed = true
  const source = bench.open()
  assert.deepEqual(await take(bench, source), [1, 2])
  assert.deepEqual(await take(bench, source), [3])
  // `b` may still get records: what came of both waits.
  kinesis.put(right, 5)
  assert.deepEqual(await take(bench, source), [5])
  right.isClosed = true
  assert.deepEqual(await take(bench, source), [4])
  assert.deepEqual(bench.places.get('a')?.isOver, true)
  kinesis.put(merged, 6)
  assert.deepEqual(await take(bench, bench.open()), [6], 'the next process goes on behind')
})

test('what was not taken comes again before anything new, and the place stays before it', async () => {
  const bench = new Bench()
  const shard = bench.kinesis.shard('a')
  for (const n of [1, 2, 3]) bench.kinesis.put(shard, n)
  const source = bench.open()
  assert.deepEqual(await take(bench, source, [2]), [1, 2, 3])
  assert.deepEqual(bench.places.get('a'), { position: { kind: 'after', sequence: '101' } })
  bench.kinesis.put(shard, 4)
  assert.deepEqual(await take(bench, source), [2])
  assert.deepEqual(await take(bench, source), [4])
  // A process that died in between would have handed out 2 and 3.
  bench.places.set('a', { position: { kind: 'after', sequence: '101' } })
  assert.deepEqual(await take(bench, bench.open()), [2, 3, 4])
})

test('each shard has its turn, and a batch is no larger than asked for', async () => {
  const bench = new Bench()
  const [one, two] = [bench.kinesis.shard('a'), bench.kinesis.shard('b')]
  for (const n of [1, 2, 3]) bench.kinesis.put(one, n)
  for (const n of [11, 12]) bench.kinesis.put(two, n)
  const source = bench.open({ BatchSize: 2 })
  assert.deepEqual(await take(bench, source), [1, 2])
  assert.deepEqual(await take(bench, source), [11, 12])
  assert.deepEqual(await take(bench, source), [3])
})

test('an iterator that is over is made anew behind what was read; another fault is told until it is well', async () => {
  const bench = new Bench()
  const shard = bench.kinesis.shard('a')
  bench.kinesis.put(shard, 1)
  const source = bench.open()
  assert.deepEqual(await take(bench, source), [1])
  bench.kinesis.put(shard, 2)
  bench.kinesis.failures.push(failure('ExpiredIteratorException'))
  assert.deepEqual(await take(bench, source), [2])
  bench.kinesis.put(shard, 3)
  bench.kinesis.failures.push(failure('ProvisionedThroughputExceededException'))
  await assert.rejects(
    bench.read(source),
    /GetRecords: ProvisionedThroughputExceededException said so/,
  )
  assert.match(source.problem()!, /said so/)
  assert.deepEqual(await take(bench, source), [3])
  assert.equal(source.problem(), undefined)
})

test('records that are too old, or were tried too often, are a dead letter, and the rest goes on', async () => {
  const bench = new Bench()
  const now = bench.clock.now()
  const shard = bench.kinesis.shard('a')
  const DeadLetterConfig = { Arn: 'arn:aws:sqs:us-east-1:123456789012:dead' }
  bench.kinesis.put(shard, 1, now - 120_000)
  bench.kinesis.put(shard, 2, now)
  const source = bench.open({
    MaximumRecordAgeInSeconds: 60,
    MaximumRetryAttempts: -1,
    DeadLetterConfig,
  })
  assert.deepEqual(await take(bench, source, [1, 2]), [1, 2])
  assert.deepEqual(await take(bench, source, [2]), [2], 'the old one is gone')
  const conditions = (): readonly unknown[] =>
    bench.letters.map(
      ({ body }) => (JSON.parse(body) as { context: { condition: string } }).context.condition,
    )
  assert.deepEqual(conditions(), ['RecordAgeExceeded'])
  assert.deepEqual(await take(bench, source), [2])
  const impatient = bench.open({ MaximumRetryAttempts: 0, DeadLetterConfig })
  bench.kinesis.put(shard, 3, now)
  assert.deepEqual(await take(bench, impatient, [3]), [3])
  bench.kinesis.put(shard, 4, now)
  assert.deepEqual(await take(bench, impatient), [4])
  assert.deepEqual(conditions(), ['RecordAgeExceeded', 'RetryAttemptsExhausted'])
})

test('a pipe that begins with the newest begins there also when it reads only after a restart', async () => {
  const bench = new Bench()
  const shard = bench.kinesis.shard('a')
  bench.kinesis.put(shard, 1, bench.clock.now() - 1)
  const stop = new AbortController()
  const source = bench.open({ StartingPosition: 'LATEST' })
  const reading = source.read(stop.signal)
  await new Promise((resolve) => void setImmediate(resolve))
  stop.abort()
  assert.deepEqual((await reading).records, [])
  bench.kinesis.put(shard, 2, bench.clock.now() + 1)
  bench.clock.advance(60_000)
  assert.deepEqual(await take(bench, bench.open({ StartingPosition: 'LATEST' })), [2])
})

test('without an endpoint it says what to configure; of shards that are gone nothing is kept', async () => {
  const bench = new Bench()
  bench.endpoint = undefined
  const source = bench.open()
  await assert.rejects(bench.read(source), /`targets\.aws\.endpoints\.kinesis`/)
  bench.endpoint = 'http://127.0.0.1:1'
  bench.places.set('gone', { position: { kind: 'oldest' } })
  const shard = bench.kinesis.shard('a')
  bench.kinesis.put(shard, 1)
  assert.deepEqual(await take(bench, source), [1])
  assert.deepEqual([...bench.places.keys()], ['a'])
})
