// Secrets at rest: sealed with AES-256-GCM under the newest key of the ring, opened with whichever key sealed
// them. What is sealed for one purpose does not open for another.
//
//   sealed text:  sb1.KEYID.base64url( nonce 12 | ciphertext | tag 16 )
//   authenticated beside it:  `sb1`, the key's id and the purpose
//
// Invariant: no error of this room holds any part of a key or of a secret.

import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { AppError, type Random } from '../base/index.ts'
import { KEYS_MAX, SECRET_SIZE_BYTES_MAX } from './limits.ts'

const FORMAT = 'sb1'
const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^sb1\.([a-z0-9]{8})\.([A-Za-z0-9_-]{38,})$/

export interface Key {
  /** Eight characters that tell keys apart; made of the key, and tells nothing of it. */
  readonly id: string
  readonly bytes: Uint8Array
}

export interface Keyring {
  /** Seals text for a purpose, such as the uid of what it belongs to. */
  seal(text: string, purpose: string): string
  /** Throws `SECRET_UNREADABLE` when the key is gone, or the text was changed or sealed for something else. */
  open(sealed: string, purpose: string): string
  /** Whether it was sealed with the key that seals now. */
  isCurrent(sealed: string): boolean
}

export function createKey(bytes: Uint8Array): Key {
  if (bytes.length !== KEY_BYTES) throw new Error(`a key has ${KEY_BYTES} bytes`)
  const digest = createHash('sha256').update('signalbox key id').update(bytes).digest('hex')
  return { id: digest.slice(0, 8), bytes }
}

/** `keys` are newest first; the first one seals. */
export function createKeyring(keys: readonly Key[], random: Random): Keyring {
  const [newest] = keys
  if (newest === undefined || keys.length > KEYS_MAX)
    throw new Error(`a keyring has 1 to ${KEYS_MAX} keys`)
  const byId = new Map(keys.map((key) => [key.id, key]))
  return {
    seal: (text, purpose) => seal(newest, { text, purpose, random }),
    open(sealed, purpose) {
      const [, id, body] = SEALED.exec(sealed) ?? []
      if (id === undefined || body === undefined) throw unreadable('it has another form')
      const key = byId.get(id)
      if (key === undefined) throw unreadable(`the key file has no key \`${id}\``)
      return open(key, Buffer.from(body, 'base64url'), purpose)
    },
    isCurrent: (sealed) => SEALED.exec(sealed)?.[1] === newest.id,
  }
}

interface Sealing {
  readonly text: string
  readonly purpose: string
  readonly random: Random
}

function seal(key: Key, { text, purpose, random }: Sealing): string {
  const plain = Buffer.from(text)
  if (plain.length > SECRET_SIZE_BYTES_MAX) {
    throw new AppError(
      'RESOURCE_INVALID',
      `expected secrets of at most ${SECRET_SIZE_BYTES_MAX} bytes, got \`${plain.length}\``,
    )
  }
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.bytes, nonce)
  cipher.setAAD(authenticated(key, purpose))
  const body = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `${FORMAT}.${key.id}.${body.toString('base64url')}`
}

function open(key: Key, body: Buffer, purpose: string): string {
  const nonce = body.subarray(0, NONCE_BYTES)
  const tag = body.subarray(body.length - TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(authenticated(key, purpose))
  decipher.setAuthTag(tag)
  try {
    const plain = decipher.update(body.subarray(NONCE_BYTES, body.length - TAG_BYTES))
    return Buffer.concat([plain, decipher.final()]).toString()
  } catch {
    // The cipher says no more than that, and nobody should know more.
    throw unreadable('it was changed, or sealed for something else')
  }
}

function authenticated(key: Key, purpose: string): Buffer {
  return Buffer.from(`${FORMAT}\0${key.id}\0${purpose}`)
}

function unreadable(reason: string): AppError {
  return new AppError('SECRET_UNREADABLE', `a stored secret cannot be opened: ${reason}`)
}

/** Whether two keys are the same, in time that does not tell how alike they are. */
export function isSameKey(one: Key, other: Key): boolean {
  return timingSafeEqual(one.bytes, other.bytes)
}
