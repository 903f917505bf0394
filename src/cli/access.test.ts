import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runCli } from './index.ts'
import { createTestIo } from './testing.ts'

/** Of an authority of no server: it is only put into kubeconfigs. */
const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBozCCAUqgAwIBAgIQb39Q4ND65e6myYdOh9h29zAKBggqhkjOPQQDAjAgMR4w
HAYDVQQDDBVzaWduYWxib3gtY2EtNDkxNGMwNGIwHhcNMjYxMTI2MTYyMjU0WhcN
MzYxMTIzMTcyMjU0WjAgMR4wHAYDVQQDDBVzaWduYWxib3gtY2EtNDkxNGMwNGIw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASDHIisn8rdbk6401t/mz/rHK7hkG6S
+JNDxx2+6GHDfGZdnQTq0p00dmrZakVQZGsh2CR/gWp5PzvteJw+Khkbo2YwZDAS
BgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQUY3o1
X4jAY2hH/yEsR7Mtqwm3XfkwHwYDVR0jBBgwFoAUY3o1X4jAY2hH/yEsR7Mtqwm3
XfkwCgYIKoZIzj0EAwIDRwAwRAIgWbQtQY7mj/BYmA7bjcDtxQauprzUPCJuUCSG
9pnnIeQCIDxe3yQ/Rza06omzpvQLxjL3yNq7276FjR/bTwd6YPU9
-----END CERTIFICATE-----
`

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server that answers everything with this. */
async function serve(context: TestContext, answer: unknown) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const bytes of request) body += String(bytes)
    const { method, url, headers } = request
    asked.push({ method, url, headers, body })
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.closeAllConnections())
  context.after(() => server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const io = createTestIo({ env })
  const code = await runCli(argv, io)
  return { code, out: io.out.text, err: io.err.text }
}

/** A data directory as a running server leaves it; this process stands for the server. */
function dataDir(context: TestContext, announced: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'))
  context.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'tls'))
  writeFileSync(join(folder, 'tls/ca.crt'), AUTHORITY)
  writeFileSync(join(folder, 'admin.token'), 'sbx-secret\n')
  const server = { pid: process.pid, url: 'http://127.0.0.1:4566', ...announced }
  writeFileSync(join(folder, 'server.json'), JSON.stringify(server))
  return folder
}

test('a token is printed by itself, so that a script can take it', async (context) => {
  const { asked, url } = await serve(context, { name: 'ci', token: 'sbx-1' })
  const argv = ['token', 'create', 'ci', '--group', 'a', 'b', '--days', '30']
  const { code, out, err } = await run([...argv, '--endpoint-url', url])
  assert.deepEqual([code, out], [0, 'sbx-1\n'])
  assert.match(err, /shown once/)
  assert.equal(asked[0]!.body, '{"name":"ci","groups":["a","b"],"days":30}')
  await run(['token', 'rotate', 'c i', '--endpoint-url', url])
  assert.equal(asked[1]!.url, '/_signalbox/v1/access/tokens/rotate?name=c%20i')
})

test('tokens are listed with whose they are, and what a name holds cannot steer a terminal', async (context) => {
  const items = [
    {
      name: 'a',
      user: 'ann',
      groups: ['x', 'y'],
      createdAt: '',
      expiresAt: '2027-01-01T00:00:00Z',
    },
    { name: 'b\u001b[2J', user: 'bea', groups: [], createdAt: '' },
  ]
  const { url } = await serve(context, { items })
  const { out } = await run(['token', 'ls', '--endpoint-url', url])
  assert.equal(out, 'a  ann  x,y  until 2027-01-01T00:00:00Z\nb\\x1b[2J  bea  -  for ever\n')
})

test('days are a number', async () => {
  const { code, err } = await run(['token', 'create', 'ci', '--days', 'soon'])
  assert.equal(code, 2)
  assert.match(err, /expected `--days` to be a whole number, got `soon`/)
})

test('SIGNALBOX_TOKEN is sent, but never over a network in the open', async (context) => {
  const { asked, url } = await serve(context, { items: [] })
  const env = { SIGNALBOX_TOKEN: 'sbx-mine' }
  await run(['token', 'ls', '--endpoint-url', url], env)
  assert.equal(asked[0]!.headers.authorization, 'Bearer sbx-mine')
  const { code, err } = await run(['token', 'ls', '--endpoint-url', 'http://box.example'], env)
  assert.equal(code, 2)
  assert.match(err, /https URL where a token is sent/)
  assert.ok(!err.includes('sbx-mine'))
})

test('a kubeconfig is made of the parts that the server left', async (context) => {
  const folder = dataDir(context, { mode: 'dev', httpsUrl: 'https://127.0.0.1:6443' })
  const { code, out } = await run(['kubeconfig', '--data-dir', folder, '--namespace', 'gold'])
  assert.equal(code, 0)
  assert.match(out, /server: "https:\/\/127\.0\.0\.1:6443"/)
  assert.match(out, /"token":"sbx-secret"/)
  assert.match(out, /"namespace":"gold"/)
  const [, authority] = /certificate-authority-data: (\S+)/.exec(out)!
  assert.equal(Buffer.from(authority!, 'base64').toString(), AUTHORITY)
})

test('a kubeconfig trusts whom it is told to', async (context) => {
  const folder = dataDir(context, { mode: 'start', httpsUrl: 'https://127.0.0.1:6443' })
  const both = join(folder, 'both.pem')
  writeFileSync(both, AUTHORITY + AUTHORITY)
  const argv = [
    'kubeconfig',
    '--data-dir',
    folder,
    '--server',
    'https://box.example',
    '--authority',
  ]
  const named = await run([...argv, both])
  const [, authority] = /certificate-authority-data: (\S+)/.exec(named.out)!
  assert.equal(Buffer.from(authority!, 'base64').toString(), AUTHORITY + AUTHORITY)
  assert.ok(!(await run([...argv, 'system'])).out.includes('authority'))
  assert.equal((await run([...argv, join(folder, 'none.pem')])).code, 2)
})

test('a kubeconfig that lies in a data directory is written over, not followed', async (context) => {
  const folder = dataDir(context, { mode: 'dev', httpsUrl: 'https://127.0.0.1:6443' })
  const elsewhere = join(folder, 'elsewhere')
  writeFileSync(elsewhere, 'users: [{user: {exec: {command: evil}}}]')
  symlinkSync(elsewhere, join(folder, 'kubeconfig'))
  const { out } = await run(['env', '--data-dir', folder])
  assert.match(out, new RegExp(`export KUBECONFIG=${join(folder, 'kubeconfig')}\n`))
  assert.match(readFileSync(elsewhere, 'utf8'), /evil/)
  const written = readFileSync(join(folder, 'kubeconfig'), 'utf8')
  assert.ok(!written.includes('exec') && written.includes('sbx-secret'))
  assert.equal(statSync(join(folder, 'kubeconfig')).mode & 0o777, 0o600)
})

test('what is no server, no authority or no token is refused', async (context) => {
  const far = dataDir(context, { mode: 'dev', httpsUrl: 'https://evil.example:6443' })
  const near = dataDir(context, { mode: 'dev', httpsUrl: 'https://127.0.0.1:6443' })
  const broken = dataDir(context, { mode: 'dev', httpsUrl: 'https://127.0.0.1:6443' })
  writeFileSync(join(broken, 'tls/ca.crt'), 'nothing')
  const rows: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    [far, [], 6, /no server that listens for HTTPS runs on/],
    [near, ['--server', 'http://box.example'], 2, /expected `--server` to be an https URL/],
    [near, ['--token', 'a\n- b'], 2, /a token of one word/],
    [broken, [], 2, /cannot read .*ca\.crt/],
  ]
  for (const [folder, argv, expected, text] of rows) {
    const { code, out, err } = await run(['kubeconfig', '--data-dir', folder, ...argv])
    assert.equal(code, expected, err)
    assert.match(err, text)
    assert.equal(out, '')
  }
  assert.ok(!(await run(['env', '--data-dir', far])).out.includes('KUBECONFIG'))
  const partly = await run(['env', '--data-dir', broken])
  assert.match(partly.out, /AWS_ENDPOINT_URL/)
  assert.match(partly.err, /KUBECONFIG is left out: cannot read/)
})
