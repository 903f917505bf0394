// What is made here, looked at by two others: Node's reader and the openssl command.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { isAppError, seededRandom, systemClock, systemRandom } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { type Authority, openAuthority } from './authority.ts'
import { integer, objectId, sequence, time } from './der.ts'
import type { Certified } from './issue.ts'
import { openSigner, type Signer } from './signer.ts'

const DAY_MS = 86_400_000
const keyring = createKeyring([createKey(seededRandom(1).bytes(32))], systemRandom)

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'tls')
}

function open(directory: string, clock = systemClock): Authority {
  return openAuthority({ directory, keyring, clock, random: systemRandom })
}

function serverOf(authority: Authority, hosts: readonly string[]): Certified {
  let made: Certified | undefined
  authority.serve(hosts, (certified) => {
    made = certified
  })()
  return made!
}

/** What openssl says of files by their names; fails when it does. */
function openssl(t: TestContext, args: readonly string[], files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-openssl-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

test('numbers, names and times are written as DER asks for', () => {
  assert.equal(hex(integer(Buffer.of(0, 0, 5))), '020105')
  assert.equal(hex(integer(Buffer.of(0x80))), '02020080')
  assert.equal(hex(integer(Buffer.of())), '020100')
  assert.equal(hex(objectId('1.2.840.10045.4.3.2')), '06082a8648ce3d040302')
  assert.equal(hex(sequence(Buffer.alloc(200))).slice(0, 6), '3081c8')
  assert.equal(hex(sequence(Buffer.alloc(300))).slice(0, 8), '3082012c')
  assert.equal(time(Date.parse('2049-12-31T23:59:59Z')).toString('latin1', 2), '491231235959Z')
  assert.equal(time(Date.parse('2050-01-01T00:00:00Z')).toString('latin1', 2), '20500101000000Z')
})

test('a server’s certificate is good for its names and addresses, and for nothing else', (t) => {
  const authority = open(place(t))
  const hosts = ['localhost', '127.0.0.1', '::1', 'fd00::1:2', 'box.test']
  const server = serverOf(authority, hosts)
  const certificate = new X509Certificate(server.certificate)
  assert.ok(certificate.checkPrivateKey(createPrivateKey(server.key)))
  assert.ok(certificate.checkIssued(new X509Certificate(authority.certificate)))
  for (const host of ['localhost', 'box.test']) assert.equal(certificate.checkHost(host), host)
  assert.equal(certificate.checkHost('evil.test'), undefined)
  for (const ip of ['127.0.0.1', '::1', 'fd00::1:2']) assert.equal(certificate.checkIP(ip), ip)
  const files = { 'ca.crt': authority.certificate, 'server.crt': server.certificate }
  const verify = (purpose: string) =>
    openssl(
      t,
      ['verify', '-x509_strict', '-CAfile', 'ca.crt', '-purpose', purpose, 'server.crt'],
      files,
    )
  assert.equal(verify('sslserver').stdout, 'server.crt: OK\n')
  assert.notEqual(verify('sslclient').status, 0)
  const { stdout } = openssl(t, ['x509', '-in', 'server.crt', '-noout', '-text'], files)
  assert.match(stdout, /ecdsa-with-SHA256/)
  assert.match(stdout, /IP Address:FD00:0:0:0:0:0:1:2/)
})

test('a user’s certificate says who it is, and signs nobody else', (t) => {
  const authority = open(place(t))
  const wish = { user: 'ann', groups: ['dev', 'ops'], ageMs: DAY_MS }
  const client = authority.issueClient(wish)
  assert.equal(new X509Certificate(client.certificate).subject, 'O=dev\nO=ops\nCN=ann')
  assert.equal(new X509Certificate(client.certificate).ca, false)
  const files = { 'ca.crt': authority.certificate, 'client.crt': client.certificate }
  const args = [
    'verify',
    '-x509_strict',
    '-CAfile',
    'ca.crt',
    '-purpose',
    'sslclient',
    'client.crt',
  ]
  assert.equal(openssl(t, args, files).stdout, 'client.crt: OK\n')
  for (const ageMs of [0, -1, 4000 * DAY_MS])
    assert.throws(
      () => authority.issueClient({ ...wish, ageMs }),
      (error) => isAppError(error, 'REQUEST_INVALID'),
    )
})

test('the authority is made once, and its key is sealed and for its owner alone', (t) => {
  const directory = place(t)
  const { certificate } = open(directory)
  assert.equal(open(directory).certificate, certificate)
  assert.equal(statSync(join(directory, 'ca.key')).mode & 0o777, 0o600)
  assert.ok(!readFileSync(join(directory, 'ca.key'), 'utf8').includes('PRIVATE'))
  assert.ok(!existsSync(join(directory, 'ca.key.new')))
})

test('an authority that ends within a year is made anew', (t) => {
  const directory = place(t)
  const clock = new FakeClock()
  const { certificate } = open(directory, clock)
  clock.advance(3000 * DAY_MS)
  assert.equal(open(directory, clock).certificate, certificate)
  clock.advance(400 * DAY_MS)
  assert.notEqual(open(directory, clock).certificate, certificate)
})

test('the server has another certificate long before the one it uses ends', (t) => {
  const clock = new FakeClock()
  const authority = open(place(t), clock)
  const used: Certified[] = []
  const stop = authority.serve(['localhost'], (certified) => used.push(certified))
  for (let days = 0; days < 400; days += 1) {
    clock.advance(DAY_MS)
    const left = Date.parse(new X509Certificate(used.at(-1)!.certificate).validTo) - clock.now()
    assert.ok(left > 30 * DAY_MS)
  }
  const count = used.length
  stop()
  clock.advance(100 * DAY_MS)
  assert.equal(used.length, count)
})

test('a key of another certificate, and a file that is none, are refused', (t) => {
  const [one, other] = [place(t), place(t)]
  open(one)
  open(other)
  writeFileSync(join(one, 'ca.crt'), readFileSync(join(other, 'ca.crt')))
  assert.throws(
    () => open(one),
    (error) => isAppError(error, 'CONFIG_INVALID') && /begin anew/.test(error.message),
  )
  writeFileSync(join(one, 'ca.crt'), 'nothing')
  assert.throws(
    () => open(one),
    (error) => isAppError(error, 'CONFIG_INVALID') && /holds no certificate/.test(error.message),
  )
})

function openSigning(directory: string, clock = systemClock): Signer {
  return openSigner({ directory, keyring, clock, random: systemRandom })
}

test('openssl verifies what was signed, with a certificate of our authority that is good for nothing else', async (t) => {
  const directory = place(t)
  const signer = openSigning(directory)
  assert.ok(!existsSync(directory), 'nothing is made before it is used')
  assert.equal(signer.findCertificate('0'.repeat(32)), undefined)
  const text = 'Message\nhällo\n'
  for (const digest of ['sha1', 'sha256'] as const) {
    const signature = await signer.sign(text, digest)
    assert.equal(signer.signNow(text, digest), signature)
    const certificate = signer.findCertificate(signer.certificateId())!
    const publicKey = new X509Certificate(certificate).publicKey.export({
      type: 'spki',
      format: 'pem',
    })
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-openssl-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'signature'), Buffer.from(signature, 'base64'))
    writeFileSync(join(folder, 'key.pem'), publicKey)
    const verify = ['dgst', `-${digest}`, '-verify', 'key.pem', '-signature', 'signature']
    const verified = (given: string): number | null =>
      spawnSync('openssl', verify, { cwd: folder, input: given }).status
    assert.equal(verified(text), 0)
    assert.equal(verified(`${text}x`), 1)
  }
  const files = {
    'ca.crt': readFileSync(join(directory, 'ca.crt'), 'utf8'),
    'signing.crt': signer.findCertificate(signer.certificateId())!,
  }
  const chain = ['verify', '-CAfile', 'ca.crt']
  assert.equal(openssl(t, [...chain, 'signing.crt'], files).status, 0)
  for (const purpose of ['sslclient', 'sslserver']) {
    assert.notEqual(openssl(t, [...chain, '-purpose', purpose, 'signing.crt'], files).status, 0)
  }
  assert.equal(statSync(join(directory, 'signing.key')).mode & 0o077, 0)
  assert.ok(!readFileSync(join(directory, 'signing.key'), 'utf8').includes('PRIVATE KEY'))
})

test('the signing key stays; a certificate that ends is followed by another, and is still shown', async (t) => {
  const directory = place(t)
  const clock = new FakeClock(Date.now())
  const first = openSigning(directory, clock)
  const [id, signature] = [first.certificateId(), await first.sign('a', 'sha256')]
  assert.equal(openSigning(directory, clock).certificateId(), id)
  clock.advance(366 * DAY_MS)
  for (const signer of [first, openSigning(directory, clock)]) {
    assert.notEqual(signer.certificateId(), id)
    assert.ok(signer.findCertificate(id) !== undefined)
    assert.equal(signer.signNow('a', 'sha256'), signature)
  }
})
