// Where a pod keeps what is its own on this machine; all of it goes with the pod.
//
//   <pods>/<pod uid>/volumes/<volume>      what its volumes hold
//                    containers/<name>     the folder in which a program runs
//                    logs/<name>           what it said

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const OWNER_ONLY = 0o700

export class PodFolders {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  of(uid: string): string {
    return join(this.#root, uid)
  }

  logsOf(uid: string, container: string): string {
    return join(this.#root, uid, 'logs', container)
  }

  async create(uid: string): Promise<void> {
    await mkdir(this.of(uid), { recursive: true, mode: OWNER_ONLY })
  }

  async createFor(uid: string, container: string): Promise<string> {
    const directory = join(this.of(uid), 'containers', container)
    await mkdir(directory, { recursive: true, mode: OWNER_ONLY })
    return directory
  }

  async remove(uid: string): Promise<void> {
    await rm(this.of(uid), { recursive: true, force: true })
  }

  /** Takes what pods left that are no more. */
  async keepOnly(uids: ReadonlySet<string>): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: OWNER_ONLY })
    for (const uid of await readdir(this.#root)) if (!uids.has(uid)) await this.remove(uid)
  }
}
