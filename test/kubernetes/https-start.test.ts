// Over HTTPS where nobody is let in unknown: tokens, certificates and access keys, made, used and taken back.

import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bearer, HTTPS, Https, KEYS, run } from '../support/https.ts'
import { kubectlLacks } from '../support/kubectl.ts'
import { shareSignalbox } from '../support/signalbox.ts'

const EVENT = JSON.stringify({ specversion: '1.0', id: '1', source: '/ci', type: 'built' })
const REVIEW = JSON.stringify({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'SelfSubjectReview',
  metadata: {},
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
      const made = ['-H', 'x-signalbox-console: 1', '-d', '{"name":"x","user":"y"}']
      const create = await https.curl('/_signalbox/v1/access/tokens/create', ...keys, ...made)
      assert.match(create.stdout, /cannot impersonate resource/)
      const hidden = await https.curl(`/api/v1/secrets?access_token=${token}`)
      assert.match(hidden.stdout, /system:anonymous/)
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
