// Dead letters: events that could not be published, and records that could not be obeyed, each a blob of its own,
// sealed unless told otherwise. What there is can be told from the names alone.
//
//   dead-letters/TIME-WAY-STATE-TYPE-HASH      `auto` is tried again by itself, `held` only when somebody says so

import { createHash } from 'node:crypto'
import { AppError, type Clock } from '../base/index.ts'
import type { Blobs } from '../connect/index.ts'
import type { Keyring } from '../keyring/index.ts'
import { shortType } from './event-types.ts'
import { openText, sealText } from './sealed-text.ts'

const FOLDER = 'dead-letters/'
const NAME = /^(\d{13})-(out|in)-(auto|held)-([A-Za-z0-9._]*)-([0-9a-f]{16})$/

export interface DeadLetter {
  readonly id: string
  /** Wall milliseconds. */
  readonly failedAt: number
  /** `out` was to be published, `in` was consumed. */
  readonly way: 'out' | 'in'
  /** Nothing is gained by trying it again as it is. */
  readonly isHeld: boolean
  readonly eventId: string
  readonly eventType: string
  readonly reason: string
  readonly attempts: number
  readonly record: LetterRecord
}

export interface LetterRecord {
  readonly topic: string
  readonly key?: Buffer
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

export type LetterDraft = Omit<DeadLetter, 'id' | 'failedAt'>

/** What a name tells. */
export interface LetterHead {
  readonly id: string
  readonly failedAt: number
  readonly way: DeadLetter['way']
  readonly isHeld: boolean
  /** Without its prefix: `lifecycle.created`. */
  readonly type: string
}

export interface LetterStats {
  readonly count: number
  readonly held: number
  readonly byType: Readonly<Record<string, number>>
  /** Wall milliseconds; absent when there is none. */
  readonly oldestAt?: number
}

export interface DeadLettersOptions {
  readonly blobs: Blobs
  /** Opens what is sealed. */
  readonly keyring: Keyring
  readonly isSealed: boolean
  readonly retentionMs: number
  readonly clock: Clock
}

/** Every call that touches the storage rejects `STORAGE_FAILED` when it fails. */
export class DeadLetters {
  readonly #options: DeadLettersOptions
  /** Ids in order of time. */
  #ids: readonly string[] = []

  constructor(options: DeadLettersOptions) {
    this.#options = options
  }

  /** Looks at what is there: another process may have written or taken. */
  async refresh(): Promise<void> {
    const names = await this.#options.blobs.list(FOLDER)
    this.#ids = names.map((name) => name.slice(FOLDER.length)).filter((id) => NAME.test(id))
  }

  /** Durable when it resolves; the same letter again replaces itself. */
  async add(draft: LetterDraft): Promise<string> {
    const { blobs, keyring, isSealed, clock } = this.#options
    const failedAt = Math.trunc(clock.now())
    const id = idOf(draft, failedAt)
    const { record, ...rest } = draft
    const text = JSON.stringify({
      ...rest,
      failedAt,
      record: {
        ...record,
        key: record.key?.toString('base64'),
        value: record.value.toString('base64'),
      },
    })
    await blobs.put(FOLDER + id, Buffer.from(sealText(isSealed ? keyring : undefined, text, id)))
    this.#ids = [...this.#ids.filter((one) => one !== id), id].sort()
    return id
  }

  /** Undefined when it is gone. Rejects `SECRET_UNREADABLE` when the key is. */
  async get(id: string): Promise<DeadLetter | undefined> {
    if (!NAME.test(id)) return undefined
    const { blobs, keyring } = this.#options
    const bytes = await blobs.get(FOLDER + id)
    if (bytes === undefined) return undefined
    const stored = JSON.parse(openText(keyring, bytes.toString(), id)) as StoredLetter
    const { key, value, ...record } = stored.record
    return {
      ...stored,
      id,
      record: {
        ...record,
        value: Buffer.from(value, 'base64'),
        ...(key === undefined ? {} : { key: Buffer.from(key, 'base64') }),
      },
    }
  }

  async remove(id: string): Promise<void> {
    if (!NAME.test(id))
      throw new AppError('RESOURCE_NOT_FOUND', `there is no dead letter \`${id}\``)
    await this.#options.blobs.delete(FOLDER + id)
    this.#ids = this.#ids.filter((one) => one !== id)
  }

  /** Oldest first. */
  heads(): readonly LetterHead[] {
    return this.#ids.map((id) => headOf(id))
  }

  stats(): LetterStats {
    const heads = this.heads()
    const byType: Record<string, number> = {}
    for (const { type } of heads) byType[type] = (byType[type] ?? 0) + 1
    const oldestAt = heads[0]?.failedAt
    return {
      count: heads.length,
      held: heads.filter(({ isHeld }) => isHeld).length,
      byType,
      ...(oldestAt === undefined ? {} : { oldestAt }),
    }
  }

  /** Takes away what is older than the retention; answers how many. */
  async expire(): Promise<number> {
    const { clock, retentionMs } = this.#options
    const old = this.heads().filter(({ failedAt }) => failedAt < clock.now() - retentionMs)
    for (const { id } of old) await this.remove(id)
    return old.length
  }

  close(): Promise<void> {
    return this.#options.blobs.close()
  }
}

interface StoredLetter extends Omit<DeadLetter, 'id' | 'record'> {
  readonly record: Omit<LetterRecord, 'key' | 'value'> & {
    readonly key?: string
    readonly value: string
  }
}

function idOf({ way, isHeld, eventId, eventType, record }: LetterDraft, failedAt: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([way, record.topic, eventId, eventType]))
    .update(record.value)
    .digest('hex')
    .slice(0, 16)
  const type = shortType(eventType)
    .replace(/[^A-Za-z0-9._]/g, '_')
    .slice(0, 64)
  const time = String(failedAt).padStart(13, '0')
  return `${time}-${way}-${isHeld ? 'held' : 'auto'}-${type}-${hash}`
}

function headOf(id: string): LetterHead {
  const [, time, way, state, type] = NAME.exec(id)!
  return {
    id,
    failedAt: Number(time),
    way: way as DeadLetter['way'],
    isHeld: state === 'held',
    type: type!,
  }
}
