// The storages that the configuration names, opened: a directory or a bucket.

import { AppError, type Clock } from '../base/index.ts'
import { type Blobs, type Guard, openDirectoryBlobs, openS3Blobs } from '../connect/index.ts'
import type { SecretKey, StorageSettings } from './settings.ts'

export interface StorageOptions {
  /** Where `local` is when it does not say. */
  readonly directory: string
  readonly reveal: (secret: SecretKey) => Promise<string>
  /** For a bucket that names none. */
  readonly endpoint?: string | undefined
  /** For a bucket whose keys the configuration does not name. */
  readonly credentials?: StorageCredentials | undefined
  readonly guard: Guard
  readonly clock: Clock
}

export interface StorageCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export function openStorage(settings: StorageSettings, options: StorageOptions): Blobs {
  if (settings.type === 'local') return openDirectoryBlobs(settings.path ?? options.directory)
  const { bucket, region, endpoint = options.endpoint, prefix = '' } = settings
  const { guard, clock } = options
  return openS3Blobs({
    bucket: bucket!,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    prefix: prefix.replace(/^\/+|\/+$/g, ''),
    credentials: () => credentialsOf(settings, options),
    guard,
    clock,
  })
}

async function credentialsOf(
  { accessKeyRef, secretKeyRef }: StorageSettings,
  { reveal, credentials }: StorageOptions,
): Promise<StorageCredentials> {
  if (accessKeyRef !== undefined && secretKeyRef !== undefined)
    return { accessKeyId: await reveal(accessKeyRef), secretAccessKey: await reveal(secretKeyRef) }
  if (credentials !== undefined) return credentials
  throw new AppError(
    'SECRET_MISSING',
    'the bucket has no keys: set `storage.accessKeyRef` and `storage.secretKeyRef`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`',
  )
}
