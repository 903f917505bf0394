// Access keys for the functions of a server that asks for signatures: one per account, made with the first function
// of the account and good until the process ends. They sign AWS requests in their account and open nothing else, in
// particular not our own API.
//
// Invariant: a key is in memory and in the environment of functions, never on the disk or in a line of the log.

import type { Random } from './base/index.ts'

export interface FunctionKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly account: string
}

const ID_BYTES = 8
const SECRET_BYTES = 30

export class FunctionKeys {
  readonly #random: Random
  readonly #byAccount = new Map<string, FunctionKey>()
  readonly #byId = new Map<string, FunctionKey>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The key of an account that functions run in. */
  of(account: string): FunctionKey {
    const known = this.#byAccount.get(account)
    if (known !== undefined) return known
    const key = {
      accessKeyId: `FUNCTION${hex(this.#random.bytes(ID_BYTES)).toUpperCase()}`,
      secretAccessKey: Buffer.from(this.#random.bytes(SECRET_BYTES)).toString('base64'),
      account,
    }
    this.#byAccount.set(account, key)
    this.#byId.set(key.accessKeyId, key)
    return key
  }

  find(accessKeyId: string): FunctionKey | undefined {
    return this.#byId.get(accessKeyId)
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
