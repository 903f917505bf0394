// Blobs in a directory: a file each, whole or not there, readable by their owner alone.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../base/index.ts'
import type { Blobs } from './blobs.ts'

const NAME = /^(?:[A-Za-z0-9][A-Za-z0-9._=-]*\/)*[A-Za-z0-9][A-Za-z0-9._=-]*$/
const DRAFT = '.new'

/** Every call rejects `STORAGE_FAILED` when the disk does. */
export function openDirectoryBlobs(root: string): Blobs {
  const pathOf = (name: string): string => {
    if (!NAME.test(name)) throw new Error(`\`${name}\` is no name of a blob`)
    return join(root, name)
  }
  return {
    async put(name, bytes) {
      const path = pathOf(name)
      await guarded(root, () => write(path, bytes))
    },
    async get(name) {
      const path = pathOf(name)
      return guarded(root, () => read(path))
    },
    async delete(name) {
      const path = pathOf(name)
      await guarded(root, () => rm(path, { force: true }))
    },
    list: (prefix) => guarded(root, () => list(root, prefix)),
    close: async () => {},
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path + DRAFT, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(path + DRAFT, path)
  await syncDirectory(dirname(path))
}

/** A rename is on the disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function list(root: string, prefix: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(DRAFT))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\/+/, ''))
      .filter((name) => name.startsWith(prefix))
      .sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

async function guarded<T>(root: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new AppError('STORAGE_FAILED', `directory \`${root}\` failed`, { cause: error })
  }
}
