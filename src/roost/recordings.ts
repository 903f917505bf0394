// What was published, written down in batches beside Kafka, so that a replay reaches further back than the topic does.
//
//   recordings/FROM-TO-HASH      JSON lines of the records between two times, packed and sealed as configured

import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Clock, Timer } from '../base/index.ts'
import type { Blobs, KafkaRecord, ProducerRecord } from '../connect/index.ts'
import type { Keyring } from '../keyring/index.ts'
import { RECORDING_LINGER_MS } from './limits.ts'
import { openText, sealText } from './sealed-text.ts'
import type { ReplaySettings } from './settings.ts'

const FOLDER = 'recordings/'
const NAME = /^(\d{13})-(\d{13})-[0-9a-f]{16}$/

export interface RecordingsOptions {
  readonly blobs: Blobs
  readonly keyring: Keyring
  readonly isSealed: boolean
  readonly settings: ReplaySettings
  readonly clock: Clock
}

interface Line {
  readonly at: number
  readonly topic: string
  readonly key?: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

interface Batch {
  readonly lines: Line[]
  readonly written: Promise<void>
  readonly timer: Timer
  readonly flush: () => void
}

/** Calls that touch the storage reject `STORAGE_FAILED` when it fails. */
export class Recordings {
  readonly #options: RecordingsOptions
  #batch: Batch | undefined

  constructor(options: RecordingsOptions) {
    this.#options = options
  }

  /** Durable when it resolves. */
  async add(record: ProducerRecord): Promise<void> {
    const { clock, settings } = this.#options
    const { topic, key, value, headers = {} } = record
    const batch = (this.#batch ??= this.#begin())
    batch.lines.push({
      at: Math.trunc(clock.now()),
      topic,
      value: value.toString('base64'),
      headers,
      ...(key === undefined ? {} : { key: key.toString('base64') }),
    })
    if (batch.lines.length >= settings.batchSize) batch.flush()
    await batch.written
  }

  /** Records of a span of wall time, the first included, the last not. */
  async *read(from: number, to: number): AsyncGenerator<KafkaRecord> {
    const { blobs, keyring } = this.#options
    for (const path of await blobs.list(FOLDER)) {
      const name = path.slice(FOLDER.length)
      const [, first, last] = NAME.exec(name) ?? []
      if (first === undefined || Number(last) < from || Number(first) >= to) continue
      const bytes = await blobs.get(path)
      if (bytes === undefined) continue
      const packed = openText(keyring, bytes.toString(), name)
      for (const [index, line] of unpack(packed).entries())
        if (line.at >= from && line.at < to) yield recordOf(line, index)
    }
  }

  /** Takes away what is older than the retention; answers how many batches. */
  async expire(): Promise<number> {
    const { blobs, clock, settings } = this.#options
    const bound = clock.now() - settings.retention
    const old = (await blobs.list(FOLDER)).filter((path) => {
      const last = NAME.exec(path.slice(FOLDER.length))?.[2]
      return last !== undefined && Number(last) < bound
    })
    for (const path of old) await blobs.delete(path)
    return old.length
  }

  async close(): Promise<void> {
    const batch = this.#batch
    batch?.flush()
    await batch?.written.catch(() => {})
    await this.#options.blobs.close()
  }

  #begin(): Batch {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const lines: Line[] = []
    const flush = (): void => {
      timer.cancel()
      this.#batch = undefined
      this.#write(lines).then(resolve, reject)
    }
    const timer = this.#options.clock.setTimer(RECORDING_LINGER_MS, flush)
    return { lines, written: promise, timer, flush }
  }

  async #write(lines: readonly Line[]): Promise<void> {
    const { blobs, keyring, isSealed, settings } = this.#options
    const text = lines.map((line) => JSON.stringify(line)).join('\n')
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
    const name = `${timeOf(lines[0]!)}-${timeOf(lines.at(-1)!)}-${hash}`
    const isPacked = settings.compression === 'gzip'
    const packed = isPacked ? `gzip:${gzipSync(text).toString('base64')}` : `none:${text}`
    const sealed = sealText(isSealed ? keyring : undefined, packed, name)
    await blobs.put(FOLDER + name, Buffer.from(sealed))
  }
}

function timeOf({ at }: Line): string {
  return String(at).padStart(13, '0')
}

function unpack(packed: string): readonly Line[] {
  const content = packed.slice('none:'.length)
  const text = packed.startsWith('gzip:')
    ? gunzipSync(Buffer.from(content, 'base64')).toString()
    : content
  return text.split('\n').map((line) => JSON.parse(line) as Line)
}

function recordOf({ at, topic, key, value, headers }: Line, index: number): KafkaRecord {
  return {
    topic,
    partition: 0,
    offset: BigInt(index),
    key: key === undefined ? undefined : Buffer.from(key, 'base64'),
    value: Buffer.from(value, 'base64'),
    headers: Object.entries(headers),
    timestamp: at,
    leaderEpoch: 0,
  }
}
