// Keys of Secrets, read from the API each time, so that a rotated one counts at the next connection.

import { AppError } from '../base/index.ts'
import type { KubeClient } from '../objects/index.ts'
import type { SecretKey } from './settings.ts'

/** Undefined when there is none. */
export type ReadSecret = (secret: SecretKey) => Promise<string | undefined>

export function createKubeSecrets(kube: KubeClient, namespace: string): ReadSecret {
  return async ({ name, key }) => {
    const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace, name })
    const data = secret?.['data'] as Readonly<Record<string, unknown>> | undefined
    const value = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : undefined
  }
}

/** The first that has it. Rejects `SECRET_MISSING`. */
export function createReveal(
  sources: readonly ReadSecret[],
): (secret: SecretKey) => Promise<string> {
  return async (secret) => {
    for (const read of sources) {
      const value = await read(secret)
      if (value !== undefined) return value
    }
    throw new AppError(
      'SECRET_MISSING',
      `there is no secret \`${secret.name}\` with key \`${secret.key}\``,
    )
  }
}
