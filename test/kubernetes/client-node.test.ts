// The client library of Node's users: its informers, patches, server-side apply and errors, against our own server.

import assert from 'node:assert/strict'
import { before, describe, test, type TestContext } from 'node:test'
import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from '@kubernetes/client-node'
import { DEADLINE_MS, shareSignalbox, type Signalbox, until } from '../support/signalbox.ts'

const NAMESPACE = 'default'
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`
const RULES = { group: 'signalbox.dev', version: 'v1', namespace: NAMESPACE, plural: 'rules' }

function configOf({ url }: Signalbox): KubeConfig {
  const config = new KubeConfig()
  config.loadFromOptions({
    // Plain HTTP on loopback has no certificate to verify, and the client wants that said.
    clusters: [{ name: 'signalbox', server: url, skipTLSVerify: true }],
    users: [{ name: 'dev' }],
    contexts: [{ name: 'dev', cluster: 'signalbox', user: 'dev' }],
    currentContext: 'dev',
  })
  return config
}

function configMap(
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): V1ConfigMap {
  const metadata = { name, namespace: NAMESPACE, labels }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
}

function rule(name: string, pattern: string): object {
  return {
    apiVersion: 'signalbox.dev/v1',
    kind: 'Rule',
    metadata: { name: `us-east-1.default.${name}` },
    spec: { pattern },
  }
}

interface Following {
  readonly seen: readonly string[]
  until(...wanted: readonly string[]): Promise<void>
  names(): readonly string[]
}

/** What an informer tells, `add a` and the like, until the test ends. */
async function follow<T extends KubernetesObject>(
  context: Pick<TestContext, 'after'>,
  config: KubeConfig,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  labelSelector?: string,
): Promise<Following> {
  const seen: string[] = []
  const informer = makeInformer(config, path, list, labelSelector)
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ metadata }) => seen.push(`${verb} ${metadata?.name}`))
  context.after(() => informer.stop())
  await informer.start()
  return {
    seen,
    names: () => informer.list().map(({ metadata }) => metadata?.name ?? ''),
    until: (...wanted) =>
      until(`the informer says ${wanted.join(', ')}`, DEADLINE_MS, () =>
        wanted.every((one) => seen.includes(one)),
      ),
  }
}

async function refusalOf(call: Promise<unknown>): Promise<{
  readonly code: number
  readonly status: {
    readonly message: string
    readonly reason: string
    readonly details?: { readonly causes?: readonly { readonly field: string }[] }
  }
}> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ApiException, String(error))
  const body: unknown = error.body
  return { code: error.code, status: typeof body === 'string' ? JSON.parse(body) : body }
}

describe('@kubernetes/client-node works against it', () => {
  const shared = shareSignalbox()
  // The account that the namespace `default` stands for.
  const signalbox = (): Signalbox => shared().as('000000000000')
  let config: KubeConfig
  let core: CoreV1Api
  let custom: CustomObjectsApi
  before(() => {
    config = configOf(signalbox())
    core = config.makeApiClient(CoreV1Api)
    custom = config.makeApiClient(CustomObjectsApi)
  })

  test('an informer knows what is there, and hears what comes, changes and goes', async (context) => {
    const labelSelector = 'team=informed'
    const labelled = (name: string, data = {}): V1ConfigMap =>
      configMap(name, data, { team: 'informed' })
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: labelled('first') })
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: configMap('unlabelled') })
    const list = () => core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector })
    const informer = await follow(context, config, CONFIG_MAPS, list, labelSelector)
    await informer.until('add first')
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: labelled('second') })
    await informer.until('add second')
    const body = labelled('second', { a: '1' })
    await core.replaceNamespacedConfigMap({ name: 'second', namespace: NAMESPACE, body })
    await informer.until('update second')
    await core.deleteNamespacedConfigMap({ name: 'first', namespace: NAMESPACE })
    await informer.until('delete first')
    assert.deepEqual(informer.names(), ['second'])
    assert.ok(!informer.seen.some((one) => one.endsWith('unlabelled')))
  })

  test('two hundred objects come page by page, each once', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `page-${index}`)
    for (const name of names)
      await core.createNamespacedConfigMap({
        namespace: NAMESPACE,
        body: configMap(name, {}, { of: 'pages' }),
      })
    const found: string[] = []
    let next: string | undefined
    do {
      const page = await core.listNamespacedConfigMap({
        namespace: NAMESPACE,
        labelSelector: 'of=pages',
        limit: 64,
        ...(next === undefined ? {} : { _continue: next }),
      })
      found.push(...page.items.map(({ metadata }) => metadata?.name ?? ''))
      next = page.metadata?._continue
    } while (next !== undefined && next !== '')
    assert.deepEqual(found.sort(), names.sort())
  })

  test('JSON, merge and strategic patches change what they say', async () => {
    const at = { name: 'patched', namespace: NAMESPACE }
    await core.createNamespacedConfigMap({
      namespace: NAMESPACE,
      body: configMap('patched', { a: '1' }),
    })
    const patch = (body: object, strategy: PatchStrategy): Promise<V1ConfigMap> =>
      core.patchNamespacedConfigMap({ ...at, body }, setHeaderOptions('Content-Type', strategy))
    const operations = [{ op: 'replace', path: '/data/a', value: '2' }]
    assert.deepEqual((await patch(operations, PatchStrategy.JsonPatch)).data, { a: '2' })
    const merged = await patch({ data: { a: null, b: '3' } }, PatchStrategy.MergePatch)
    assert.deepEqual(merged.data, { b: '3' })
    const labels = { metadata: { labels: { team: 'a' } } }
    const strategic = await patch(labels, PatchStrategy.StrategicMergePatch)
    assert.deepEqual(strategic.metadata?.labels, { team: 'a' })
  })

  test('who applies a field that another owns is refused, and may take it by force', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config)
    const apply = (value: string, manager: string, force = false): Promise<V1ConfigMap> =>
      objects.patch(
        configMap('applied', { a: value }),
        undefined,
        undefined,
        manager,
        force,
        PatchStrategy.ServerSideApply,
      )
    assert.deepEqual((await apply('1', 'one')).data, { a: '1' })
    const { code, status } = await refusalOf(apply('2', 'two'))
    assert.equal(code, 409)
    assert.match(status.message, /Apply failed with 1 conflict: conflict with "one": \.data\.a/)
    assert.deepEqual((await apply('2', 'two', true)).data, { a: '2' })
  })

  test('what is not there and what is there already are errors with their reason', async () => {
    const missing = await refusalOf(
      core.readNamespacedConfigMap({ name: 'nobody', namespace: NAMESPACE }),
    )
    assert.equal(missing.code, 404)
    assert.equal(missing.status.message, 'configmaps "nobody" not found')
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: configMap('twice') })
    const twice = await refusalOf(
      core.createNamespacedConfigMap({ namespace: NAMESPACE, body: configMap('twice') }),
    )
    assert.deepEqual([twice.code, twice.status.reason], [409, 'AlreadyExists'])
  })

  test('rules are objects: an informer hears of those that aws makes, and a bad one is refused', async (context) => {
    const list = () =>
      custom.listNamespacedCustomObject(RULES) as Promise<KubernetesListObject<KubernetesObject>>
    const path = `/apis/signalbox.dev/v1/namespaces/${NAMESPACE}/rules`
    const informer = await follow(context, config, path, list)
    await signalbox().python(`
events.put_rule(Name='by-aws', EventPattern='{"source":["x"]}')
`)
    await informer.until('add us-east-1.default.by-aws')
    await custom.createNamespacedCustomObject({
      ...RULES,
      body: rule('by-node', '{"source":["y"]}'),
    })
    await informer.until('add us-east-1.default.by-node')
    const described = await signalbox().python<string>(`
result = events.describe_rule(Name='by-node')['EventPattern']
`)
    assert.equal(described, '{"source":["y"]}')
    const { code, status } = await refusalOf(
      custom.createNamespacedCustomObject({ ...RULES, body: rule('bad', '{"source":"y"}') }),
    )
    assert.deepEqual([code, status.reason], [422, 'Invalid'])
    assert.deepEqual(
      status.details?.causes?.map(({ field }) => field),
      ['spec.pattern'],
    )
    await custom.deleteNamespacedCustomObject({ ...RULES, name: 'us-east-1.default.by-aws' })
    await informer.until('delete us-east-1.default.by-aws')
  })
})
