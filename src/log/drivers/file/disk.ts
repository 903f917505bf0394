// The disk behind a seam, with synchronous calls: the real one runs them in a worker of its own, where they
// never wait for the shared thread pool, the simulated one in process. Errors carry Node's `code`.
//
// Invariant: `write` and `read` may answer fewer bytes than asked; callers look.
// Invariant: nothing is durable before `syncData` of the file and `syncDirectory` of its directory.

export type DiskHandle = number

export interface DiskSpace {
  readonly freeBytes: number
  readonly sizeBytes: number
}

export interface Disk {
  /** `create` makes a new, empty file, also in place of an old one. */
  open(path: string, mode: 'create' | 'write' | 'read'): DiskHandle
  close(handle: DiskHandle): void
  /** Answers how many bytes it wrote. */
  write(handle: DiskHandle, bytes: Uint8Array, position: number): number
  /** Answers how many bytes it read; 0 at the end. */
  read(handle: DiskHandle, into: Uint8Array, position: number): number
  syncData(handle: DiskHandle): void
  truncate(handle: DiskHandle, length: number): void
  size(handle: DiskHandle): number
  makeDirectory(path: string): void
  /** Of an empty directory. */
  removeDirectory(path: string): void
  syncDirectory(path: string): void
  /** Names, in no particular order. */
  list(directory: string): string[]
  rename(from: string, to: string): void
  unlink(path: string): void
  space(directory: string): DiskSpace
}

/** The errors that say there is no room, as against a disk that fails. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && FULL_CODES.has((error as NodeJS.ErrnoException).code ?? '')
}

export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** Writes all of `bytes`, however many calls it takes; a call that writes nothing is a full disk. */
export function writeFully(disk: Disk, handle: DiskHandle, bytes: Uint8Array, at: number): void {
  let done = 0
  while (done < bytes.length) {
    const written = disk.write(handle, done === 0 ? bytes : bytes.subarray(done), at + done)
    if (written <= 0) {
      throw Object.assign(new Error('ENOSPC: a write wrote nothing'), { code: 'ENOSPC' })
    }
    done += written
  }
}

/** Reads until `into` is full or the file ends; answers the part that was filled. */
export function readFully(
  disk: Disk,
  handle: DiskHandle,
  into: Uint8Array,
  at: number,
): Uint8Array {
  let done = 0
  while (done < into.length) {
    const count = disk.read(handle, done === 0 ? into : into.subarray(done), at + done)
    if (count <= 0) break
    done += count
  }
  return done === into.length ? into : into.subarray(0, done)
}
