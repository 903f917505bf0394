// Where the keeper remembers what must outlive the process: which state of each roost was told, and which triggers
// were obeyed. Whoever opens the keeper gives it.

import type { Blobs } from '../connect/index.ts'

/** JSON values by name. */
export interface Shelf {
  load(): Promise<ReadonlyMap<string, unknown>>
  /** Durable when it resolves. */
  put(name: string, value: unknown): Promise<void>
  delete(name: string): Promise<void>
}

/** For who keeps nothing over a restart. */
export function createMemoryShelf(): Shelf {
  const values = new Map<string, unknown>()
  return {
    load: async () => new Map(values),
    put: async (name, value) => void values.set(name, value),
    delete: async (name) => void values.delete(name),
  }
}

/** A file for each name, in a folder. */
export function createBlobShelf(blobs: Blobs, folder: string): Shelf {
  // A namespaced name has a slash, which would be a folder.
  const pathOf = (name: string): string =>
    `${folder}/${Buffer.from(name).toString('base64url')}.json`
  return {
    async load() {
      const values = new Map<string, unknown>()
      for (const path of await blobs.list(`${folder}/`)) {
        const bytes = await blobs.get(path)
        const name = path.slice(folder.length + 1).replace(/\.json$/, '')
        if (bytes === undefined) continue
        values.set(Buffer.from(name, 'base64url').toString(), JSON.parse(bytes.toString()))
      }
      return values
    },
    put: (name, value) => blobs.put(pathOf(name), Buffer.from(JSON.stringify(value))),
    delete: (name) => blobs.delete(pathOf(name)),
  }
}
