// The real disk: Node's synchronous file calls. Only for a worker thread, because each call blocks it.

import fs from 'node:fs'
import path from 'node:path'
import type { Disk } from './disk.ts'

export const nodeDisk: Disk = {
  open: (file, mode) => fs.openSync(file, OPEN_FLAGS[mode], 0o600),
  close: (handle) => fs.closeSync(handle),
  write: (handle, bytes, position) => fs.writeSync(handle, bytes, 0, bytes.length, position),
  read: (handle, into, position) => fs.readSync(handle, into, 0, into.length, position),
  syncData: (handle) => fs.fdatasyncSync(handle),
  truncate: (handle, length) => fs.ftruncateSync(handle, length),
  size: (handle) => fs.fstatSync(handle).size,
  makeDirectory(directory) {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    // Each new directory is an entry in the one above it, which must be durable too.
    for (let at = path.dirname(directory); at !== path.dirname(at); at = path.dirname(at)) {
      if (!syncIfAllowed(at)) break
    }
  },
  removeDirectory: (directory) => fs.rmdirSync(directory),
  syncDirectory,
  list: (directory) => fs.readdirSync(directory),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (file) => fs.unlinkSync(file),
  space(directory) {
    const stats = fs.statfsSync(directory)
    return { freeBytes: stats.bavail * stats.bsize, sizeBytes: stats.blocks * stats.bsize }
  },
}

const OPEN_FLAGS = { create: 'w+', write: 'r+', read: 'r' } as const

function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, 'r')
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** A directory that this user may not read is one that it did not make. */
function syncIfAllowed(directory: string): boolean {
  try {
    syncDirectory(directory)
    return true
  } catch (error) {
    if (NOT_ALLOWED.has((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

const NOT_ALLOWED = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL'])
