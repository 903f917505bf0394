// The Python client of Kubernetes against our own server: list, watch, patches, server-side apply, errors.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DEADLINE_MS, Signalbox } from '../support/signalbox.ts'

const run = promisify(execFile)
const isThere = spawnSync('python3', ['-c', 'import kubernetes']).status === 0
const skip = isThere ? false : 'Python has no module `kubernetes`: pip install kubernetes'

const HEAD = `
import json, sys, threading
from kubernetes import client, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic import DynamicClient

configuration = client.Configuration()
configuration.host = sys.argv[1]
api = client.ApiClient(configuration)
core, batch = client.CoreV1Api(api), client.BatchV1Api(api)
told = {}

def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={'of': 'python'}), data=data)
`

async function python({ url }: Signalbox, script: string): Promise<Record<string, unknown>> {
  const program = `${HEAD}${script}\nprint(json.dumps(told))\n`
  const { stdout } = await run('python3', ['-c', program, url], { timeout: DEADLINE_MS })
  return JSON.parse(stdout) as Record<string, unknown>
}

test(
  'the Python client lists in pages, patches, and is refused in its own exceptions',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const told = await python(
      signalbox,
      `
for name in ('a', 'b', 'c'):
    core.create_namespaced_config_map('default', config_map(name, k=name))
page = core.list_namespaced_config_map('default', label_selector='of=python', limit=2)
rest = core.list_namespaced_config_map('default', label_selector='of=python', limit=2, _continue=page.metadata._continue)
told['pages'] = [[one.metadata.name for one in items] for items in (page.items, rest.items)]
told['patched'] = core.patch_namespaced_config_map('a', 'default', {'data': {'k': None, 'l': 'x'}}).data
stale = core.read_namespaced_config_map('b', 'default')
core.patch_namespaced_config_map('b', 'default', {'data': {'k': 'new'}})
told['refused'] = []
for call in (
    lambda: core.replace_namespaced_config_map('b', 'default', stale),
    lambda: core.create_namespaced_config_map('default', config_map('a')),
    lambda: core.read_namespaced_config_map('nothing', 'default'),
):
    try:
        call()
    except ApiException as error:
        told['refused'].append([error.status, json.loads(error.body)['reason']])
`,
    )
    assert.deepEqual(told, {
      pages: [['a', 'b'], ['c']],
      patched: { l: 'x' },
      refused: [
        [409, 'Conflict'],
        [409, 'AlreadyExists'],
        [404, 'NotFound'],
      ],
    })
  },
)

test('the Python client watches on from where its list ended', { skip }, async (context) => {
  const signalbox = await Signalbox.open(context)
  const told = await python(
    signalbox,
    `
core.create_namespaced_config_map('default', config_map('before'))
listed = core.list_namespaced_config_map('default', label_selector='of=python')
core.create_namespaced_config_map('default', config_map('between'))

def write():
    core.patch_namespaced_config_map('between', 'default', {'data': {'k': 'v'}})
    core.delete_namespaced_config_map('before', 'default')

told['seen'] = []
stream = watch.Watch()
for event in stream.stream(
    core.list_namespaced_config_map, 'default', label_selector='of=python',
    resource_version=listed.metadata.resource_version,
):
    told['seen'].append(event['type'] + ' ' + event['object'].metadata.name)
    if len(told['seen']) == 1:
        threading.Thread(target=write).start()
    if len(told['seen']) == 3:
        stream.stop()
`,
  )
  assert.deepEqual(told['seen'], ['ADDED between', 'MODIFIED between', 'DELETED before'])
})

test(
  'the dynamic Python client applies our own kinds, and owns what it applied',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const told = await python(
      signalbox,
      `
dynamic = DynamicClient(api)
rules = dynamic.resources.get(api_version='signalbox.dev/v1', kind='Rule')
def rule(source):
    return {
        'apiVersion': 'signalbox.dev/v1', 'kind': 'Rule',
        'metadata': {'name': 'us-east-1.default.orders'},
        'spec': {'pattern': json.dumps({'source': [source]})},
    }
def apply(source, manager):
    return rules.server_side_apply(body=rule(source), namespace='default', field_manager=manager)
apply('a', 'one')
told['pattern'] = apply('b', 'one').spec.pattern
told['managers'] = [one.manager for one in rules.get(name='us-east-1.default.orders', namespace='default').metadata.managedFields]
try:
    apply('c', 'two')
except Exception as error:
    told['conflict'] = error.status
told['names'] = [one.metadata.name for one in rules.get(namespace='default').items]
`,
    )
    assert.deepEqual(told, {
      pattern: '{"source": ["b"]}',
      managers: ['one'],
      conflict: 409,
      names: ['us-east-1.default.orders'],
    })
  },
)
