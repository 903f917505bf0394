// The wiring of schemas: what is kept of them in memory, and the discoverers at work.

import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { isAppError } from './base/index.ts'
import { openSchemaKeeper, type SchemaKeeper } from './control/index.ts'
import { type Discovery, openDiscovery } from './discovery/index.ts'
import { decodeResource, type Objects } from './objects/index.ts'
import { createDeadLetterSender, type Queues } from './queue/index.ts'
import { ValidatorCache } from './schema/index.ts'
import type { Store } from './store/index.ts'

export interface SchemaRooms {
  readonly keeper: SchemaKeeper
  readonly validators: ValidatorCache
}

interface Below {
  readonly store: Store
  readonly resources: Objects
  readonly queues: Queues
}

export async function openSchemas(
  { clock, random, logger, onFatal }: AppOptions,
  { store, resources, queues }: Below,
  closers: Closers,
): Promise<SchemaRooms> {
  const validators = new ValidatorCache()
  const keeper = await openSchemaKeeper({
    rows: store.rows,
    decode: decodeResource,
    resources,
    validators,
    sendDeadLetter: createDeadLetterSender({ queues, clock, random }),
    logger: logger.child({ room: 'schema' }),
    onFatal,
  })
  closers.add(() => keeper.close())
  return { keeper, validators }
}

/** Opens discovery; it reads nothing before a discoverer is started. */
export async function openLearning(
  { clock, logger, onFatal }: AppOptions,
  { store, log, control, schemas }: State,
  closers: Closers,
): Promise<Discovery> {
  const discovery = await openDiscovery({
    log,
    cursors: store.deliveries,
    async known(scope, name) {
      try {
        const found = await control.schemas.get(scope, { registry: DISCOVERED, schema: name })
        return found.content
      } catch (error) {
        if (isAppError(error, 'RESOURCE_NOT_FOUND')) return undefined
        throw error
      }
    },
    async learn(scope, name, content) {
      await control.schemas.learn(scope, name, content)
    },
    clock,
    logger: logger.child({ room: 'discovery' }),
    onFatal,
  })
  closers.add(() => discovery.close())
  schemas.keeper.onDiscoverers((discoverers) => discovery.setDiscoverers(discoverers))
  return discovery
}

const DISCOVERED = 'discovered-schemas'
