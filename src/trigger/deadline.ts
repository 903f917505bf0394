// Rules and scripts of users run for so long and no longer.

import { runWithin as runFor, TooLongError } from '../base/index.ts'
import { EVALUATION_MS_MAX } from './limits.ts'
import { TriggerFault } from './trigger-fault.ts'

/** Throws what it throws, and a `TriggerFault` when its time is up. */
export function runWithin(run: () => unknown): unknown {
  try {
    return runFor(EVALUATION_MS_MAX, run)
  } catch (error) {
    if (error instanceof TooLongError) throw new TriggerFault(error.message)
    throw error
  }
}
