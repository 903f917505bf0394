// Certificates of an authority of our own: for itself, for the server, for users, for what signs texts. Keys are ECDSA
// over P-256, but for those that sign texts; signatures SHA-256.
//
//   authority ──signs──► server (for TLS servers, under its names and addresses)
//             ├─signs──► user   (for TLS clients, CN = user, O = groups)
//             └─signs──► signer (of texts)
//
// Invariant: what is made for a server or signer is good for nothing else, so it cannot sign in as a user of that name.
// https://www.rfc-editor.org/rfc/rfc5280

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'
import type { Random } from '../base/index.ts'
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  setOf,
  time,
  utf8,
} from './der.ts'
import { AUTHORITY_AGE_MS, SERVER_AGE_MS, SIGNER_AGE_MS, SKEW_MS } from './limits.ts'

/** A certificate and its private key, both PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

export interface Making {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly random: Random
}

export interface ClientWish {
  readonly user: string
  readonly groups: readonly string[]
  readonly ageMs: number
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const COMMON_NAME = '2.5.4.3'
const ORGANIZATION = '2.5.4.10'
const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const ALTERNATIVE_NAMES = '2.5.29.17'
const SUBJECT_KEY_ID = '2.5.29.14'
const AUTHORITY_KEY_ID = '2.5.29.35'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'

const DIGITAL_SIGNATURE = bits(Buffer.of(0x80), 7)
const SIGN_CERTIFICATES = bits(Buffer.of(0x06), 1)
const VERSION_3 = explicit(0, integer(Buffer.of(2)))
const SIGNED_WITH = sequence(objectId(ECDSA_WITH_SHA256))

/** An authority that signs itself; it has another name each time, so that two are never taken for one. */
export function issueAuthority(making: Making): Certified {
  const name = `signalbox-ca-${Buffer.from(making.random.bytes(4)).toString('hex')}`
  const key = createKey()
  const subject = nameOf(name, [])
  return certify({
    making,
    subject,
    key,
    ageMs: AUTHORITY_AGE_MS,
    issuer: { subject, key },
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(boolean(true), integer(Buffer.of(0))), true),
      extension(KEY_USAGE, SIGN_CERTIFICATES, true),
    ],
  })
}

/** For a server that is called by these names and addresses. */
export function issueServer(
  authority: Certified,
  hosts: readonly string[],
  making: Making,
): Certified {
  return certify({
    making,
    subject: nameOf('signalbox', []),
    key: createKey(),
    ageMs: SERVER_AGE_MS,
    issuer: issuerOf(authority),
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(), true),
      extension(KEY_USAGE, DIGITAL_SIGNATURE, true),
      extension(EXTENDED_KEY_USAGE, sequence(objectId(SERVER_AUTH))),
      extension(ALTERNATIVE_NAMES, sequence(...hosts.map(alternativeName))),
    ],
  })
}

/** With which a user signs in. */
export function issueClient(authority: Certified, wish: ClientWish, making: Making): Certified {
  return certify({
    making,
    subject: nameOf(wish.user, wish.groups),
    key: createKey(),
    ageMs: wish.ageMs,
    issuer: issuerOf(authority),
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(), true),
      extension(KEY_USAGE, DIGITAL_SIGNATURE, true),
      extension(EXTENDED_KEY_USAGE, sequence(objectId(CLIENT_AUTH))),
    ],
  })
}

/** With which texts are verified that were signed with this key, PEM. */
export function issueSigner(authority: Certified, key: string, making: Making): Certified {
  return certify({
    making,
    subject: nameOf('signalbox-signing', []),
    key,
    ageMs: SIGNER_AGE_MS,
    issuer: issuerOf(authority),
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(), true),
      extension(KEY_USAGE, DIGITAL_SIGNATURE, true),
      extension(EXTENDED_KEY_USAGE, sequence(objectId(CODE_SIGNING)), true),
    ],
  })
}

interface Issuer {
  readonly subject: Buffer
  /** PEM. */
  readonly key: string
}

interface Wish {
  readonly making: Making
  readonly subject: Buffer
  readonly key: string
  readonly ageMs: number
  readonly issuer: Issuer
  readonly extensions: readonly Buffer[]
}

function certify({ making, subject, key, ageMs, issuer, extensions }: Wish): Certified {
  const { now, random } = making
  const publicKey = publicKeyOf(key)
  const body = sequence(
    VERSION_3,
    integer(random.bytes(16)),
    SIGNED_WITH,
    issuer.subject,
    sequence(time(now - SKEW_MS), time(now + ageMs)),
    subject,
    publicKey,
    explicit(
      3,
      sequence(
        ...extensions,
        extension(SUBJECT_KEY_ID, octets(keyIdOf(publicKey))),
        extension(AUTHORITY_KEY_ID, sequence(implicit(0, keyIdOf(publicKeyOf(issuer.key))))),
      ),
    ),
  )
  const signature = sign('sha256', body, issuer.key)
  const der = sequence(body, SIGNED_WITH, bits(signature))
  return { certificate: pemOf('CERTIFICATE', der), key }
}

function createKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function issuerOf({ certificate, key }: Certified): Issuer {
  return { subject: subjectOf(certificate), key }
}

/** `SubjectPublicKeyInfo` of a private key. */
function publicKeyOf(key: string): Buffer {
  return createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' })
}

/** Any digest that tells keys apart will do (section 4.2.1.2). */
function keyIdOf(publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(publicKey).digest().subarray(0, 20)
}

function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  const groups = organizations.map((organization) => namePart(ORGANIZATION, organization))
  return sequence(...groups, namePart(COMMON_NAME, commonName))
}

function namePart(type: string, text: string): Buffer {
  return setOf(sequence(objectId(type), utf8(text)))
}

function alternativeName(host: string): Buffer {
  const kind = isIP(host)
  if (kind === 0) return implicit(2, Buffer.from(host))
  return implicit(7, kind === 4 ? Buffer.from(host.split('.').map(Number)) : addressOf(host))
}

/** The sixteen bytes of an address of version 6. */
function addressOf(host: string): Buffer {
  const [head = '', tail] = host.split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const between = Array.from({ length: 8 - first.length - last.length }, () => '0')
  const all = tail === undefined ? first : [...first, ...between, ...last]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}

function extension(type: string, content: Uint8Array, isCritical = false): Buffer {
  return sequence(objectId(type), ...(isCritical ? [boolean(true)] : []), octets(content))
}

/** The name of a certificate of our own as it stands in it: the sixth part of its body, behind a version. */
function subjectOf(certificate: string): Buffer {
  const der = Buffer.from(certificate.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  let at = contentAt(der, contentAt(der, 0))
  for (let part = 0; part < 5; part += 1) at = endAt(der, at)
  return der.subarray(at, endAt(der, at))
}

/** Where the content of the value at this place begins. */
function contentAt(der: Buffer, at: number): number {
  const length = der[at + 1]!
  return at + 2 + (length < 0x80 ? 0 : length - 0x80)
}

function endAt(der: Buffer, at: number): number {
  const from = contentAt(der, at)
  const short = der[at + 1]!
  return from + (short < 0x80 ? short : der.readUIntBE(at + 2, short - 0x80))
}

function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
