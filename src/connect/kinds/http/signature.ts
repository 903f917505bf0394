// Standard Webhooks 1.0.0 signatures: HMAC-SHA256 of `id.timestamp.body` under each of the target's secrets, so
// that a receiver verifies with the old secret or the new one while they are rotated.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { createHmac } from 'node:crypto'
import { AppError } from '../../../base/index.ts'

export interface SignedContent {
  readonly id: string
  readonly timestampSeconds: number
  readonly body: Uint8Array
}

const PREFIX = 'whsec_'
const KEY_BYTES_MIN = 24
const KEY_BYTES_MAX = 64
const SECRETS_MAX = 4

/**
 * The keys of a target's `signingSecret`: one `whsec_…` or a list of them, newest first. Throws without ever
 * showing the secret.
 */
export function parseSigningSecret(value: unknown): readonly Buffer[] {
  const secrets: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (secrets.length === 0 || secrets.length > SECRETS_MAX) throw malformed()
  return secrets.map((secret) => {
    if (typeof secret !== 'string' || !secret.startsWith(PREFIX)) throw malformed()
    const text = secret.slice(PREFIX.length)
    const key = Buffer.from(text, 'base64')
    const isBase64 = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
    if (!isBase64 || key.length < KEY_BYTES_MIN || key.length > KEY_BYTES_MAX) throw malformed()
    return key
  })
}

/** The value of `webhook-signature`: one `v1,…` per key, apart by spaces. */
export function signWebhook(keys: readonly Buffer[], content: SignedContent): string {
  const { id, timestampSeconds, body } = content
  return keys
    .map((key) => {
      const hmac = createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body)
      return `v1,${hmac.digest('base64')}`
    })
    .join(' ')
}

function malformed(): AppError {
  return new AppError(
    'RESOURCE_INVALID',
    `expected \`signingSecret\` to be \`${PREFIX}\` and base64 of ${KEY_BYTES_MIN} to ${KEY_BYTES_MAX} bytes, or up to ${SECRETS_MAX} of them`,
  )
}
