import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { seededRandom, silentLogger, systemClock, systemRandom } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import { type Authority, type Certified, openAuthority } from '../../certificate/index.ts'
import { createKey, createKeyring } from '../../keyring/index.ts'
import { type HttpServer, openHttpServer } from './server.ts'
import { RawConnection } from './testing.ts'

const DAY_MS = 86_400_000
const HOSTS = ['localhost', '127.0.0.1', '::1']
const keyring = createKeyring([createKey(seededRandom(1).bytes(32))], systemRandom)

function makeAuthority(t: TestContext, clock = systemClock): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return openAuthority({ directory: join(folder, 'tls'), keyring, clock, random: systemRandom })
}

function certify(authority: Authority): Certified {
  let made: Certified | undefined
  authority.serve(HOSTS, (certified) => {
    made = certified
  })()
  return made!
}

async function open(t: TestContext, authority: Authority): Promise<HttpServer> {
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    dialects: [
      {
        name: 'aws',
        accepts: () => true,
        handle: async ({ clientCertificate, isSecure }) => {
          assert.equal(isSecure, true)
          return { status: 200, headers: {}, body: JSON.stringify(clientCertificate ?? 'none') }
        },
      },
    ],
    security: { allowedHosts: [], allowedOrigins: [] },
    tls: { ...certify(authority), clientAuthority: authority.certificate },
    logger: silentLogger,
    clock: systemClock,
    random: systemRandom,
  })
  t.after(() => server.drain(0))
  return server
}

interface Shown {
  readonly ca: string
  readonly client?: Certified
}

async function ask(server: HttpServer, { ca, client }: Shown): Promise<unknown> {
  const agent = new Agent({ keepAlive: false })
  const text = await new Promise<string>((resolve, reject) => {
    const shown = client === undefined ? {} : { cert: client.certificate, key: client.key }
    const asked = request(server.url, { agent, ca, ...shown }, (response) => {
      let body = ''
      response.on('data', (bytes: Buffer) => (body += bytes.toString()))
      response.on('end', () => resolve(body))
    })
    asked.on('error', reject).end()
  })
  return JSON.parse(text)
}

test('a client that trusts the authority is answered, and may show nothing', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(await ask(server, { ca: authority.certificate }), 'none')
  await assert.rejects(ask(server, { ca: makeAuthority(t).certificate }), /certificate/)
})

test('what a client shows is told, with whether it can be trusted', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  const ca = authority.certificate
  const wish = { user: 'ann', groups: ['dev', 'ops'], ageMs: DAY_MS }
  const told = { commonNames: ['ann'], organizations: ['dev', 'ops'] }
  const own = authority.issueClient(wish)
  assert.deepEqual(await ask(server, { ca, client: own }), { isTrusted: true, ...told })

  const foreign = makeAuthority(t).issueClient(wish)
  assert.deepEqual(await ask(server, { ca, client: foreign }), { isTrusted: false, ...told })
})

test('the certificate of a server, and one that has ended, sign nobody in', async (t) => {
  const clock = new FakeClock()
  const authority = makeAuthority(t, clock)
  const ca = authority.certificate
  clock.advance(systemClock.now() - clock.now())
  const server = await open(t, authority)
  const isTrusted = async (client: Certified): Promise<unknown> =>
    ((await ask(server, { ca, client })) as { readonly isTrusted: boolean }).isTrusted
  assert.equal(await isTrusted(certify(authority)), false)
  const wish = { user: 'ann', groups: [], ageMs: DAY_MS }
  assert.equal(await isTrusted(authority.issueClient(wish)), true)
  const past = makeAuthority(t, new FakeClock(systemClock.now() - 3 * DAY_MS))
  const old = await open(t, past)
  const ended = { ca: past.certificate, client: past.issueClient(wish) }
  assert.deepEqual(await ask(old, ended), {
    isTrusted: false,
    commonNames: ['ann'],
    organizations: [],
  })
})

test('another certificate is shown to whoever comes after it was set', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  const serial = async (): Promise<string> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: authority.certificate })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    const { raw } = socket.getPeerCertificate()
    socket.destroy()
    return new X509Certificate(raw).serialNumber
  }
  const before = await serial()
  server.useCertificate(certify(authority))
  assert.notEqual(await serial(), before)
  assert.equal(await ask(server, { ca: authority.certificate }), 'none')
})

test('whoever calls it by a name sees the certificate of that name, and is known by his own', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  const other = makeAuthority(t)
  let named: Certified | undefined
  other.serve(['box.test'], (certified) => {
    named = certified
  })()
  server.useCertificate(named!, ['box.test'])
  const client = authority.issueClient({ user: 'ann', groups: [], ageMs: DAY_MS })
  const shown = { port: server.port, host: '127.0.0.1', cert: client.certificate, key: client.key }
  const byName = connect({ ...shown, servername: 'box.test', ca: other.certificate })
  assert.match(await exchange(byName), /"isTrusted":true,"commonNames":\["ann"\]/)
  const byAddress = connect({ ...shown, ca: authority.certificate })
  assert.match(await exchange(byAddress), /"isTrusted":true/)
  const wrong = connect({ ...shown, servername: 'other.test', ca: other.certificate })
  await assert.rejects(exchange(wrong), /certificate/)
})

test('a drain does not wait for who has not agreed on TLS, or says nothing', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  const silent = new RawConnection(server.port)
  await new Promise((resolve) => silent.socket.once('connect', resolve))
  const agreed: TLSSocket = connect({
    port: server.port,
    host: '127.0.0.1',
    ca: authority.certificate,
  })
  await new Promise((resolve) => agreed.once('secureConnect', resolve))
  await server.drain(60_000)
  await silent.untilClosed()
})

test('plain HTTP at a port for HTTPS is cut off and hurts nobody', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  const plain = new RawConnection(server.port).send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await plain.untilClosed()
  assert.equal(await ask(server, { ca: authority.certificate }), 'none')
})

test('who goes on with a session of before is told as who began it', async (t) => {
  const authority = makeAuthority(t)
  const server = await open(t, authority)
  const ca = authority.certificate
  const wish = { groups: [], ageMs: DAY_MS }
  const shown = [
    { own: authority.issueClient({ user: 'ann', ...wish }), isTrusted: true },
    { own: makeAuthority(t).issueClient({ user: 'ann', ...wish }), isTrusted: false },
  ]
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const { own, isTrusted } of shown) {
      const options = {
        port: server.port,
        host: '127.0.0.1',
        ca,
        cert: own.certificate,
        key: own.key,
        maxVersion,
      }
      const first = connect(options)
      const session = new Promise<Buffer>((resolve) => first.once('session', resolve))
      const told = await exchange(first)
      const second = connect({ ...options, session: await session })
      let isReused = false
      second.once('secureConnect', () => {
        isReused = second.isSessionReused()
      })
      const again = await exchange(second)
      assert.equal(isReused, true, `${maxVersion} ${isTrusted}`)
      for (const text of [told, again]) {
        assert.match(text, new RegExp(`"isTrusted":${isTrusted},"commonNames":\\["ann"\\]`))
      }
    }
  }
})

/** The answer to one request, whole. */
function exchange(socket: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()))
    socket.once('error', reject)
    socket.once('close', () => resolve(text))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  })
}
