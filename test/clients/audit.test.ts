// The audit log under `start`: who published, who changed what and who was refused, by every way in; and that it is
// still there after a crash.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bearer, HTTPS, Https, KEYS } from '../support/https.ts'
import { kubectlLacks } from '../support/kubectl.ts'
import { Signalbox } from '../support/signalbox.ts'

const SECRETS = ['a-secret-of-some-length', 'the-secret-of-dana', 'detail-of-the-event']

const ROLE = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: send, namespace: default }
rules: [{ apiGroups: [signalbox.dev], resources: [events], verbs: [create] }]
`

interface AuditRecord {
  readonly seq: number
  readonly action: string
  readonly who: string
  readonly from: string
  readonly on: string
  readonly result: string
  readonly code?: string
  readonly count?: number
}

test(
  'publishing and changing follow roles by every way in, and leave records that outlive a crash',
  { skip: kubectlLacks() ?? false },
  async (context) => {
    const signalbox = await Signalbox.open(context, {
      command: 'start',
      config: HTTPS,
      files: { 'keys.yaml': KEYS, 'role.yaml': ROLE },
      args: ['--access-keys-file', '../keys.yaml'],
      accessKey: { id: 'AKIDEXAMPLE', secret: SECRETS[0]! },
    })
    const list = async (...filters: readonly string[]): Promise<readonly AuditRecord[]> => {
      const printed = await signalbox.ownCli('audit', 'ls', '-o', 'json', ...filters)
      const lines = printed.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as AuditRecord)
    }
    const https = new Https(signalbox)
    const role = join(signalbox.folder, 'role.yaml')
    assert.equal((await https.kubectl('create', '--filename', role)).code, 0)
    const codes = await signalbox.python<readonly string[]>(
      `
      events.create_event_bus(Name='shop')
      entry = dict(Source='s', DetailType='t', Detail=json.dumps({'n': 'detail-of-the-event'}))
      events.put_events(Entries=[entry, entry])
      dana = boto3.client('events', aws_access_key_id='AKIDDANA', aws_secret_access_key=given)
      result = [refusal(dana.put_events, Entries=[entry])[0],
                refusal(dana.delete_event_bus, Name='shop')[0]]
      `,
      SECRETS[1],
    )
    assert.deepEqual(codes, ['AccessDeniedException', 'AccessDeniedException'])
    const token = await signalbox.ownCli('token', 'create', 'ci')
    const publish = async (id: string): Promise<string> => {
      const event = JSON.stringify({ specversion: '1.0', id, source: '/ci', type: 'built' })
      const content = ['-H', 'Content-Type: application/cloudevents+json', '-d', event]
      return (await https.curl('/events', ...bearer(token), ...content)).stdout
    }
    assert.match(await publish('1'), /ACCESS_DENIED/)
    const binding = ['create', 'rolebinding', 'send', '--role=send', '--user=ci']
    assert.equal((await https.kubectl(...binding)).code, 0)
    assert.match(await publish('2'), /"accepted"/)

    assert.deepEqual(
      (await list('--action', 'publish')).map(({ who, on, result, count }) => [
        who,
        on,
        result,
        count,
      ]),
      [
        ['signalbox:access-key:AKIDEXAMPLE', 'default', 'ok', 2],
        ['dana', 'default', 'denied', undefined],
        ['ci', 'default', 'denied', undefined],
        ['ci', 'default', 'ok', 1],
      ],
    )
    const changes = await list('--plane', 'control')
    assert.deepEqual(
      changes.map(({ action, who, on, result }) => [action, who, on, result]),
      [
        ['create', 'signalbox:admin', 'roles.rbac.authorization.k8s.io/v1 default/send', 'ok'],
        ['events:CreateEventBus', 'signalbox:access-key:AKIDEXAMPLE', 'shop', 'ok'],
        ['events:DeleteEventBus', 'dana', 'shop', 'denied'],
        ['createToken', 'signalbox:admin', '/access/tokens/create?name=ci', 'ok'],
        [
          'create',
          'signalbox:admin',
          'rolebindings.rbac.authorization.k8s.io/v1 default/send',
          'ok',
        ],
      ],
    )
    assert.ok(changes.every(({ from }) => from.includes('127.0.0.1')))
    assert.match(
      await signalbox.ownCli('audit', 'ls', '--who', 'dana', '--action', 'events:DeleteEventBus'),
      /^\d+ {2}20.* {2}dana {2}\S*127.0.0.1 {2}events:DeleteEventBus {2}shop {2}denied AccessDenied/,
    )

    const before = await list()
    assert.deepEqual(await list('--after', String(before[2]!.seq), '--limit', '1'), [before[3]])
    await signalbox.end('SIGKILL')
    await signalbox.start()
    assert.deepEqual((await list()).slice(0, before.length), before)
    const directory = join(signalbox.dataDir, 'audit')
    const kept = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
    for (const secret of [...SECRETS, token]) assert.ok(!kept.join('').includes(secret), secret)
    assert.doesNotMatch(
      (await https.curl('/_signalbox/v1/audit', ...bearer(token))).stdout,
      /items/,
    )
  },
)
