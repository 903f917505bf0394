// An informer of Node's client library over a restart of the server, as its documentation has people write it: an error
// is answered by starting it again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node'
import { freePorts } from '../../tools/services/process.ts'
import { HTTPS } from '../support/https.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'
import { join } from 'node:path'

const NAMESPACE = 'default'
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`

test('an informer goes on over kill -9 of the server: nothing is missed, and nothing listed anew', async (context) => {
  const [port] = await freePorts(1)
  const signalbox = await Signalbox.open(context, {
    config: HTTPS.replace('port: 0', `port: ${port}`),
  })
  const kubeconfig = join(signalbox.folder, 'node.kubeconfig')
  await signalbox.ownCli('kubeconfig', '--write', kubeconfig)
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  let lists = 0
  const informer = makeInformer(config, PATH, () => {
    lists += 1
    return core.listNamespacedConfigMap({ namespace: NAMESPACE })
  })
  const seen: string[] = []
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ metadata, data }: V1ConfigMap) => {
      seen.push(`${verb} ${metadata?.name} ${data?.['k'] ?? ''}`)
    })
  let breaks = 0
  informer.on('error', () => (breaks += 1))
  context.after(() => informer.stop())
  const write = (name: string, k: string): Promise<unknown> => {
    const body = { metadata: { name }, data: { k } }
    return k === '0'
      ? core.createNamespacedConfigMap({ namespace: NAMESPACE, body })
      : core.replaceNamespacedConfigMap({ name, namespace: NAMESPACE, body })
  }
  const hears = (wanted: string): Promise<void> =>
    until(`the informer says ${wanted}`, DEADLINE_MS, () => seen.includes(wanted))
  await write('kept', '0')
  await informer.start()
  await hears('add kept 0')
  await signalbox.end('SIGKILL')
  await until('the informer knows that it broke', DEADLINE_MS, () => breaks === 1)
  await signalbox.start()
  for (const k of ['1', '2', '3']) await write('kept', k)
  await write('new', '0')
  await core.deleteNamespacedConfigMap({ name: 'kept', namespace: NAMESPACE })
  await informer.start()
  await hears('delete kept 3')
  await write('new', '4')
  await hears('update new 4')
  assert.deepEqual(
    seen.filter((one) => /kept|new/.test(one)),
    [
      'add kept 0',
      'update kept 1',
      'update kept 2',
      'update kept 3',
      'add new 0',
      'delete kept 3',
      'update new 4',
    ],
  )
  assert.equal(lists, 1)
})
