// The object machinery at work: the objects, and the controllers that keep Kubernetes' own promises about them.

import type { Clock, Logger, Random } from '../base/index.ts'
import type { RowStore } from '../store/index.ts'
import { BUILTIN_TYPES } from './builtin-types.ts'
import type { Controller } from './controller.ts'
import { CrdController } from './crd-controller.ts'
import type { StrategyOf } from './crd-resource-types.ts'
import { EventExpiry } from './event-expiry.ts'
import { GarbageCollector } from './garbage-collector.ts'
import { KubeObjects } from './kube-objects.ts'
import { createNamespaceController } from './namespace-controller.ts'
import type { ResourceType } from './resource-type.ts'
import { seedNamespaces } from './seed.ts'

export interface MachineryOptions {
  readonly rows: RowStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Kinds of other rooms, served like the built-in ones; no CRD can have their names. */
  readonly types?: readonly ResourceType[]
  /** What is particular about a kind that a CRD makes, where code is needed to say it. */
  readonly strategyOf?: StrategyOf
}

export interface Machinery {
  readonly objects: KubeObjects
  close(): Promise<void>
}

/** Resolves when every kind is served, those of CRDs too. */
export async function openMachinery(options: MachineryOptions): Promise<Machinery> {
  const { clock, logger } = options
  const objects = new KubeObjects({
    ...options,
    types: [...BUILTIN_TYPES, ...(options.types ?? [])],
  })
  const client = objects.client()
  await seedNamespaces(client)
  const parts = { client, types: objects.types, clock, logger }
  const { strategyOf = () => undefined } = options
  const definitions = new CrdController({ ...parts, strategyOf })
  await definitions.start()
  const namespaces: Controller = createNamespaceController(parts)
  await namespaces.start()
  const collector = new GarbageCollector(parts)
  await collector.start()
  const expiry = new EventExpiry(parts)
  expiry.start()
  return {
    objects,
    async close() {
      expiry.close()
      await Promise.all([collector.close(), namespaces.close(), definitions.close()])
    },
  }
}
