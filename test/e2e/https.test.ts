// Over HTTPS, with who one is: kubectl, curl and openssl against a server with an authority of its own.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { kubectlLacks } from '../support/kubectl.ts'
import { type Ended, shareSignalbox, Signalbox } from '../support/signalbox.ts'

const HTTPS = 'https: { listen: on, port: 0 }\n'
const KEYS = `- accessKeyId: AKIDEXAMPLE
  secretAccessKey: a-secret-of-some-length
- accessKeyId: AKIDDANA
  secretAccessKey: the-secret-of-dana
  user: dana
  groups: [shop]
`

const EVENT = JSON.stringify({ specversion: '1.0', id: '1', source: '/ci', type: 'built' })
const REVIEW = JSON.stringify({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'SelfSubjectReview',
  metadata: {},
})

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const options = { env: { ...process.env, ...env }, timeout: 20_000 }
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
    child.stdin!.end()
  })
}

function bearer(token: string): readonly string[] {
  return ['-H', `Authorization: Bearer ${token}`]
}

function httpsUrl({ dataDir }: Signalbox): string {
  const { httpsUrl: url } = JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8')) as {
    readonly httpsUrl: string
  }
  return url
}

class Https {
  readonly #signalbox: Signalbox
  readonly #token: string | undefined
  #written: string | undefined

  constructor(signalbox: Signalbox, token?: string) {
    this.#signalbox = signalbox
    this.#token = token
  }

  async kubectl(...args: readonly string[]): Promise<Ended> {
    const { dataDir, folder } = this.#signalbox
    this.#written ??= await this.#write()
    const cache = ['--cache-dir', join(dataDir, 'kube-cache')]
    return run('kubectl', [...cache, ...args], { KUBECONFIG: this.#written, HOME: folder })
  }

  async #write(): Promise<string> {
    const written = join(this.#signalbox.folder, this.#token === undefined ? 'admin' : 'robot')
    const token = this.#token === undefined ? [] : ['--token', this.#token]
    await this.#signalbox.ownCli('kubeconfig', '--write', written, ...token)
    assert.equal(statSync(written).mode & 0o777, 0o600)
    return written
  }

  curl(path: string, ...args: readonly string[]): Promise<Ended> {
    const ca = join(this.#signalbox.dataDir, 'tls/ca.crt')
    const url = `${httpsUrl(this.#signalbox)}${path}`
    return run('curl', ['-sS', '-m', '10', '--cacert', ca, ...args, url])
  }
}

describe('HTTPS under dev', { skip: kubectlLacks() ?? false }, () => {
  const signalbox = shareSignalbox({ config: HTTPS })
  let https: Https
  before(() => {
    https = new Https(signalbox())
  })

  test('what `env` prints serves kubectl, which says who it is', async () => {
    const { dataDir, folder } = signalbox()
    const text = await signalbox().ownCli('env')
    const kubeconfig = /KUBECONFIG=(.*)/.exec(text)![1]!
    assert.equal(kubeconfig, join(dataDir, 'kubeconfig'))
    const env = { KUBECONFIG: kubeconfig, HOME: folder }
    const { stdout } = await run(
      'kubectl',
      ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'],
      env,
    )
    const namespaces = await run('kubectl', ['get', 'namespaces'], env)
    assert.match(namespaces.stdout, /default +Active/)
    assert.equal(stdout, 'signalbox:admin')
  })

  test('every door answers there, to who trusts the authority', async () => {
    const info = await https.curl('/_signalbox/v1/info')
    assert.match(info.stdout, /"name":"signalbox"/)
    const version = await https.curl('/version')
    assert.match(version.stdout, /"minor":"32"/)
    const strange = await run('curl', ['-sS', '-m', '10', `${httpsUrl(signalbox())}/version`])
    assert.equal(strange.code, 60, strange.stderr)
    const { port } = new URL(httpsUrl(signalbox()))
    const ca = join(signalbox().dataDir, 'tls/ca.crt')
    const hello = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', ca, '-verify_ip']
    const { stdout } = await run('openssl', [...hello, '127.0.0.1', '-verify_return_error'])
    assert.match(stdout, /Verify return code: 0 \(ok\)/)
  })

  test('a token of a service account has the rights of its account, until that is gone', async () => {
    await https.kubectl('create', 'serviceaccount', 'robot')
    const { stdout: token } = await https.kubectl('create', 'token', 'robot')
    const robot = new Https(signalbox(), token.trim())
    const refused = await robot.kubectl('get', 'pods')
    assert.match(refused.stderr, /User "system:serviceaccount:default:robot" cannot list/)
    const account = '--serviceaccount=default:robot'
    await https.kubectl('create', 'rolebinding', 'robot', '--clusterrole=view', account)
    const listed = await robot.kubectl('get', 'pods')
    assert.deepEqual(
      [listed.code, listed.stderr],
      [0, 'No resources found in default namespace.\n'],
    )
    await https.kubectl('delete', 'serviceaccount', 'robot')
    const gone = await robot.kubectl('get', 'pods')
    assert.match(gone.stderr, /You must be logged in to the server/)
  })

  test('a secret lies sealed on the disk and is what it was after a restart', async () => {
    const literal = '--from-literal=password=swordfish-of-the-deep'
    assert.equal((await https.kubectl('create', 'secret', 'generic', 's', literal)).code, 0)
    const encoded = Buffer.from('swordfish-of-the-deep').toString('base64')
    const told = ['get', 'secret', 's', '-o', 'jsonpath={.data.password}']
    assert.equal((await https.kubectl(...told)).stdout, encoded)
    const found = await run('grep', ['-rlE', `swordfish|${encoded}`, signalbox().dataDir])
    assert.equal(found.stdout, '')
    await signalbox().end('SIGKILL')
    await signalbox().start()
    const { stdout } = await https.curl('/api/v1/namespaces/default/secrets/s')
    assert.match(stdout, new RegExp(encoded))
    assert.ok(!signalbox().output.includes('swordfish'))
  })

  test('a certificate of one’s own is shown to who calls by its name', async () => {
    const { folder } = signalbox()
    const [certificate, key] = [join(folder, 'box.crt'), join(folder, 'box.key')]
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const names = ['-subj', '/CN=box', '-addext', 'subjectAltName=DNS:box.test,DNS:*.box.test']
    await run('openssl', [...make, ...names, '-keyout', key, '-out', certificate])
    await signalbox().end('SIGTERM')
    const config = `https: { listen: on, port: 0, certificateFile: ${certificate}, keyFile: ${key} }\n`
    signalbox().write('signalbox.yaml', config)
    await signalbox().start()
    const { port } = new URL(httpsUrl(signalbox()))
    const resolve = ['--resolve', `box.test:${port}:127.0.0.1`, '--cacert', certificate]
    const named = await run('curl', ['-sS', ...resolve, `https://box.test:${port}/version`])
    assert.match(named.stdout, /"minor":"32"/, named.stderr)
    assert.match((await https.curl('/version')).stdout, /"minor":"32"/)
  })

  test('a token that is not good is refused, though nobody need show one', async () => {
    const bad = await https.curl('/api/v1/pods', '-H', 'Authorization: Bearer nonsense')
    assert.match(bad.stdout, /"reason":"Unauthorized"/)
    const none = await https.curl('/api/v1/pods')
    assert.match(none.stdout, /"kind":"PodList"/)
  })
})

describe('HTTPS under start', { skip: kubectlLacks() ?? false }, () => {
  const signalbox = shareSignalbox({
    command: 'start',
    config: HTTPS,
    files: { 'keys.yaml': KEYS },
    args: ['--access-keys-file', '../keys.yaml'],
  })

  test('tokens and certificates are made by the CLI, have their rights and are taken back', async () => {
    const https = new Https(signalbox())
    const ci = await signalbox().ownCli(
      'token',
      'create',
      'ci',
      '--group',
      'builders',
      '--days',
      '1',
    )
    assert.match(ci, /^sbx-[\w-]{43}$/)
    assert.match(await signalbox().ownCli('token', 'ls'), /^ci {2}ci {2}builders {2}until 20/)
    const pods = async (...who: readonly string[]): Promise<string> =>
      (await https.curl('/api/v1/namespaces/default/pods', ...who)).stdout
    assert.match(await pods(...bearer(ci)), /User \\"ci\\" cannot list/)
    const binding = ['create', 'rolebinding', 'builders', '--clusterrole=edit', '--group=builders']
    assert.equal((await https.kubectl(...binding)).code, 0)
    assert.match(await pods(...bearer(ci)), /"PodList"/)
    const event = ['-H', 'Content-Type: application/cloudevents+json', '-d', EVENT]
    const sent = await https.curl('/events', ...bearer(ci), ...event)
    assert.match(sent.stdout, /"status":"accepted"/)
    const own = await https.curl('/_signalbox/v1/access/tokens', ...bearer(ci))
    assert.match(own.stdout, /ACCESS_DENIED/)

    const next = await signalbox().ownCli('token', 'rotate', 'ci')
    assert.match(await pods(...bearer(ci)), /"Unauthorized"/)
    assert.match(await pods(...bearer(next)), /"PodList"/)
    await signalbox().ownCli('token', 'revoke', 'ci')
    assert.match(await pods(...bearer(next)), /"Unauthorized"/)

    const file = join(signalbox().folder, 'bea.pem')
    const pem = await signalbox().ownCli('certificate', 'create', 'bea', '--group', 'builders')
    signalbox().write('bea.pem', pem)
    assert.match(await pods('--cert', file), /"PodList"/)
    const { stdout: who } = await https.curl(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      '--cert',
      file,
      '-H',
      'Content-Type: application/json',
      '-d',
      REVIEW,
    )
    assert.match(who, /"username":"bea","groups":\["builders","system:authenticated"\]/)
    const forged = join(signalbox().folder, 'forged.pem')
    const subject = '/O=system:masters/CN=signalbox:admin'
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    await run('openssl', [...make, '-subj', subject, '-keyout', forged, '-out', `${forged}.crt`])
    assert.match(await pods('--cert', `${forged}.crt`, '--key', forged), /"Unauthorized"/)
    assert.ok(!signalbox().output.includes(ci) && !signalbox().output.includes(next))
  })

  test('an access key of a user may do over AWS what roles let him', async () => {
    const env = {
      AWS_ENDPOINT_URL: signalbox().url,
      AWS_ACCESS_KEY_ID: 'AKIDDANA',
      AWS_SECRET_ACCESS_KEY: 'the-secret-of-dana',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CONFIG_FILE: '/dev/null',
    }
    const rule = ['put-rule', '--name', 'r', '--event-pattern', '{"source":["s"]}']
    const refused = await run('aws', ['events', ...rule], env)
    assert.match(
      refused.stderr,
      /AccessDeniedException\).*: User: arn:aws:iam::000000000000:user\/dana is not authorized to perform: events:PutRule because no role lets it create and update `rules.signalbox.dev` in namespace `default`/,
    )
    const https = new Https(signalbox())
    const event = ['-H', 'Content-Type: application/cloudevents+json', '-d', EVENT]
    const dana = ['-u', 'AKIDDANA:the-secret-of-dana']
    assert.match((await https.curl('/events', ...dana, ...event)).stdout, /ACCESS_DENIED/)
    await https.kubectl('create', 'rolebinding', 'shop', '--clusterrole=edit', '--group=shop')
    const { stdout } = await run('aws', ['events', ...rule], env)
    assert.match(stdout, /RuleArn/)
    assert.match((await https.curl('/events', ...dana, ...event)).stdout, /"status":"/)
    assert.match((await https.curl('/_signalbox/v1/info', ...dana)).stdout, /ACCESS_DENIED/)
    assert.match(
      (await https.curl('/api/v1/namespaces/default/secrets', ...dana)).stdout,
      /SecretList/,
    )
  })

  test('nobody may do anything, the administrator everything, and both after a restart', async () => {
    const https = new Https(signalbox())
    const authority = readFileSync(join(signalbox().dataDir, 'tls/ca.crt'), 'utf8')
    const token = readFileSync(join(signalbox().dataDir, 'admin.token'), 'utf8').trim()
    for (const secret of ['admin.token', 'service-account.key', 'secret.key', 'tls/ca.key'])
      assert.equal(statSync(join(signalbox().dataDir, secret)).mode & 0o777, 0o600, secret)
    const admin = ['-H', `Authorization: Bearer ${token}`]
    const look = async (): Promise<void> => {
      const nobody = await https.curl('/api/v1/secrets')
      assert.match(nobody.stdout, /User \\"system:anonymous\\" cannot list resource \\"secrets\\"/)
      assert.match((await https.curl('/version')).stdout, /"minor":"32"/)
      const path = await https.curl('/_signalbox/v1/info', '-o', '/dev/null', '-w', '%{http_code}')
      assert.equal(path.stdout, '401')
      assert.match((await https.curl('/api/v1/secrets', ...admin)).stdout, /"SecretList"/)
      assert.match((await https.curl('/_signalbox/v1/info', ...admin)).stdout, /"mode":"start"/)
      const keys = ['-u', 'AKIDEXAMPLE:a-secret-of-some-length']
      assert.match((await https.curl('/_signalbox/v1/info', ...keys)).stdout, /"mode":"start"/)
      assert.match((await https.curl('/api/v1/secrets', ...keys)).stdout, /"Forbidden"/)
      const wrong = ['-u', 'AKIDEXAMPLE:another-secret-of-length']
      assert.match((await https.curl('/api/v1/secrets', ...wrong)).stdout, /"Unauthorized"/)
    }
    await look()
    await signalbox().end('SIGKILL')
    await signalbox().start()
    assert.equal(readFileSync(join(signalbox().dataDir, 'tls/ca.crt'), 'utf8'), authority)
    await look()
    assert.ok(!signalbox().output.includes(token))
    const codes = new Set<string>()
    for (let guess = 0; guess < 12; guess += 1) {
      const shown = ['-o', '/dev/null', '-w', '%{http_code}', ...bearer(`guess-${guess}`)]
      codes.add((await https.curl('/api/v1/secrets', ...shown)).stdout)
    }
    assert.deepEqual([...codes], ['401', '429'])
    assert.match((await https.curl('/api/v1/secrets', ...admin)).stdout, /"SecretList"/)
  })
})

test('a port that another has keeps dev from HTTPS alone, and start from starting', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { readonly port: number }
  const config = `https: { port: ${port} }\n`
  const dev = await Signalbox.open(t, { config })
  assert.match(dev.output, /the HTTPS listener is off/)
  assert.ok(!existsSync(join(dev.dataDir, 'kubeconfig')))
  await assert.rejects(dev.ownCli('kubeconfig'), /no server that listens for HTTPS/)
  const started = Signalbox.open(t, {
    command: 'start',
    config,
    files: { 'keys.yaml': KEYS },
    args: ['--access-keys-file', '../keys.yaml'],
  })
  await assert.rejects(started, new RegExp(`cannot listen on \`127.0.0.1:${port}\``))
})
