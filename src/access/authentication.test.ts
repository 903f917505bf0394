// Attacks on what a client shows of itself: every one is answered by nobody.

import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { beforeEach, describe, test, type TestContext } from 'node:test'
import { silentLogger, systemRandom } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { isKubeError } from '../objects/index.ts'
import { openTestObjects, type TestObjects } from '../objects/testing.ts'
import { ACCESS_TYPES } from './access-token.ts'
import { type Access, openAccess } from './access.ts'
import { ISSUER } from './service-account-tokens.ts'
import { ADMIN_TOKEN, createSigningKey, SIGNING_KEY } from './testing.ts'
import { WebTokens } from './web-token.ts'

const HOUR_MS = 3_600_000

let clock: FakeClock
let machinery: TestObjects
let access: Access

async function open(t: TestContext): Promise<void> {
  clock = new FakeClock()
  machinery = await openTestObjects(clock, ACCESS_TYPES)
  access = await openAccess({
    objects: machinery.objects,
    clock,
    random: systemRandom,
    logger: silentLogger,
    adminToken: ADMIN_TOKEN,
    signingKey: SIGNING_KEY,
  })
  t.after(async () => {
    await access.close()
    await machinery.close()
  })
  await machinery.client.create(account('robot'))
}

const account = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'default' },
})

const wish = {
  namespace: 'default',
  name: 'robot',
  audiences: [],
  expirationSeconds: undefined,
  boundObject: undefined,
}

const nameOf = async (token: string, audiences?: readonly string[]) =>
  (await access.authenticator.userOfToken(token, audiences))?.name

const ROBOT = 'system:serviceaccount:default:robot'

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
    string,
    unknown
  >
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

describe('what is shown', () => {
  beforeEach((t) => open(t as TestContext))

  test('the token of the administrator is his, and no other is', async () => {
    assert.equal(await nameOf(ADMIN_TOKEN), 'signalbox:admin')
    const bad = ['', ADMIN_TOKEN.slice(1), `${ADMIN_TOKEN}x`, ADMIN_TOKEN.toUpperCase(), 'x', '\0']
    for (const token of bad) assert.equal(await nameOf(token), undefined, token)
    assert.equal(await nameOf(ADMIN_TOKEN, ['other']), undefined)
    assert.equal(await nameOf('x'.repeat(1_000_000)), undefined)
  })

  test('an issued token is of its user, until it ends, is rotated or taken back', async () => {
    const root = { name: 'root', groups: ['system:masters'] }
    const { tokens } = access
    const wanted = { name: 'ci', user: 'ci', groups: ['builders'], ageMs: HOUR_MS }
    const first = await tokens.issue(root, wanted)
    assert.deepEqual(await access.authenticator.userOfToken(first), {
      name: 'ci',
      groups: ['builders', 'system:authenticated'],
    })
    assert.equal(await nameOf(first, ['vault']), undefined)
    const second = await tokens.rotate(root, 'ci')
    assert.deepEqual([await nameOf(first), await nameOf(second)], [undefined, 'ci'])
    const stored = JSON.stringify(
      await machinery.client.list({ apiVersion: 'access.signalbox.dev/v1', kind: 'AccessToken' }),
    )
    assert.ok(!stored.includes(second) && !stored.includes(first))
    assert.deepEqual(
      (await tokens.list()).map(({ name, user, expiresAt }) => [name, user, expiresAt]),
      [['ci', 'ci', '2026-01-01T01:00:00Z']],
    )
    clock.advance(HOUR_MS)
    assert.equal(await nameOf(second), undefined)
    const forever = await tokens.issue(root, { name: 'ever', user: 'ci', groups: [] })
    clock.advance(100_000 * HOUR_MS)
    assert.equal(await nameOf(forever), 'ci')
    await tokens.revoke(root, 'ever')
    assert.equal(await nameOf(forever), undefined)
    await assert.rejects(tokens.revoke(root, 'ever'), (error) => isKubeError(error, 'NotFound'))
  })

  test('no CRD brings tokens that can be written', async () => {
    const names = { plural: 'accesstokens', kind: 'AccessToken' }
    const schema = { openAPIV3Schema: { type: 'object' } }
    const apiVersion = 'apiextensions.k8s.io/v1'
    const definition = {
      apiVersion,
      kind: 'CustomResourceDefinition',
      metadata: { name: 'accesstokens.access.signalbox.dev' },
      spec: {
        group: 'access.signalbox.dev',
        names,
        scope: 'Cluster',
        versions: [{ name: 'v2', served: true, storage: true, schema }],
      },
    }
    const { client, objects } = machinery
    await client.create(definition)
    const stop = new AbortController()
    const watch = { resourceVersion: '0', signal: stop.signal }
    for await (const event of client.watch(definition, watch))
      if (JSON.stringify(event).includes('NameConflict')) stop.abort()
    const type = { apiVersion: 'access.signalbox.dev/v2', kind: 'AccessToken' }
    assert.equal(objects.types.find(type), undefined)
    assert.deepEqual(
      objects.types.find({ ...type, apiVersion: 'access.signalbox.dev/v1' })?.verbs,
      ['delete', 'deletecollection', 'get', 'list', 'watch'],
    )
  })

  test('nobody has a token made for one that he may not act as', async () => {
    const { tokens } = access
    const eve = { name: 'eve', groups: ['system:authenticated'] }
    const wanted = { name: 'x', user: 'admin', groups: ['system:masters'] }
    await assert.rejects(tokens.issue(eve, wanted), (error) => isKubeError(error, 'Forbidden'))
    const root = { name: 'root', groups: ['system:masters'] }
    await tokens.issue(root, wanted)
    await assert.rejects(tokens.rotate(eve, 'x'), (error) => isKubeError(error, 'Forbidden'))
    await assert.rejects(tokens.revoke(eve, 'x'), (error) => isKubeError(error, 'Forbidden'))
  })

  test('a token of a service account says who, where, and which token', async () => {
    const { token, expirationTimestamp } = await access.serviceAccounts.issue(wish)
    assert.equal(expirationTimestamp, '2026-01-01T01:00:00Z')
    const user = await access.authenticator.userOfToken(token)
    assert.equal(user?.name, ROBOT)
    assert.deepEqual(user.groups, [
      'system:serviceaccounts',
      'system:serviceaccounts:default',
      'system:authenticated',
    ])
    assert.match(user.extra!['authentication.kubernetes.io/credential-id']![0]!, /^JTI=[0-9a-f-]+$/)
  })

  test('it ends with its hour', async () => {
    const { token } = await access.serviceAccounts.issue(wish)
    clock.advance(HOUR_MS - 1000)
    assert.equal(await nameOf(token), ROBOT)
    clock.advance(1000)
    assert.equal(await nameOf(token), undefined)
  })

  test('it is for its audience alone', async () => {
    const { token } = await access.serviceAccounts.issue({ ...wish, audiences: ['vault'] })
    assert.equal(await nameOf(token), undefined)
    assert.equal(await nameOf(token, ['vault', 'x']), ROBOT)
    const own = await access.serviceAccounts.issue(wish)
    assert.equal(await nameOf(own.token, ['vault']), undefined)
  })

  test('it goes with its account, and another account of the same name is another', async () => {
    const { token } = await access.serviceAccounts.issue(wish)
    const key = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'default', name: 'robot' }
    await machinery.client.delete(key)
    assert.equal(await nameOf(token), undefined)
    await machinery.client.create(account('robot'))
    assert.equal(await nameOf(token), undefined)
  })

  test('it goes with what it is bound to', async () => {
    const secret = await machinery.client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'default' },
    })
    const boundObject = { apiVersion: 'v1', kind: 'Secret', name: 's', uid: '' }
    const { token } = await access.serviceAccounts.issue({ ...wish, boundObject })
    assert.equal(await nameOf(token), ROBOT)
    const issue = (bound: object) =>
      access.serviceAccounts.issue({ ...wish, boundObject: { ...boundObject, ...bound } })
    await issue({ uid: secret.metadata.uid })
    await assert.rejects(issue({ uid: 'other' }), (error) => isKubeError(error, 'Conflict'))
    await assert.rejects(issue({ name: 'none' }), (error) => isKubeError(error, 'NotFound'))
    await assert.rejects(issue({ kind: 'Job' }), (error) => isKubeError(error, 'BadRequest'))
    await machinery.client.delete({ ...boundObject, namespace: 'default' })
    assert.equal(await nameOf(token), undefined)
  })

  test('ten minutes are the least, in the words of Kubernetes', async () => {
    await assert.rejects(
      access.serviceAccounts.issue({ ...wish, expirationSeconds: 60 }),
      (error) =>
        isKubeError(error, 'Invalid') &&
        error.message ===
          'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    )
  })

  test('no other signature is taken: none, a shared secret, another key, a changed letter', async () => {
    const { token } = await access.serviceAccounts.issue(wish)
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const kid = (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid
    const publicPem = createPublicKey(createPrivateKey(SIGNING_KEY))
      .export({ type: 'spki', format: 'pem' })
      .toString()
    const hs = `${encode({ alg: 'HS256', kid })}.${payload}`
    const claims = { ...claimsOf(token), sub: 'system:serviceaccount:kube-system:root' }
    const other = new WebTokens(createSigningKey())
    const der = sign('sha256', Buffer.from(`${header}.${payload}`), SIGNING_KEY)
    const forged = [
      `${encode({ alg: 'none' })}.${payload}.`,
      `${encode({ alg: 'none', kid })}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${hs}.${createHmac('sha256', publicPem).update(hs).digest('base64url')}`,
      `${header}.${encode(claims)}.${signature}`,
      other.sign(claimsOf(token)),
      `${header}.${other.sign(claims).split('.').slice(1).join('.')}`,
      `${encode({ alg: 'ES256', kid: '../../etc/passwd' })}.${payload}.${signature}`,
      `${encode({ alg: 'ES256', kid, jku: 'http://evil.test' })}.${payload}.${signature}`,
      `${header}.${payload}.${der.toString('base64url')}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${signature} `,
      `.${payload}.${signature}`,
    ]
    for (const text of forged) assert.equal(await nameOf(text), undefined, text)
    for (let at = 0; at < token.length; at += 3) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      assert.equal(await nameOf(changed), undefined, `at ${at}`)
    }
    assert.equal(await nameOf(token), ROBOT)
  })

  test('a token of another issuer, or one that is not good yet, is nobody’s', async () => {
    const { token } = await access.serviceAccounts.issue(wish)
    const signer = new WebTokens(SIGNING_KEY)
    const claims = claimsOf(token)
    assert.equal(await nameOf(signer.sign(claims)), ROBOT)
    const bad = [
      { iss: 'https://other' },
      { nbf: Number(claims['exp']) },
      { exp: 'never' },
      { exp: undefined },
      { nbf: undefined },
      { aud: ISSUER },
      { aud: [] },
    ]
    for (const change of bad)
      assert.equal(
        await nameOf(signer.sign({ ...claims, ...change })),
        undefined,
        JSON.stringify(change),
      )
  })

  test('a certificate is a user and his groups, when it is of our own authority', () => {
    const shown = { isTrusted: true, commonNames: ['ann'], organizations: ['dev'] }
    const userOf = (change: object) =>
      access.authenticator.userOfCertificate({ ...shown, ...change })
    assert.deepEqual(userOf({}), { name: 'ann', groups: ['dev', 'system:authenticated'] })
    assert.equal(userOf({ isTrusted: false }), undefined)
    assert.equal(userOf({ commonNames: [] }), undefined)
    assert.equal(userOf({ commonNames: [''] }), undefined)
    assert.equal(userOf({ commonNames: ['ann', 'root'] }), undefined)
  })
})
