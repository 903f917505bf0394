// Signature Version 4A: the key pair is derived from the access key by NIST SP 800-108 (counter mode, HMAC)
// and signatures are ECDSA over P-256. AWS's SDKs use it for PutEvents to a global endpoint.

import { createECDH, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { CREDENTIAL_CACHE_MAX } from './limits.ts'

const LABEL = 'AWS4-ECDSA-P256-SHA256'
const ORDER_MINUS_TWO = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn
const ATTEMPTS_MAX = 254

export interface EcdsaSignature {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly text: string
  /** DER, hex. */
  readonly signature: string
}

const publicKeys = new Map<string, { readonly secretAccessKey: string; readonly key: KeyObject }>()

export function verifyEcdsa(options: EcdsaSignature): boolean {
  if (!/^(?:[0-9a-f]{2}){8,72}$/.test(options.signature)) return false
  const key = publicKeyOf(options.accessKeyId, options.secretAccessKey)
  return verify('sha256', Buffer.from(options.text), key, Buffer.from(options.signature, 'hex'))
}

/** The private scalar of an access key, 32 bytes. */
export function derivePrivateKey(accessKeyId: string, secretAccessKey: string): Buffer {
  const inputKey = Buffer.from(`AWS4A${secretAccessKey}`)
  for (let counter = 1; counter <= ATTEMPTS_MAX; counter += 1) {
    const fixedInput = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(LABEL),
      Buffer.from([0]),
      Buffer.from(accessKeyId),
      Buffer.from([counter, 0, 0, 1, 0]),
    ])
    const candidate = createHmac('sha256', inputKey).update(fixedInput).digest()
    const value = BigInt(`0x${candidate.toString('hex')}`)
    if (value > ORDER_MINUS_TWO) continue
    return Buffer.from((value + 1n).toString(16).padStart(64, '0'), 'hex')
  }
  throw new Error('no P-256 key could be derived')
}

function publicKeyOf(accessKeyId: string, secretAccessKey: string): KeyObject {
  const cached = publicKeys.get(accessKeyId)
  if (cached?.secretAccessKey === secretAccessKey) return cached.key
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(derivePrivateKey(accessKeyId, secretAccessKey))
  const point = curve.getPublicKey()
  const key = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33, 65).toString('base64url'),
    },
  })
  if (publicKeys.size >= CREDENTIAL_CACHE_MAX) publicKeys.clear()
  publicKeys.set(accessKeyId, { secretAccessKey, key })
  return key
}
