// The object machinery in memory, for tests of whatever works on it.

import { type Clock, seededRandom, silentLogger, systemClock, wait } from '../base/index.ts'
import { openMemoryStore } from '../store/index.ts'
import type { StrategyOf } from './crd-resource-types.ts'
import type { KubeClient } from './kube-client.ts'
import type { KubeObjects } from './kube-objects.ts'
import { openMachinery } from './machinery.ts'
import type { ResourceType } from './resource-type.ts'

export interface TestObjects {
  readonly client: KubeClient
  readonly objects: KubeObjects
  close(): Promise<void>
}

export async function openTestObjects(
  clock: Clock = systemClock,
  types: readonly ResourceType[] = [],
  strategyOf: StrategyOf = () => undefined,
): Promise<TestObjects> {
  const store = openMemoryStore()
  const parts = {
    rows: store.rows,
    clock,
    random: seededRandom(7),
    logger: silentLogger,
    types,
    strategyOf,
  }
  const machinery = await openMachinery(parts)
  return {
    objects: machinery.objects,
    client: machinery.objects.client(),
    async close() {
      await machinery.close()
      await store.close()
    },
  }
}

const POLL_MS = 5

/** Looks again and again for what controllers bring about, and answers it once it is there; fails when it is not in time. */
export function untilWithin(
  timeoutMs: number,
): <T>(look: () => Promise<T | undefined | false>, what?: string) => Promise<T> {
  return async (look, what = 'it') => {
    const deadline = systemClock.monotonic() + timeoutMs
    for (;;) {
      const found = await look()
      if (found !== undefined && found !== false) return found
      if (systemClock.monotonic() >= deadline)
        throw new Error(`${what} did not come to pass within ${timeoutMs} ms`)
      await wait(systemClock, POLL_MS, new AbortController().signal)
    }
  }
}
