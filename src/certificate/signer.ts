// What texts are signed with that others verify with a certificate alone: RSA, as receivers of such texts expect. The
// key is made when the first text is signed, and kept; a certificate of it is made anew before it ends, and those of
// before stay, for what was signed may be looked at later.
//
//   tls/signing.key        sealed under the key file
//   tls/signing-<id>.crt   PEM, signed by the authority

import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSealedFile } from '../keyring/index.ts'
import { type AuthorityOptions, readOrCreateAuthority, readText } from './authority.ts'
import { issueSigner } from './issue.ts'
import { SIGNATURES_KEPT, SIGNER_LEFT_MS_MIN, SIGNING_CERTIFICATES_MAX } from './limits.ts'

export interface Signer {
  /** What its current certificate is called. */
  certificateId(): string
  /** PEM; undefined where there is none of this id. */
  findCertificate(id: string): string | undefined
  /** In Base64, RSASSA-PKCS1-v1_5; off the main thread. */
  sign(text: string, digest: SigningDigest): Promise<string>
  signNow(text: string, digest: SigningDigest): string
}

export type SigningDigest = 'sha1' | 'sha256'

const PURPOSE = 'signing'
const MODULUS_BITS = 2048
const FILE_NAME = /^signing-([0-9a-f]{32})\.crt$/

interface Opened {
  readonly key: KeyObject
  readonly certificates: ReadonlyMap<string, string>
  readonly current: string
  /** When another has to be made, milliseconds. */
  readonly renewAt: number
}

/** Nothing is read or made before it is used. */
export function openSigner(options: AuthorityOptions): Signer {
  const signatures = new SignatureCache()
  let opened: Opened | undefined
  function use(): Opened {
    if (opened === undefined || opened.renewAt <= options.clock.now()) opened = open(options)
    return opened
  }
  return {
    certificateId: () => use().current,
    findCertificate: (id) =>
      existsSync(keyPathOf(options)) ? use().certificates.get(id) : undefined,
    async sign(text, digest) {
      const { key } = use()
      const signing = (): Promise<string> =>
        new Promise((resolve, reject) => {
          sign(digest, Buffer.from(text), key, (error, signature) => {
            if (error === null) resolve(signature.toString('base64'))
            else reject(error)
          })
        })
      return signatures.take(digest + text, signing)
    },
    signNow: (text, digest) => sign(digest, Buffer.from(text), use().key).toString('base64'),
  }
}

/** The signatures of the last texts: what many receive is signed once. */
class SignatureCache {
  readonly #signatures = new Map<string, Promise<string>>()

  take(text: string, signing: () => Promise<string>): Promise<string> {
    const name = createHash('sha256').update(text).digest('base64')
    const known = this.#signatures.get(name)
    if (known !== undefined) return known
    const made = signing()
    this.#signatures.set(name, made)
    if (this.#signatures.size > SIGNATURES_KEPT) {
      const [oldest] = this.#signatures.keys()
      this.#signatures.delete(oldest!)
    }
    return made
  }
}

function open(options: AuthorityOptions): Opened {
  const { directory, keyring, clock, random } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const key = openSealedFile(keyPathOf(options), { keyring, purpose: PURPOSE }, createKey)
  const privateKey = createPrivateKey(key)
  const certificates = readCertificates(directory)
  const now = clock.now()
  const good = Array.from(certificates, ([id, certificate]) => ({
    id,
    parsed: new X509Certificate(certificate),
  })).find(({ parsed }) => renewalOf(parsed) > now && parsed.checkPrivateKey(privateKey))
  if (good !== undefined) {
    return { key: privateKey, certificates, current: good.id, renewAt: renewalOf(good.parsed) }
  }
  const { certificate } = issueSigner(readOrCreateAuthority(options), key, { now, random })
  const id = createHash('sha256').update(certificate).digest('hex').slice(0, 32)
  const path = join(directory, `signing-${id}.crt`)
  writeFileSync(`${path}.new`, certificate, { mode: 0o644, flush: true })
  renameSync(`${path}.new`, path)
  const renewAt = renewalOf(new X509Certificate(certificate))
  return { key: privateKey, certificates: certificates.set(id, certificate), current: id, renewAt }
}

function renewalOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo) - SIGNER_LEFT_MS_MIN
}

function readCertificates(directory: string): Map<string, string> {
  const found = readdirSync(directory).flatMap((name) => {
    const id = FILE_NAME.exec(name)?.[1]
    return id === undefined ? [] : [[id, readText(join(directory, name))] as const]
  })
  return new Map(found.slice(0, SIGNING_CERTIFICATES_MAX))
}

function createKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: MODULUS_BITS })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function keyPathOf({ directory }: AuthorityOptions): string {
  return join(directory, 'signing.key')
}
