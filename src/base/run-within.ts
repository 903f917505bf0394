// Runs what a user wrote, for so long and no longer: the engine stops it wherever it stands, in a loop of an expression
// or inside WebAssembly.

import { createContext, Script } from 'node:vm'

/** Its time was up. */
export class TooLongError extends Error {
  override readonly name = 'TooLongError'
}

const place: { run: () => unknown } = { run: () => undefined }
const script = new Script('run()')
const context = createContext(place)

/** Answers or throws what `run` does; a `TooLongError` when it takes more than `timeoutMs` milliseconds. */
export function runWithin<T>(timeoutMs: number, run: () => T): T {
  const outer = place.run
  place.run = run
  try {
    return script.runInContext(context, { timeout: timeoutMs }) as T
  } catch (error) {
    const isLate = (error as { readonly code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    if (isLate) throw new TooLongError(`it takes longer than ${timeoutMs} ms`)
    throw error
  } finally {
    place.run = outer
  }
}
