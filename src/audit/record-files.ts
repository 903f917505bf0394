// The files of one plane: a line of JSON for each record, `<plane>-<seq of the first>.jsonl`. Files are only appended
// to, and go as a whole, oldest first.

import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FILE_BYTES_MAX } from './limits.ts'
import type { AuditRecord } from './record.ts'

interface RecordFile {
  readonly path: string
  readonly firstSeq: number
  sizeBytes: number
  /** When something was last written to it. */
  changedAt: number
}

export interface RecordFilesOptions {
  readonly directory: string
  readonly plane: AuditRecord['plane']
  /** Whether what is written is on stable storage when `append` resolves, or soon after. */
  readonly isSynced: boolean
}

const SEQ_DIGITS = 15

export class RecordFiles {
  readonly #options: RecordFilesOptions
  /** Oldest first; the last one is written to. */
  #files: RecordFile[] = []
  #handle: FileHandle | undefined

  private constructor(options: RecordFilesOptions) {
    this.#options = options
  }

  static async open(options: RecordFilesOptions): Promise<RecordFiles> {
    const files = new RecordFiles(options)
    await files.#find()
    return files
  }

  /** The highest number written so far; 0 when there is none. */
  async lastSeq(): Promise<number> {
    for (const file of this.#files.toReversed()) {
      let last = file.firstSeq - 1
      for (const record of await readRecords(file.path, last)) last = record.seq
      if (last >= file.firstSeq) return last
    }
    return 0
  }

  /** `text` is whole lines, the first of them of the record `firstSeq`. */
  async append(text: string, firstSeq: number, now: number): Promise<void> {
    const sizeBytes = Buffer.byteLength(text)
    let file = this.#handle === undefined ? undefined : this.#files.at(-1)
    if (file === undefined || file.sizeBytes + sizeBytes > FILE_BYTES_MAX)
      file = await this.#begin(firstSeq)
    try {
      await this.#handle!.appendFile(text)
      if (this.#options.isSynced) await this.#handle!.datasync()
    } catch (error) {
      // Nothing goes behind half a line.
      await this.#handle?.close().catch(() => {})
      this.#handle = undefined
      throw error
    }
    file.sizeBytes += sizeBytes
    file.changedAt = now
  }

  /** In the order of their numbers. */
  async *read(after: number, since: number): AsyncGenerator<AuditRecord> {
    for (const [index, file] of this.#files.slice().entries()) {
      const next = this.#files[index + 1]
      if (next !== undefined && next.firstSeq <= after + 1) continue
      if (file.changedAt < since) continue
      yield* await readRecords(file.path, after)
    }
  }

  /** Lets go what is older, and what is more, but never what is being written. */
  async retain(sizeBytesMax: number, oldest: number): Promise<void> {
    let sizeBytes = this.#files.reduce((sum, file) => sum + file.sizeBytes, 0)
    while (this.#files.length > 0) {
      const [file] = this.#files
      const isWritten = this.#handle !== undefined && this.#files.length === 1
      if (isWritten || (sizeBytes <= sizeBytesMax && file!.changedAt >= oldest)) return
      await rm(file!.path, { force: true })
      sizeBytes -= file!.sizeBytes
      this.#files.shift()
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.datasync()
    await handle?.close()
  }

  /** A start begins a file, so that nothing is ever written behind a line that a crash cut off. */
  async #begin(firstSeq: number): Promise<RecordFile> {
    const { directory, plane } = this.#options
    await this.close()
    const name = `${plane}-${String(firstSeq).padStart(SEQ_DIGITS, '0')}.jsonl`
    const path = join(directory, name)
    this.#handle = await open(path, 'a', 0o600)
    const file = { path, firstSeq, sizeBytes: 0, changedAt: 0 }
    this.#files.push(file)
    return file
  }

  async #find(): Promise<void> {
    const { directory, plane } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const pattern = new RegExp(`^${plane}-(\\d{${SEQ_DIGITS}})\\.jsonl$`)
    for (const name of (await readdir(directory)).toSorted()) {
      const firstSeq = pattern.exec(name)?.[1]
      if (firstSeq === undefined) continue
      const path = join(directory, name)
      const { size, mtimeMs } = await stat(path)
      this.#files.push({ path, firstSeq: Number(firstSeq), sizeBytes: size, changedAt: mtimeMs })
    }
  }
}

/** Those behind `after`; a line that was not written to its end is none. */
async function readRecords(path: string, after: number): Promise<readonly AuditRecord[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    // It went meanwhile, as old ones do.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const records: AuditRecord[] = []
  for (const line of text.split('\n')) {
    const seq = /^\{"seq":(\d+),/.exec(line)?.[1]
    if (seq === undefined || Number(seq) <= after || !line.endsWith('}')) continue
    const record = parseRecord(line)
    if (record !== undefined) records.push(record)
  }
  return records
}

function parseRecord(line: string): AuditRecord | undefined {
  try {
    return JSON.parse(line) as AuditRecord
  } catch {
    return undefined
  }
}
