// Control over real objects in a memory store, for tests of the dialects.

import { type Clock, seededRandom, silentLogger } from '../base/index.ts'
import type { TokenSource } from '../connect/index.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { Objects } from '../objects/index.ts'
import { openMemoryStore, type RowStore } from '../store/index.ts'
import { createBusAccess } from './bus-access.ts'
import { type Control, type ControlOptions, createControl } from './control.ts'

export interface MemoryControlOptions {
  readonly clock: Clock
  readonly strict?: boolean
  /** Called for each publication; a test counts them. */
  readonly onPublish?: () => void
  /** For OAuth connections; none can be had when absent. */
  readonly tokens?: TokenSource
  /** Where resources live, for tests that watch it too. */
  readonly rows?: RowStore
  readonly schemas?: Pick<ControlOptions, 'validators' | 'schemasSettled'>
}

export function openMemoryControl(options: MemoryControlOptions): Control {
  const { clock, strict = false, onPublish } = options
  const rows = options.rows ?? openMemoryStore().rows
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
    access: createBusAccess({ findBus: () => undefined }),
    ...options.schemas,
    connections: {
      keyring: createKeyring([createKey(random.bytes(32))], random),
      tokens: options.tokens ?? NO_TOKENS,
      checkUrl: (text) => new URL(text),
      clock,
      random,
      logger: silentLogger,
    },
  })
}

const NO_TOKENS: TokenSource = {
  get: () =>
    Promise.resolve({
      kind: 'failed',
      failure: { code: 'NO_PERMISSIONS', message: 'no token can be had here' },
      isFinal: true,
    }),
  refuse: () => {},
  forget: () => {},
}
