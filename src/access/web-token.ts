// Tokens that say who they are of, signed by this server: JSON Web Tokens of one form alone, ES256 under one key.
// https://www.rfc-editor.org/rfc/rfc7519, https://www.rfc-editor.org/rfc/rfc7518#section-3.4
//
// Invariant: nothing that a token says is looked at before its signature is found good.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { TOKEN_LENGTH_MAX } from './limits.ts'

export type Claims = Readonly<Record<string, unknown>>

export class WebTokens {
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject
  /** The first part of every token of this key; one that begins otherwise is not ours. */
  readonly #header: string

  /** `key` is PEM of a private key over P-256. */
  constructor(key: string) {
    this.#privateKey = createPrivateKey(key)
    this.#publicKey = createPublicKey(this.#privateKey)
    const spki = this.#publicKey.export({ type: 'spki', format: 'der' })
    const kid = createHash('sha256').update(spki).digest('base64url')
    this.#header = encode({ alg: 'ES256', kid })
  }

  sign(claims: Claims): string {
    const body = `${this.#header}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(body), {
      key: this.#privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${body}.${signature.toString('base64url')}`
  }

  /** Undefined for whatever was not signed by `sign`, letter by letter. Whether it still counts is not asked. */
  open(token: string): Claims | undefined {
    if (token.length > TOKEN_LENGTH_MAX) return undefined
    const [header, payload, signature, ...rest] = token.split('.')
    if (header !== this.#header || payload === undefined || signature === undefined)
      return undefined
    const bytes = Buffer.from(signature, 'base64url')
    if (rest.length > 0 || bytes.toString('base64url') !== signature) return undefined
    const isGood = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: this.#publicKey, dsaEncoding: 'ieee-p1363' },
      bytes,
    )
    return isGood ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims) : undefined
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
