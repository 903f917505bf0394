import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { Credentials } from './credentials.ts'
import { type ClusterUser, readKubeconfig } from './kubeconfig.ts'
import { TOKEN_FILE_MS } from './limits.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
const SECRET = 'canary-in-the-file'

function folder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), 'signalbox-kubeconfig-'))
  context.after(() => rmSync(made, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text)
  return made
}

function config(cluster: object, user: object): string {
  return JSON.stringify({
    kind: 'Config',
    'current-context': 'a',
    contexts: [
      { name: 'a', context: { cluster: 'c', user: 'u' } },
      { name: 'b', context: { cluster: 'missing' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://k.example:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
  })
}

function read(context: TestContext, text: string, wanted?: string) {
  return readKubeconfig(join(folder(context, { config: text, 'ca.crt': PEM }), 'config'), wanted)
}

test('the current context is read, with files beside it', (context) => {
  const text = config(
    { 'certificate-authority': 'ca.crt', 'tls-server-name': 'other' },
    { token: SECRET, as: 'robot', 'as-groups': ['g'] },
  )
  const { origin, ...access } = read(context, text)
  assert.match(origin, /^context `a` of /)
  assert.deepEqual(access, {
    server: 'https://k.example:6443',
    isVerified: true,
    authority: PEM,
    serverName: 'other',
    user: { token: SECRET, actAs: { name: 'robot', groups: ['g'] } },
  })
})

test('what cannot be used is refused, with the place and what would be right, and no secret', (context) => {
  const good = { token: SECRET }
  const program = { apiVersion: 'client.authentication.k8s.io/v1', command: 'x' }
  const cases: readonly [string, RegExp, string?][] = [
    ['[1', /is not YAML/],
    ['{"kind":"Pod"}', /expected a kubeconfig/],
    ['{"kind":"Config"}', /has no current context; it has no context/],
    [config({}, good), /has no context `z`; it has `a`, `b`/, 'z'],
    [config({}, good), /has no cluster `missing`; it has `c`/, 'b'],
    [config({ server: 'ftp://x' }, good), /expected `server` to be an https URL, got `ftp:\/\/x`/],
    [config({ server: 'http://k.example' }, good), /in the clear; expected https/],
    [config({ 'proxy-url': 'http://p' }, good), /`proxy-url` is not supported/],
    [config({ 'certificate-authority-data': 'AAAA' }, good), /to be PEM in base64/],
    [config({ 'certificate-authority': 'none.crt' }, good), /cannot read the file.*none\.crt/],
    [config({}, { username: 'x', password: SECRET }), /`username` is refused/],
    [config({}, { 'auth-provider': {} }), /`auth-provider` is refused/],
    [config({}, { 'client-key-data': btoa(PEM) }), /belong together/],
    [config({}, { exec: { command: 'x', apiVersion: 'v0' } }), /expected `exec.apiVersion`.*`v0`/],
    [config({}, { exec: { ...program, command: undefined } }), /names no `command`/],
    [config({}, { exec: { ...program, interactiveMode: 'Always' } }), /nobody to ask/],
  ]
  for (const [text, why, wanted] of cases) {
    assert.throws(
      () => read(context, text, wanted),
      (error: Error) => why.test(error.message) && !error.message.includes(SECRET),
      String(why),
    )
  }
})

test('a token of a file is read again after a while, and when it is not believed', async (context) => {
  const made = folder(context, { token: 'one\n' })
  const clock = new FakeClock()
  const credentials = new Credentials({ tokenFile: join(made, 'token') }, clock, {})
  assert.deepEqual(await credentials.show(), { token: 'one' })
  writeFileSync(join(made, 'token'), 'two\n')
  assert.deepEqual(await credentials.show(), { token: 'one' })
  clock.advance(TOKEN_FILE_MS)
  assert.deepEqual(await credentials.show(), { token: 'two' })
  writeFileSync(join(made, 'token'), 'three\n')
  credentials.forget()
  assert.deepEqual(await credentials.show(), { token: 'three' })
  rmSync(join(made, 'token'))
  credentials.forget()
  await assert.rejects(credentials.show(), /cannot read the file of the token/)
})

function programUser(directory: string, script: string): ClusterUser {
  const apiVersion = 'client.authentication.k8s.io/v1'
  const args = ['-e', script]
  const env = { MORE: 'given' }
  return { program: { apiVersion, command: process.execPath, args, env, directory } }
}

test('a program makes credentials, and what it prints in an error is not told', async (context) => {
  const made = folder(context, {})
  const clock = new FakeClock()
  const good = `
    const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
    const status = { token: [spec.interactive, process.env.MORE, process.env.HOST].join() }
    console.log(JSON.stringify({ kind: 'ExecCredential', status }))
  `
  const credentials = new Credentials(programUser(made, good), clock, { HOST: 'inherited' })
  assert.deepEqual(await credentials.show(), { token: 'false,given,inherited' })
  const cases: readonly [string, RegExp][] = [
    [`console.log('${SECRET}'); process.exit(3)`, /ended with 3/],
    [`console.log('${SECRET}')`, /printed no `ExecCredential`/],
    [
      `console.log(JSON.stringify({ kind: 'ExecCredential', status: {} }))`,
      /neither a token nor a certificate/,
    ],
  ]
  for (const [script, why] of cases) {
    await assert.rejects(
      new Credentials(programUser(made, script), clock, {}).show(),
      (error: Error) => why.test(error.message) && !error.message.includes(SECRET),
    )
  }
})
