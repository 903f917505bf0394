// Runs what a user wrote, for so long and no longer: the engine stops it wherever it stands, in a loop of an expression
// or inside WebAssembly.

import { createContext, Script } from 'node:vm'
import { EVALUATION_MS_MAX } from './limits.ts'
import { TriggerFault } from './trigger-fault.ts'

const place: { run: () => unknown } = { run: () => undefined }
const script = new Script('run()')
const context = createContext(place)

/** Throws what it throws, and a `TriggerFault` when its time is up. */
export function runWithin(run: () => unknown): unknown {
  place.run = run
  try {
    return script.runInContext(context, { timeout: EVALUATION_MS_MAX })
  } catch (error) {
    const isLate = (error as { readonly code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    if (isLate) throw new TriggerFault(`it takes longer than ${EVALUATION_MS_MAX} ms`)
    throw error
  } finally {
    place.run = () => undefined
  }
}
