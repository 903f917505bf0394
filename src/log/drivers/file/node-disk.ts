// The real disk: Node's synchronous file calls. Only for a worker thread, because each call blocks it.

import fs from 'node:fs'
import type { Disk } from './disk.ts'

export const nodeDisk: Disk = {
  open: (path, mode) => fs.openSync(path, OPEN_FLAGS[mode], 0o600),
  close: (handle) => fs.closeSync(handle),
  write: (handle, bytes, position) => fs.writeSync(handle, bytes, 0, bytes.length, position),
  read: (handle, into, position) => fs.readSync(handle, into, 0, into.length, position),
  syncData: (handle) => fs.fdatasyncSync(handle),
  truncate: (handle, length) => fs.ftruncateSync(handle, length),
  size: (handle) => fs.fstatSync(handle).size,
  makeDirectory: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  syncDirectory(path) {
    const handle = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(handle)
    } finally {
      fs.closeSync(handle)
    }
  },
  list: (directory) => fs.readdirSync(directory),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  space(directory) {
    const stats = fs.statfsSync(directory)
    return { freeBytes: stats.bavail * stats.bsize, sizeBytes: stats.blocks * stats.bsize }
  },
}

const OPEN_FLAGS = { create: 'w+', write: 'r+', read: 'r' } as const
