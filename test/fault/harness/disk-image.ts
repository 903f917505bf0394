// A disk that can be cut off: an ext4 file system in a file, mounted through a loop device. Needs root.

import { spawnSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const MIB = 1024 * 1024

export interface DiskImageOptions {
  readonly sizeMib: number
  /** Options of `mount`, such as `data=writeback,nodelalloc`. */
  readonly mountOptions?: string
  /** The size of a tmpfs to keep the file in: smaller than the image, it fails under it like a dying disk. */
  readonly backingMib?: number
}

const UNMOUNT_DEADLINE_MS = 10_000
const UNMOUNT_PAUSE_MS = 50

export class DiskImage {
  /** Where it is mounted. */
  readonly path: string
  readonly #folder: string
  readonly #backing: string
  readonly #image: string
  readonly #options: DiskImageOptions
  #isMounted = false

  constructor(options: DiskImageOptions) {
    this.#options = options
    this.#folder = mkdtempSync(join(tmpdir(), 'signalbox-disk-'))
    this.#backing = join(this.#folder, 'backing')
    this.#image = join(this.#backing, 'image')
    this.path = join(this.#folder, 'mounted')
    mkdirSync(this.#backing)
    mkdirSync(this.path)
    if (options.backingMib !== undefined) {
      run('mount', ['-t', 'tmpfs', '-o', `size=${options.backingMib}m`, 'tmpfs', this.#backing])
    }
    const handle = openSync(this.#image, 'w')
    ftruncateSync(handle, options.sizeMib * MIB)
    closeSync(handle)
    run('mkfs.ext4', ['-q', '-F', '-b', '4096', '-E', 'lazy_itable_init=1,nodiscard', this.#image])
    this.mount()
  }

  mount(): void {
    const { mountOptions } = this.#options
    const options = ['loop', ...(mountOptions === undefined ? [] : [mountOptions])].join(',')
    run('mount', ['-t', 'ext4', '-o', options, this.#image, this.path])
    this.#isMounted = true
    if (this.#options.backingMib !== undefined) this.#splitRequests()
  }

  /** Drops what is not on the disk; every later call on an open file fails. */
  cut(flag: 'flush-journal' | 'drop-all'): void {
    const script = join(import.meta.dirname, 'cut.py')
    run('python3', [script, this.path, flag === 'drop-all' ? '2' : '1'])
  }

  /** Makes the tmpfs under the image large enough for it: the dying disk is replaced. */
  enlargeBacking(): void {
    run('mount', ['-o', `remount,size=${this.#options.sizeMib * 2}m`, this.#backing])
  }

  /**
   * A loop device takes a write that its file took in part for a whole one, which makes it a disk that lies
   * rather than one that fails. A request of one page is taken whole or refused.
   */
  #splitRequests(): void {
    const mounted = readFileSync('/proc/mounts', 'utf8').split('\n')
    const device = mounted.find((line) => line.split(' ')[1] === this.path)!.split(' ')[0]!
    writeFileSync(`/sys/block/${basename(device)}/queue/max_sectors_kb`, '4')
  }

  /** Waits for whoever has a file open: what was being written to a dying disk is let go a moment after its process. */
  unmount(): void {
    const deadline = performance.now() + UNMOUNT_DEADLINE_MS
    for (;;) {
      try {
        run('umount', [this.path])
        break
      } catch (error) {
        if (performance.now() > deadline) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNMOUNT_PAUSE_MS)
      }
    }
    this.#isMounted = false
  }

  remove(): void {
    if (this.#isMounted) spawnSync('umount', ['--lazy', this.path])
    if (this.#options.backingMib !== undefined) spawnSync('umount', ['--lazy', this.#backing])
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Why disk images cannot be used here, or undefined when they can. */
export function diskImageRefusal(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop mounts need root'
  try {
    const image = new DiskImage({ sizeMib: 8 })
    try {
      image.cut('drop-all')
      image.unmount()
      return undefined
    } finally {
      image.remove()
    }
  } catch (error) {
    return `loop mounts do not work here: ${error instanceof Error ? error.message : String(error)}`
  }
}

function run(command: string, options: readonly string[]): void {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`
  const ran = spawnSync(command, options, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  if (ran.status !== 0) {
    throw new Error(`${command} ${options.join(' ')}: ${ran.stderr || String(ran.error)}`)
  }
}
