// Where the code of functions that came as archives lies: a folder per function below the data directory, in it one
// per archive, named by its hash. A folder is complete or not there.
//
//   functions/ACCOUNT/REGION/NAME/HASH/…          what the archive holds
//   functions/ACCOUNT/REGION/NAME/.new-HASH/…     being unpacked; removed when the server starts

import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Scope } from '../../../model/index.ts'
import { readZip } from './zip.ts'

export interface StoredCode {
  /** Absolute. */
  readonly directory: string
  /** Base64, as Lambda shows it. */
  readonly sha256: string
  readonly sizeBytes: number
}

export interface CodeStore {
  /** Unpacks an archive; on the disk when it resolves. Throws `REQUEST_INVALID` for one that cannot be used. */
  put(scope: Scope, name: string, archive: Buffer): Promise<StoredCode>
  /** Removes what a function has beside these folders. */
  keep(scope: Scope, name: string, directories: readonly string[]): Promise<void>
}

const UNFINISHED = '.new-'

/** Opens the store at an absolute path, and clears away what a crash has left half unpacked. */
export async function openCodeStore(root: string): Promise<CodeStore> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  // A .js file is CommonJS unless its own archive says otherwise, whatever lies above this folder.
  await writeFile(join(root, 'package.json'), '{ "type": "commonjs" }\n')
  await clearUnfinished(root)
  const home = ({ account, region }: Scope, name: string): string =>
    join(root, account, region, name)
  return {
    put: (scope, name, archive) => put(home(scope, name), archive),
    async keep(scope, name, directories) {
      const folder = home(scope, name)
      for (const entry of await listNames(folder)) {
        const directory = join(folder, entry)
        if (!directories.includes(directory)) await rm(directory, { recursive: true, force: true })
      }
      if (directories.length === 0) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function put(home: string, archive: Buffer): Promise<StoredCode> {
  const hash = createHash('sha256').update(archive).digest()
  const name = hash.toString('hex')
  const directory = join(home, name)
  const stored = { directory, sha256: hash.toString('base64'), sizeBytes: archive.length }
  if ((await listNames(home)).includes(name)) return stored
  const unfinished = join(home, UNFINISHED + name)
  await rm(unfinished, { recursive: true, force: true })
  try {
    await unpackInto(unfinished, archive)
    await rename(unfinished, directory)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
  await sync(home)
  return stored
}

async function unpackInto(directory: string, archive: Buffer): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const folders = new Set([directory])
  for (const { path, content } of readZip(archive)) {
    const file = join(directory, path)
    const folder = dirname(file)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    folders.add(folder)
    await writeDurably(file, content)
  }
  for (const folder of folders) await sync(folder)
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function clearUnfinished(root: string): Promise<void> {
  for (const account of await listNames(root)) {
    for (const region of await listNames(join(root, account))) {
      for (const name of await listNames(join(root, account, region))) {
        const home = join(root, account, region, name)
        for (const entry of await listNames(home)) {
          if (entry.startsWith(UNFINISHED)) await rm(join(home, entry), { recursive: true })
        }
      }
    }
  }
}

async function listNames(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
