// The authority of a data directory: made with the first start, kept, and made anew before it ends. Its certificate is
// for everybody; its key lies beside it sealed, for its owner alone.
//
//   tls/ca.crt   PEM
//   tls/ca.key   the key, sealed under the key file
//
// The server's own certificate is made with every start, and again while it runs: nothing has to be kept for it.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AppError, type Clock, type Random, type Timer } from '../base/index.ts'
import { type Keyring, openSealedFile } from '../keyring/index.ts'
import {
  type Certified,
  type ClientWish,
  issueAuthority,
  issueClient,
  issueServer,
} from './issue.ts'
import {
  AUTHORITY_LEFT_MS_MIN,
  CLIENT_AGE_MS_MAX,
  FILE_SIZE_BYTES_MAX,
  HOSTS_MAX,
  SERVER_RENEWAL_MS,
} from './limits.ts'

export interface AuthorityOptions {
  /** `tls` of the data directory; made when it is not there. */
  readonly directory: string
  readonly keyring: Keyring
  readonly clock: Clock
  readonly random: Random
}

export interface Authority {
  /** PEM. */
  readonly certificate: string
  /** For a server called by these names and addresses, and again in time before it ends. Answers how to stop. */
  serve(hosts: readonly string[], use: (certified: Certified) => void): () => void
  /** With which a user signs in. */
  issueClient(wish: ClientWish): Certified
}

const PURPOSE = 'certificate authority'

export function openAuthority(options: AuthorityOptions): Authority {
  const { clock, random } = options
  const authority = readOrCreateAuthority(options)
  const making = (): { now: number; random: Random } => ({ now: clock.now(), random })
  return {
    certificate: authority.certificate,
    serve(hosts, use) {
      if (hosts.length > HOSTS_MAX)
        throw new AppError('CONFIG_INVALID', `expected at most ${HOSTS_MAX} names of this server`)
      let timer: Timer | undefined
      const renew = (): void => {
        use(issueServer(authority, hosts, making()))
        timer = clock.setTimer(SERVER_RENEWAL_MS, renew)
      }
      renew()
      return () => timer?.cancel()
    },
    issueClient(wish) {
      if (wish.ageMs > CLIENT_AGE_MS_MAX || wish.ageMs <= 0)
        throw new AppError(
          'REQUEST_INVALID',
          'expected a certificate to be good for 1 to 3650 days',
        )
      return issueClient(authority, wish, making())
    },
  }
}

export function readOrCreateAuthority(options: AuthorityOptions): Certified {
  return readAuthority(options) ?? createAuthority(options)
}

/** Undefined when there is none, or not for long. */
function readAuthority({ directory, keyring, clock }: AuthorityOptions): Certified | undefined {
  const paths = pathsOf(directory)
  if (!existsSync(paths.certificate) || !existsSync(paths.key)) return undefined
  const certificate = readText(paths.certificate)
  const key = openSealedFile(paths.key, { keyring, purpose: PURPOSE }, unmade)
  const parsed = check(certificate, key, paths.certificate)
  const left = Date.parse(parsed.validTo) - clock.now()
  return left < AUTHORITY_LEFT_MS_MIN ? undefined : { certificate, key }
}

function unmade(): never {
  throw new Error('the key was there')
}

function check(certificate: string, key: string, path: string): X509Certificate {
  try {
    const parsed = new X509Certificate(certificate)
    if (
      parsed.ca &&
      parsed.verify(parsed.publicKey) &&
      parsed.checkPrivateKey(createPrivateKey(key))
    )
      return parsed
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `\`${path}\` holds no certificate`, { cause: error })
  }
  throw new AppError(
    'CONFIG_INVALID',
    `\`${path}\` is not the certificate of the key beside it; remove both to begin anew`,
  )
}

function createAuthority({ directory, keyring, clock, random }: AuthorityOptions): Certified {
  const authority = issueAuthority({ now: clock.now(), random })
  const paths = pathsOf(directory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // Without its certificate a key counts for nothing: the certificate goes first and comes last.
  rmSync(paths.certificate, { force: true })
  rmSync(paths.key, { force: true })
  openSealedFile(paths.key, { keyring, purpose: PURPOSE }, () => authority.key)
  writeFileSync(`${paths.certificate}.new`, authority.certificate, { mode: 0o644, flush: true })
  renameSync(`${paths.certificate}.new`, paths.certificate)
  return authority
}

export function readText(path: string): string {
  if (statSync(path).size > FILE_SIZE_BYTES_MAX)
    throw new AppError(
      'CONFIG_INVALID',
      `expected \`${path}\` to have at most ${FILE_SIZE_BYTES_MAX} bytes`,
    )
  return readFileSync(path, 'utf8')
}

function pathsOf(directory: string): { readonly certificate: string; readonly key: string } {
  return { certificate: join(directory, 'ca.crt'), key: join(directory, 'ca.key') }
}
