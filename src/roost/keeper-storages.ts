// What the keeper writes beside Kafka, opened as the configuration says; and the check of events by their schemas.

import { join } from 'node:path'
import type { Clock, Logger, Random } from '../base/index.ts'
import { type Blobs, fetchText, type Guard } from '../connect/index.ts'
import { createKeyring, type Keyring, openKeyFile } from '../keyring/index.ts'
import { ValidatorCache } from '../schema/index.ts'
import { DeadLetters } from './dead-letters.ts'
import { EventCheck } from './event-check.ts'
import { Recordings } from './recordings.ts'
import { createFindSchema } from './registries.ts'
import type { EventManagerOptions } from './roost-events.ts'
import type { RoostSettings, SecretKey, StorageSettings } from './settings.ts'
import { openStorage } from './storages.ts'

export interface KeeperParts {
  readonly settings: RoostSettings
  readonly options: EventManagerOptions
  readonly reveal: (secret: SecretKey) => Promise<string>
  readonly guard: Guard
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Where a program that names no directory keeps its files. */
const DIRECTORY = '.roost-keeper'

export interface KeeperStorages {
  readonly letters: DeadLetters | undefined
  readonly recordings: Recordings | undefined
}

export function openKeepersStorages(parts: KeeperParts): KeeperStorages {
  const { deadLetterQueue, replay } = parts.settings
  const recorded = replay.enabled ? replay.storage : undefined
  if (!deadLetterQueue.enabled && recorded === undefined)
    return { letters: undefined, recordings: undefined }
  const keyring = openKeyring(parts)
  const { clock } = parts
  return {
    letters: deadLetterQueue.enabled
      ? new DeadLetters({
          blobs: open(parts, deadLetterQueue.storage),
          keyring,
          isSealed: deadLetterQueue.storage.encryption,
          retentionMs: deadLetterQueue.messageRetention,
          clock,
        })
      : undefined,
    recordings:
      recorded === undefined
        ? undefined
        : new Recordings({
            blobs: open(parts, recorded),
            keyring,
            isSealed: recorded.encryption,
            settings: replay,
            clock,
          }),
  }
}

function open({ options, reveal, guard, clock }: KeeperParts, storage: StorageSettings): Blobs {
  return openStorage(storage, {
    directory: join(options.dataDir ?? DIRECTORY, 'letters'),
    reveal,
    endpoint: options.storageEndpoint,
    credentials: options.storageCredentials,
    guard,
    clock,
  })
}

function openKeyring({ options, random }: KeeperParts): Keyring {
  const { keyring, dataDir = DIRECTORY } = options
  if (keyring !== undefined) return keyring
  return createKeyring(openKeyFile(join(dataDir, 'secret.key'), random), random)
}

/** Undefined where nothing is checked. */
export function createCheck(parts: KeeperParts): EventCheck | undefined {
  const { settings, options, reveal, guard, clock, logger } = parts
  const { schemaValidation } = settings
  if (!schemaValidation.enabled || schemaValidation.mode === 'disabled') return undefined
  return new EventCheck({
    settings: schemaValidation,
    validators: new ValidatorCache(),
    find: createFindSchema({
      settings: schemaValidation.registry,
      reveal,
      internal: options.findSchema,
      fetchText: (url, headers) => fetchText({ url, headers, guard, clock }),
    }),
    clock,
    logger,
  })
}
