// Over HTTPS, with who one is: kubectl, curl and openssl against a server with an authority of its own.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { HTTPS, Https, httpsUrl, KEYS, run } from '../support/https.ts'
import { kubectlLacks } from '../support/kubectl.ts'
import { shareSignalbox, Signalbox } from '../support/signalbox.ts'

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
    signalbox().configure(config)
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
