// What containers say, kept in files: a line on each line of the file, with when and where it was said. The present run
// of each container is kept and the one before; of each, the last ten megabytes or so.
//
//   <logs of a container>/<run>.log     2026-01-01T00:00:00.000Z stdout F the text
//   …/<run>.log.old                            what came before, when there was more than fits
//
// `P` in the place of `F` is a part of a line that goes on in the next.

import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../base/index.ts'
import { KubeError, type KubeObject, type PodLogQuery, type PodLogs } from '../objects/index.ts'
import { LOG_LINE_BYTES_MAX, LOG_RUNS_MAX, LOG_SIZE_BYTES_MAX } from './limits.ts'
import { LineSelection } from './line-selection.ts'
import { podStatusOf } from './objects.ts'
import type { PodFolders } from './pod-folders.ts'

const OWNER_ONLY = 0o700
const OWNER_READS = 0o600
const READ_BYTES = 64 * 1024
const LINE_FEED = 0x0a

export interface OutputWriter {
  /** There is a run that may say something: from now on its log can be read. */
  begin(): void
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void
  /** Nothing more comes: who follows is at the end. */
  close(): void
}

export class PodOutput implements PodLogs {
  readonly #folders: PodFolders
  readonly #clock: Clock
  /** Files that are still written to, and whoever waits for more of them. */
  readonly #open = new Map<string, Set<() => void>>()

  constructor(folders: PodFolders, clock: Clock) {
    this.#folders = folders
    this.#clock = clock
  }

  /** What an earlier server wrote of the same run goes: whoever adopts it hears everything again. */
  createWriter(podUid: string, container: string, run: number): OutputWriter {
    const directory = this.#folders.logsOf(podUid, container)
    const path = join(directory, `${run}.log`)
    const waiting = new Set<() => void>()
    return new FileWriter(path, this.#clock, {
      onBegun: () => this.#open.set(path, waiting),
      onWritten: () => wake(waiting),
      onClosed: () => {
        this.#open.delete(path)
        wake(waiting)
        void dropOldRuns(directory, run)
      },
    })
  }

  async read(query: PodLogQuery): Promise<AsyncIterable<Uint8Array>> {
    const { pod, container, previous } = query
    const directory = this.#folders.logsOf(pod.metadata.uid ?? '', container)
    const runs = await runsIn(directory)
    const run = runs.at(previous ? -2 : -1)
    if (run === undefined && previous)
      throw new KubeError(
        'BadRequest',
        `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`,
      )
    if (run === undefined) throw new KubeError('BadRequest', waitingText(pod, container))
    return this.#lines(join(directory, `${run}.log`), query)
  }

  async *#lines(path: string, query: PodLogQuery): AsyncGenerator<Uint8Array> {
    const selection = new LineSelection(query)
    const older = selection.take(await readWhole(`${path}.old`))
    let at = 0
    const first = await readFrom(path, at)
    at = first.end
    const shown = selection.cut(selection.tail([...older, ...selection.take(first.bytes)]))
    if (shown.length > 0) yield shown
    while (query.follow && !selection.isFull && !query.signal.aborted) {
      const waiting = this.#open.get(path)
      const next = await readFrom(path, at)
      at = next.end
      const more = selection.take(next.bytes)
      if (more.length > 0) yield selection.cut(more)
      else if (waiting === undefined) return
      else await woken(waiting, query.signal)
    }
  }
}

interface WriterOptions {
  readonly onBegun: () => void
  readonly onWritten: () => void
  readonly onClosed: () => void
}

class FileWriter implements OutputWriter {
  readonly #path: string
  readonly #clock: Clock
  readonly #options: WriterOptions
  readonly #rests: Record<'stdout' | 'stderr', Buffer> = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
  }
  #file: number | undefined
  #size = 0
  #isClosed = false

  constructor(path: string, clock: Clock, options: WriterOptions) {
    this.#path = path
    this.#clock = clock
    this.#options = options
  }

  begin(): void {
    if (this.#file !== undefined || this.#isClosed) return
    mkdirSync(dirname(this.#path), { recursive: true, mode: OWNER_ONLY })
    this.#file = openSync(this.#path, 'w', OWNER_READS)
    this.#options.onBegun()
  }

  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.begin()
    let rest = Buffer.concat([this.#rests[stream], bytes])
    const lines: Buffer[] = []
    for (;;) {
      const end = rest.indexOf(LINE_FEED)
      const length = end === -1 ? rest.length : end
      if (length > LOG_LINE_BYTES_MAX) {
        lines.push(this.#line(stream, 'P', rest.subarray(0, LOG_LINE_BYTES_MAX)))
        rest = rest.subarray(LOG_LINE_BYTES_MAX)
      } else if (end === -1) break
      else {
        lines.push(this.#line(stream, 'F', rest.subarray(0, end)))
        rest = rest.subarray(end + 1)
      }
    }
    this.#rests[stream] = Buffer.from(rest)
    this.#append(lines)
  }

  close(): void {
    if (this.#isClosed || this.#file === undefined) return
    for (const stream of ['stdout', 'stderr'] as const)
      if (this.#rests[stream].length > 0)
        this.#append([this.#line(stream, 'P', this.#rests[stream])])
    this.#isClosed = true
    closeSync(this.#file)
    this.#options.onClosed()
  }

  #line(stream: string, part: 'F' | 'P', text: Uint8Array): Buffer {
    const head = `${new Date(this.#clock.now()).toISOString()} ${stream} ${part} `
    return Buffer.concat([Buffer.from(head), text, Buffer.from('\n')])
  }

  #append(lines: readonly Buffer[]): void {
    if (lines.length === 0) return
    for (const line of lines) {
      if (this.#size + line.length > LOG_SIZE_BYTES_MAX / 2) this.#turn()
      writeSync(this.#file!, line)
      this.#size += line.length
    }
    this.#options.onWritten()
  }

  /** The older half goes when the newer one is full. */
  #turn(): void {
    closeSync(this.#file!)
    renameSync(this.#path, `${this.#path}.old`)
    this.#file = openSync(this.#path, 'a', OWNER_READS)
    this.#size = 0
  }
}

function waitingText(pod: KubeObject, container: string): string {
  const { containerStatuses = [], initContainerStatuses = [] } = podStatusOf(pod)
  const status = [...initContainerStatuses, ...containerStatuses].find(
    ({ name }) => name === container,
  )
  const reason = status?.state.waiting?.reason ?? 'ContainerCreating'
  return `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`
}

function wake(waiting: Set<() => void>): void {
  for (const one of waiting) one()
  waiting.clear()
}

async function woken(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  waiting.add(resolve)
  const stop = (): void => resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) resolve()
  await promise
  waiting.delete(resolve)
  signal.removeEventListener('abort', stop)
}

async function readWhole(path: string): Promise<Buffer> {
  return (await readFrom(path, 0)).bytes
}

/** Whole lines only, from a place on; from the beginning when the file was turned. */
async function readFrom(
  path: string,
  from: number,
): Promise<{ readonly bytes: Buffer; readonly end: number }> {
  let file
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { bytes: Buffer.alloc(0), end: from }
  }
  try {
    const { size } = await file.stat()
    const start = size < from ? 0 : from
    const pieces: Buffer[] = []
    let at = start
    while (at < size) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, at)
      if (bytesRead === 0) break
      pieces.push(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
    const bytes = Buffer.concat(pieces)
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1)
    return { bytes: whole, end: start + whole.length }
  } finally {
    await file.close()
  }
}

async function runsIn(directory: string): Promise<readonly number[]> {
  let names: readonly string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return []
  }
  return names
    .flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)
}

async function dropOldRuns(directory: string, present: number): Promise<void> {
  for (const run of await runsIn(directory)) {
    if (run > present - LOG_RUNS_MAX) continue
    await rm(join(directory, `${run}.log`), { force: true })
    await rm(join(directory, `${run}.log.old`), { force: true })
  }
}
