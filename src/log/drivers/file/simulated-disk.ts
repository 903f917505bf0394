// A disk in memory that forgets as real ones do: what was synced survives a crash, of the rest a random part.

import type { Random } from '../../../base/index.ts'
import type { Disk, DiskHandle, DiskSpace } from './disk.ts'

type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number }

type NameChange =
  | { readonly kind: 'link'; readonly path: string; readonly file: SimulatedFile }
  | { readonly kind: 'unlink'; readonly path: string }

export type DiskOperation =
  | 'open'
  | 'write'
  | 'read'
  | 'syncData'
  | 'truncate'
  | 'syncDirectory'
  | 'rename'
  | 'unlink'

export interface SimulatedDiskOptions {
  readonly capacityBytes?: number
  /** Called before each operation; an answer is the error code that it fails with. */
  readonly fault?: (operation: DiskOperation, path: string) => string | undefined
}

export interface CrashOptions {
  /** Keeps any of the unsynced sectors rather than the first few writes. */
  readonly reorder?: boolean
}

const SECTOR_BYTES = 512

/**
 * What was synced survives a crash, of the rest a random part, perhaps torn. A sync that fails drops what was
 * dirty and calls it clean, as Linux does.
 */
export class SimulatedDisk implements Disk {
  capacityBytes: number
  fault: (operation: DiskOperation, path: string) => string | undefined
  #names = new Map<string, SimulatedFile>()
  #durableNames = new Map<string, SimulatedFile>()
  #nameChanges: NameChange[] = []
  #handles = new Map<DiskHandle, { readonly path: string; readonly file: SimulatedFile }>()
  #nextHandle = 3

  constructor(options: SimulatedDiskOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? 2 ** 40
    this.fault = options.fault ?? (() => undefined)
  }

  open(path: string, mode: 'create' | 'write' | 'read'): DiskHandle {
    this.#check('open', path)
    let file = this.#names.get(path)
    if (mode === 'create') {
      file = new SimulatedFile()
      this.#changeName({ kind: 'link', path, file })
    }
    if (file === undefined) throw diskError('ENOENT', 'open', path)
    const handle = this.#nextHandle
    this.#nextHandle += 1
    this.#handles.set(handle, { path, file })
    return handle
  }

  close(handle: DiskHandle): void {
    this.#opened(handle)
    this.#handles.delete(handle)
  }

  write(handle: DiskHandle, bytes: Uint8Array, position: number): number {
    const { path, file } = this.#opened(handle)
    this.#check('write', path)
    const growth = Math.max(0, position + bytes.length - file.size)
    const free = Math.max(0, this.capacityBytes - this.#usedBytes())
    const fits = bytes.length - Math.max(0, growth - free)
    if (fits <= 0) throw diskError('ENOSPC', 'write', path)
    file.change({ kind: 'write', at: position, bytes: bytes.slice(0, fits) })
    return fits
  }

  read(handle: DiskHandle, into: Uint8Array, position: number): number {
    const { path, file } = this.#opened(handle)
    this.#check('read', path)
    return file.read(into, position)
  }

  syncData(handle: DiskHandle): void {
    const { path, file } = this.#opened(handle)
    try {
      this.#check('syncData', path)
    } catch (error) {
      file.dropDirty()
      throw error
    }
    file.sync()
  }

  truncate(handle: DiskHandle, length: number): void {
    const { path, file } = this.#opened(handle)
    this.#check('truncate', path)
    file.change({ kind: 'truncate', length })
  }

  size(handle: DiskHandle): number {
    return this.#opened(handle).file.size
  }

  makeDirectory(): void {}

  removeDirectory(): void {}

  syncDirectory(path: string): void {
    this.#check('syncDirectory', path)
    const isInside = (change: NameChange): boolean => change.path.startsWith(`${path}/`)
    for (const change of this.#nameChanges.filter(isInside)) {
      applyName(this.#durableNames, change)
    }
    this.#nameChanges = this.#nameChanges.filter((change) => !isInside(change))
  }

  list(directory: string): string[] {
    const prefix = `${directory}/`
    const inside = Array.from(this.#names.keys()).filter((path) => path.startsWith(prefix))
    return [...new Set(inside.map((path) => path.slice(prefix.length).split('/')[0]!))]
  }

  rename(from: string, to: string): void {
    this.#check('rename', from)
    const file = this.#names.get(from)
    if (file === undefined) throw diskError('ENOENT', 'rename', from)
    this.#changeName({ kind: 'link', path: to, file })
    this.#changeName({ kind: 'unlink', path: from })
  }

  unlink(path: string): void {
    this.#check('unlink', path)
    if (!this.#names.has(path)) throw diskError('ENOENT', 'unlink', path)
    this.#changeName({ kind: 'unlink', path })
  }

  space(): DiskSpace {
    const freeBytes = Math.max(0, this.capacityBytes - this.#usedBytes())
    return { freeBytes, sizeBytes: this.capacityBytes }
  }

  /** The power goes: every handle is gone, and of what was not synced a random part is left. */
  crash(random: Random, options: CrashOptions = {}): void {
    this.#handles.clear()
    const kept = Math.floor(random.next() * (this.#nameChanges.length + 1))
    for (const change of this.#nameChanges.slice(0, kept)) applyName(this.#durableNames, change)
    this.#nameChanges = []
    this.#names = new Map(this.#durableNames)
    for (const file of new Set(this.#names.values())) file.crash(random, options)
  }

  /** The bytes of a file as it is now; a test's way to look, and with `overwrite` to damage. */
  contents(path: string): Uint8Array {
    const file = this.#names.get(path)
    if (file === undefined) throw diskError('ENOENT', 'contents', path)
    return file.contents()
  }

  /** Makes a file hold these bytes, durably. */
  overwrite(path: string, bytes: Uint8Array): void {
    const file = new SimulatedFile()
    file.change({ kind: 'write', at: 0, bytes: bytes.slice() })
    file.sync()
    this.#names.set(path, file)
    this.#durableNames.set(path, file)
  }

  remove(path: string): void {
    this.#names.delete(path)
    this.#durableNames.delete(path)
  }

  #changeName(change: NameChange): void {
    applyName(this.#names, change)
    this.#nameChanges.push(change)
  }

  #check(operation: DiskOperation, path: string): void {
    const code = this.fault(operation, path)
    if (code !== undefined) throw diskError(code, operation, path)
  }

  #opened(handle: DiskHandle): { readonly path: string; readonly file: SimulatedFile } {
    const opened = this.#handles.get(handle)
    if (opened === undefined) throw diskError('EBADF', 'use', String(handle))
    return opened
  }

  #usedBytes(): number {
    let used = 0
    for (const file of this.#names.values()) used += file.size
    return used
  }
}

function applyName(names: Map<string, SimulatedFile>, change: NameChange): void {
  if (change.kind === 'link') names.set(change.path, change.file)
  else names.delete(change.path)
}

function diskError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${operation} '${path}'`), { code })
}

class SimulatedFile {
  readonly #current = new Content()
  readonly #synced = new Content()
  #dirty: Change[] = []

  get size(): number {
    return this.#current.size
  }

  change(change: Change): void {
    this.#current.apply(change)
    this.#dirty.push(change)
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#current.bytes().subarray(position, position + into.length)
    into.set(part)
    return part.length
  }

  contents(): Uint8Array {
    return this.#current.bytes().slice()
  }

  sync(): void {
    for (const change of this.#dirty) this.#synced.apply(change)
    this.#dirty = []
  }

  dropDirty(): void {
    this.#dirty = []
  }

  crash(random: Random, { reorder = false }: CrashOptions): void {
    const survivors = reorder ? anySectors(this.#dirty, random) : firstWrites(this.#dirty, random)
    for (const change of survivors) this.#synced.apply(change)
    this.#dirty = []
    this.#current.copy(this.#synced)
  }
}

/** The first few changes, the last of them perhaps torn. */
function firstWrites(dirty: readonly Change[], random: Random): Change[] {
  const survivors = dirty.slice(0, Math.floor(random.next() * (dirty.length + 1)))
  const torn = dirty[survivors.length]
  if (torn?.kind === 'write' && random.next() < 0.8) {
    const length = Math.floor(random.next() * (torn.bytes.length + 1))
    survivors.push({ ...torn, bytes: torn.bytes.subarray(0, length) })
  }
  return survivors
}

/** Any sectors of any change; the file may have grown over sectors that were never written. */
function anySectors(dirty: readonly Change[], random: Random): Change[] {
  const survivors: Change[] = []
  const share = random.next()
  for (const change of dirty) {
    if (change.kind === 'truncate') {
      if (random.next() < 0.5) survivors.push(change)
      continue
    }
    if (random.next() < 0.3) {
      survivors.push({ kind: 'write', at: change.at + change.bytes.length, bytes: NOTHING })
    }
    for (let at = 0; at < change.bytes.length; at += SECTOR_BYTES) {
      if (random.next() >= share) continue
      const bytes = change.bytes.subarray(at, at + SECTOR_BYTES)
      survivors.push({ kind: 'write', at: change.at + at, bytes })
    }
  }
  return survivors
}

const NOTHING = new Uint8Array(0)

/** Growing bytes; a hole reads as zeros. */
class Content {
  #bytes = new Uint8Array(1024)
  size = 0

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }

  apply(change: Change): void {
    if (change.kind === 'truncate') {
      this.#reserve(change.length)
      this.#bytes.fill(0, Math.min(change.length, this.size), Math.max(change.length, this.size))
      this.size = change.length
      return
    }
    const end = change.at + change.bytes.length
    this.#reserve(end)
    this.#bytes.set(change.bytes, change.at)
    this.size = Math.max(this.size, end)
  }

  copy(from: Content): void {
    this.#bytes = new Uint8Array(from.#bytes)
    this.size = from.size
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.size))
    this.#bytes = grown
  }
}
