// One process per log directory: a file `LOCK` that names its owner. The owner is a process id with the
// moment that process began, so that a number used again is not taken for the owner.

import fs from 'node:fs'
import path from 'node:path'
import { AppError } from '../../../base/index.ts'

export interface DirectoryLock {
  release(): void
}

const LOCK_FILE = 'LOCK'
const TAKEOVERS_MAX = 3

/** Takes the directory, from a dead owner if need be; throws `DATA_DIR_LOCKED` when the owner lives. */
export function lockDirectory(directory: string): DirectoryLock {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = path.join(directory, LOCK_FILE)
  const own = describeOwner(process.pid)
  for (let attempt = 0; attempt < TAKEOVERS_MAX; attempt += 1) {
    if (create(file, own)) return { release: () => release(file, own) }
    const owner = readOwner(file)
    if (owner !== undefined && isAlive(owner)) {
      throw new AppError(
        'DATA_DIR_LOCKED',
        `expected to be alone in \`${directory}\`, but process \`${owner.split(' ')[0]}\` uses it`,
        { details: { directory, owner } },
      )
    }
    takeAway(file, owner)
  }
  throw new AppError('DATA_DIR_LOCKED', `cannot take the lock of \`${directory}\` from others`)
}

/** The lock comes into being with its content: a link of a file that is complete. */
function create(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}`
  fs.writeFileSync(draft, content)
  try {
    fs.linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    fs.unlinkSync(draft)
  }
}

/** Moves a dead owner's lock aside; puts it back if another process was quicker and it is now theirs. */
function takeAway(file: string, dead: string | undefined): void {
  const aside = `${file}.dead.${process.pid}`
  try {
    fs.renameSync(file, aside)
    if (readOwner(aside) !== dead) fs.linkSync(aside, file)
    fs.unlinkSync(aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function release(file: string, own: string): void {
  if (readOwner(file) === own) fs.unlinkSync(file)
}

function readOwner(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isAlive(owner: string): boolean {
  const pid = Number(owner.split(' ')[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return describeOwner(pid) === owner
}

/** `<pid> <start>`, or `<pid>` alone where the system does not tell when a process began. */
function describeOwner(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the command, may hold anything but ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${pid} ${boot}:${fields[19]}`
  } catch {
    return String(pid)
  }
}
