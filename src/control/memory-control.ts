// Control over real objects in a memory store, for tests of the dialects.

import { type Clock, seededRandom } from '../base/index.ts'
import { Objects } from '../objects/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { type Control, createControl } from './control.ts'

export interface MemoryControlOptions {
  readonly clock: Clock
  readonly strict?: boolean
  /** Called for each publication; a test counts them. */
  readonly onPublish?: () => void
}

export function openMemoryControl(options: MemoryControlOptions): Control {
  const { clock, strict = false, onPublish } = options
  const { rows } = openMemoryStore()
  const random = seededRandom(1)
  return createControl({
    resources: new Objects({ rows, clock, random }),
    random,
    publisher: {
      publish: () => {
        onPublish?.()
        return Promise.resolve()
      },
    },
    clock,
    strict,
  })
}
