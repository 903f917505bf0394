// How V8 counts the memory of buffers when it decides to mark the whole heap. Until 14.8 that is all that was taken since it
// last did, garbage or not: with tens of megabytes of records on their way a second it does little else. Later versions
// count what buffers hold; this one does when it is told to. It then holds more memory between collections, which is why
// only who speaks to brokers asks.

import { setFlagsFromString } from 'node:v8'

/** What to tell a V8 of that version; undefined when it counts so by itself, and knows no such flag. */
export function flagFor(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 14 || (major === 14 && minor >= 8)) return undefined
  return '--external-memory-accounted-in-global-limit'
}

/** For all threads of the process, from now on. */
export function countLiveBuffers(): void {
  const flag = flagFor(process.versions.v8)
  if (flag !== undefined) setFlagsFromString(flag)
}
