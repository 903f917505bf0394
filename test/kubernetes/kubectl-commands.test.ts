// The rest of what people type: every way in which kubectl reads, writes, waits and deletes, one after the other.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, shareSignalbox, until } from '../support/signalbox.ts'

const map = (name: string, data: string, labels = ''): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, labels: { ${labels} } }
data: { ${data} }
`

const JOB = `
apiVersion: batch/v1
kind: Job
metadata: { name: talks, labels: { part: jobs } }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: registry.test/talk }]
`
const PROGRAMS = `programs:
  'registry.test/*': { command: [sh, -c, 'for n in 1 2 3; do echo "line $n"; done'] }
`

describe('kubectl, command by command', { skip: kubectlLacks() ?? false }, () => {
  const signalbox = shareSignalbox({ config: PROGRAMS })
  let kubectl: Kubectl
  before(() => {
    kubectl = new Kubectl(signalbox())
  })
  const dataOf = (name: string): Promise<string> =>
    kubectl.get('get', 'cm', name, '-o', 'jsonpath={.data}')

  test('creates from a file, replaces, edits, patches and annotates', async () => {
    const { stdout } = await kubectl.run(['create', '-f', '-'], map('a', 'k: "1"'))
    assert.equal(stdout, 'configmap/a created\n')
    assert.match(
      await kubectl.refused(['create', '-f', '-'], map('a', 'k: "1"')),
      /\(AlreadyExists\).* configmaps "a" already exists/,
    )
    const replaced = await kubectl.run(['replace', '-f', '-'], map('a', 'k: "2"'))
    assert.equal(replaced.stdout, 'configmap/a replaced\n', replaced.stderr)
    const json =
      '[{"op":"test","path":"/data/k","value":"2"},{"op":"add","path":"/data/j","value":"x"}]'
    await kubectl.get('patch', 'cm', 'a', '--type=json', '-p', json)
    assert.equal(await dataOf('a'), '{"j":"x","k":"2"}')
    const failed = json.replace('"2"', '"3"')
    assert.match(
      await kubectl.refused(['patch', 'cm', 'a', '--type=json', '-p', failed]),
      /the server rejected our request due to an error in our request/,
    )
    await kubectl.get('annotate', 'cm', 'a', 'note=good')
    await kubectl.get('label', 'cm', 'a', 'app=x')
    assert.match(await kubectl.refused(['label', 'cm', 'a', 'app=y']), /--overwrite is false/)
    const edited = await kubectl.run(['edit', 'cm', 'a'], '', {
      KUBE_EDITOR: 'sed -i s/good/better/',
    })
    assert.equal(edited.stdout, 'configmap/a edited\n', edited.stderr)
    assert.match(await kubectl.get('describe', 'cm', 'a'), /^Annotations: +note: better$/m)
  })

  test('prints names, columns, sorted rows and whole kinds', async () => {
    await kubectl.apply(map('one', 'a: "1"', 'part: printed'))
    await kubectl.apply(map('two', 'a: "1", b: "2"', 'part: printed'))
    const of = ['-l', 'part=printed']
    assert.equal(
      await kubectl.get('get', 'cm', ...of, '-o', 'custom-columns=N:.metadata.name,A:.data.a'),
      'N     A\none   1\ntwo   1\n',
    )
    const sorted = await kubectl.get('get', 'cm', ...of, '--sort-by=.data.b', '-o', 'name')
    assert.deepEqual(sorted.trim().split('\n').sort(), ['configmap/one', 'configmap/two'])
    assert.match(
      await kubectl.get('get', 'cm', '--field-selector', 'metadata.name=two', '--no-headers'),
      /^two +2 /,
    )
    assert.match(
      await kubectl.get('get', 'cm,secrets,serviceaccounts', ...of, '--show-labels'),
      /configmap\/two.* part=printed/,
    )
    assert.match(await kubectl.get('describe', 'namespace', 'default'), /Status: +Active/)
    assert.match(await kubectl.get('describe', 'serviceaccount', 'default'), /^Name: +default$/m)
    assert.match(await kubectl.get('explain', 'job.spec', '--recursive'), /backoffLimit\t<integer>/)
  })

  test('tries on the server, and moves from client-side to server-side apply', async () => {
    const dry = await kubectl.apply(map('dry', 'a: "1"'), '--dry-run=server')
    assert.equal(dry, 'configmap/dry created (server dry run)\n')
    assert.match(await kubectl.refused(['get', 'cm', 'dry']), /NotFound/)
    await kubectl.apply(map('moved', 'a: "1", b: "1"'))
    const moved = await kubectl.apply(map('moved', 'a: "2"'), '--server-side')
    assert.equal(moved, 'configmap/moved serverside-applied\n')
    assert.equal(await dataOf('moved'), '{"a":"2"}')
    const managers = await kubectl.get(
      'get',
      'cm',
      'moved',
      '--show-managed-fields',
      '-o',
      'jsonpath={.metadata.managedFields[*].manager}',
    )
    assert.ok(!managers.includes('client-side'), managers)
    await kubectl.apply(map('moved', 'a: "3"'))
    assert.equal(await dataOf('moved'), '{"a":"3"}')
  })

  test('waits for what comes and for what goes', async (context) => {
    const created = kubectl.follow(context, 'wait', '--for=create', 'cm/awaited', '--timeout=20s')
    await kubectl.apply(map('awaited', 'a: "1"'))
    await until('it was created', DEADLINE_MS, () =>
      /configmap\/awaited condition met/.test(created()),
    )
    const changed = kubectl.follow(
      context,
      'get',
      'cm',
      'awaited',
      '-w',
      '-o',
      'jsonpath={.data.a} ',
    )
    await until('it is shown', DEADLINE_MS, () => changed().includes('1'))
    await kubectl.apply(map('awaited', 'a: "2"'))
    await until('its change is shown', DEADLINE_MS, () => changed().includes('2'))
    const held = '{"metadata":{"finalizers":["gold.test/held"]}}'
    await kubectl.get('patch', 'cm', 'awaited', '--type=merge', '-p', held)
    await kubectl.get('delete', 'cm', 'awaited', '--wait=false')
    const waiting = kubectl.run(['wait', '--for=delete', 'cm/awaited', '--timeout=15s'])
    const freed = '{"metadata":{"finalizers":null}}'
    await kubectl.get('patch', 'cm', 'awaited', '--type=merge', '-p', freed)
    const { code, stderr } = await waiting
    assert.equal(code, 0, stderr)
    assert.match(await kubectl.refused(['get', 'cm', 'awaited']), /NotFound/)
    assert.match(
      await kubectl.refused(['wait', '--for=condition=Complete', 'job/nothing', '--timeout=1s']),
      /jobs\.batch "nothing" not found/,
    )
  })

  test('reads logs from where it wants, and events of a job', async (context) => {
    await kubectl.apply(JOB)
    await kubectl.get('wait', '--for=condition=Complete', 'job/talks', '--timeout=20s')
    assert.equal(await kubectl.get('logs', 'job/talks', '-f'), 'line 1\nline 2\nline 3\n')
    assert.equal(await kubectl.get('logs', 'job/talks', '--tail=1'), 'line 3\n')
    assert.match(
      await kubectl.get('logs', '-l', 'job-name=talks', '--timestamps'),
      /^\d{4}-\S+Z line 1$/m,
    )
    assert.equal(await kubectl.get('logs', 'job/talks', '--limit-bytes=6'), 'line 1')
    await until('its events are there', DEADLINE_MS, async () =>
      /Completed +Job\/talks +Job completed/.test(
        await kubectl.get('events', '--for', 'job/talks'),
      ),
    )
    assert.match(await kubectl.get('get', 'events'), /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE$/m)
    assert.match(
      await kubectl.get('get', 'all', '-l', 'part=jobs'),
      /^job\.batch\/talks +Complete +1\/1 /m,
    )
    const pods = ['get', 'pods', '-l', 'job-name=talks', '-o', 'name']
    await kubectl.get('delete', 'job', 'talks', '--cascade=orphan')
    const [pod = ''] = (await kubectl.get(...pods)).trim().split('\n')
    assert.match(pod, /^pod\/talks-/)
    await kubectl.get('delete', pod, '--force', '--grace-period=0')
    assert.equal(await kubectl.get(...pods), '')
    await kubectl.apply(JOB)
    await kubectl.get('delete', 'job', 'talks', '--cascade=foreground')
    assert.equal(await kubectl.get(...pods), '')
    context.diagnostic('jobs are gone with their pods')
  })

  test('deletes by label and all of a kind, and says who it is by a token', async () => {
    for (const name of ['x1', 'x2']) await kubectl.apply(map(name, '', 'gone: "yes"'))
    assert.equal(
      await kubectl.get('delete', 'cm', '-l', 'gone=yes'),
      'configmap "x1" deleted\nconfigmap "x2" deleted\n',
    )
    await kubectl.get('create', 'namespace', 'all')
    for (const name of ['y1', 'y2']) await kubectl.apply(map(name, ''), '-n', 'all')
    await kubectl.get('delete', 'cm', '--all', '-n', 'all')
    assert.equal(await kubectl.get('get', 'cm', '-n', 'all', '-l', '!kube', '-o', 'name'), '')
    await kubectl.get('create', 'serviceaccount', 'robot', '-n', 'all')
    const token = (await kubectl.get('create', 'token', 'robot', '-n', 'all')).trim()
    assert.equal(token.split('.').length, 3)
    const as = 'system:serviceaccount:all:robot'
    assert.match(
      await kubectl.refused(['get', 'cm', '-n', 'all', '--as', as]),
      /configmaps is forbidden: User "system:serviceaccount:all:robot" cannot list resource "configmaps" in API group "" in the namespace "all"/,
    )
    assert.equal((await kubectl.run(['auth', 'can-i', 'get', 'cm', '--as', as])).stdout, 'no\n')
  })
})
