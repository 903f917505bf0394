import assert from 'node:assert/strict'
import { beforeEach, describe, test, type TestContext } from 'node:test'
import { FakeClock } from '../../base/testing.ts'
import { seededRandom } from '../../base/index.ts'
import { KubeError, type KubeUser } from '../../objects/index.ts'
import { openTestObjects, type TestObjects } from '../../objects/testing.ts'
import type { Dialect, HttpResponse } from '../http/exchange.ts'
import { requestOf, wholeBody } from '../http/testing.ts'
import { createKubeDialect } from './dialect.ts'

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const JSON_TYPE = { 'content-type': 'application/json' }
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

/** JSON of any shape: the tests look into it. */
type Told = ReturnType<typeof JSON.parse>

let objects: TestObjects
let dialect: Dialect
let user: KubeUser | undefined
/** Refuses what it answers false for. */
let isAllowed: (verb: string, resource: string) => boolean

async function open(context: TestContext): Promise<void> {
  objects = await openTestObjects()
  context.after(() => objects.close())
  user = { name: 'ann', groups: ['system:authenticated'] }
  isAllowed = () => true
  dialect = createKubeDialect({
    objects: objects.objects,
    podLogs: {
      async read({ container, tailLines }) {
        return linesOf(`${container} said ${tailLines ?? 'all'}\n`)
      },
    },
    access: {
      actorFor: (as) => ({
        user: as,
        authorize: async ({ verb, resource }) => ({ isAllowed: isAllowed(verb, resource) }),
      }),
      async authenticate() {
        if (user === undefined) throw new KubeError('Unauthorized', 'Unauthorized')
        return user
      },
      authorize: async ({ verb, resource }) => ({ isAllowed: isAllowed(verb, resource) }),
      rulesOf: async () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
      reviewToken: async (token) => (token === 'good' ? user : undefined),
      issueToken: async ({ name }) => ({
        token: `for ${name}`,
        expirationTimestamp: '2030-01-01T00:00:00Z',
        audiences: ['here'],
        expirationSeconds: 3600,
      }),
    },
    clock: new FakeClock(),
    random: seededRandom(1),
  })
}

async function* linesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

function call(target: string, { method = 'GET', headers = {}, body, signal }: Call = {}) {
  const given = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  return dialect.handle(
    requestOf({
      method,
      target,
      headers: { host: 'localhost', ...(method === 'GET' ? {} : JSON_TYPE), ...headers },
      rawHeaders: Object.entries(headers).flat(),
      body: Buffer.from(given),
      ...(signal === undefined ? {} : { signal }),
    }),
  )
}

async function answer(target: string, given?: Call): Promise<[number, Told]> {
  const response = await call(target, given)
  return [response.status, JSON.parse(await wholeBody(response))]
}

async function mayI(verb: string): Promise<unknown> {
  const [, told] = await answer('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    method: 'POST',
    body: { spec: { resourceAttributes: { verb, resource: 'pods', namespace: 'default' } } },
  })
  return told.status.allowed
}

const configMap = (name: string, data: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})

describe('the Kubernetes dialect', () => {
  beforeEach((context) => open(context as TestContext))

  test('discovery is told in one document, or in one for each group', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const [, all] = await answer('/apis', { headers: { accept } })
    assert.equal(all.kind, 'APIGroupDiscoveryList')
    const batch = all.items.find((one: Told) => one.metadata.name === 'batch')
    assert.equal(batch.versions[0].resources[0].resource, 'jobs')
    const [, old] = await answer('/apis')
    assert.ok(old.groups.some((one: Told) => one.name === 'batch'))
    const [, core] = await answer('/api/v1')
    assert.ok(core.resources.some((one: Told) => one.name === 'pods/log'))
    const [, group] = await answer('/apis/batch')
    assert.equal(group.preferredVersion.groupVersion, 'batch/v1')
    const [, version] = await answer('/version')
    assert.equal(`${version.major}.${version.minor}`, '1.32')
  })

  test('OpenAPI tells what fields there are, and that the server checks them itself', async () => {
    const [, index] = await answer('/openapi/v3')
    const url = index.paths['apis/batch/v1'].serverRelativeURL
    const [, document] = await answer(url)
    const job = document.components.schemas['io.k8s.api.batch.v1.Job']
    assert.ok(job.properties.spec.properties.backoffLimit)
    const patch = document.paths['/apis/batch/v1/namespaces/{namespace}/jobs/{name}'].patch
    assert.ok(patch.parameters.some((one: Told) => one.name === 'fieldValidation'))
  })

  test('an object is made, read, replaced, patched and taken away', async () => {
    const [made, object] = await answer(CONFIG_MAPS, { method: 'POST', body: configMap('a') })
    assert.equal(made, 201)
    const one = `${CONFIG_MAPS}/a`
    object.data = { x: '1' }
    const [replaced] = await answer(one, { method: 'PUT', body: object })
    assert.equal(replaced, 200)
    const [stale, refused] = await answer(one, { method: 'PUT', body: object })
    assert.deepEqual([stale, refused.reason], [409, 'Conflict'])
    const [, patched] = await answer(one, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { y: '2' } },
    })
    assert.deepEqual(patched.data, { x: '1', y: '2' })
    const [, gone] = await answer(one, { method: 'DELETE' })
    assert.deepEqual([gone.status, gone.details.uid], ['Success', object.metadata.uid])
    const [status, missing] = await answer(one)
    assert.deepEqual([status, missing.message], [404, 'configmaps "a" not found'])
  })

  test('an applied object is created, and says so', async () => {
    const apply = { method: 'PATCH', headers: { 'content-type': 'application/apply-patch+yaml' } }
    const target = `${CONFIG_MAPS}/a?fieldManager=me`
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1"}\n'
    const [first] = await answer(target, { ...apply, body })
    const [second] = await answer(target, { ...apply, body })
    assert.deepEqual([first, second], [201, 200])
    const [status, unnamed] = await answer(`${CONFIG_MAPS}/a`, { ...apply, body })
    assert.deepEqual(
      [status, unnamed.message],
      [
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ],
    )
  })

  test('a list comes as objects, as rows, or as metadata', async () => {
    for (const name of ['a', 'b', 'c'])
      await answer(CONFIG_MAPS, { method: 'POST', body: configMap(name) })
    const [, list] = await answer(`${CONFIG_MAPS}?limit=2`)
    assert.equal(list.kind, 'ConfigMapList')
    const [, rest] = await answer(`${CONFIG_MAPS}?limit=2&continue=${list.metadata.continue}`)
    const names = [...list.items, ...rest.items].map((one: Told) => one.metadata.name)
    assert.deepEqual(names, ['a', 'b', 'c'])
    const [, table] = await answer(CONFIG_MAPS, { headers: { accept: TABLE } })
    assert.equal(table.rows[0].cells[0], 'a')
    assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata')
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'
    const [, bare] = await answer(CONFIG_MAPS, { headers: { accept } })
    assert.equal(bare.items[0].data, undefined)
  })

  test('a whole collection is deleted by its labels', async () => {
    for (const [name, app] of [
      ['a', 'x'],
      ['b', 'y'],
    ] as const) {
      const object = { ...configMap(name), metadata: { name, labels: { app } } }
      await answer(CONFIG_MAPS, { method: 'POST', body: object })
    }
    const [, deleted] = await answer(`${CONFIG_MAPS}?labelSelector=app%3Dx`, { method: 'DELETE' })
    assert.equal(deleted.items.length, 1)
    const [, left] = await answer(CONFIG_MAPS)
    assert.deepEqual(
      left.items.map((one: Told) => one.metadata.name),
      ['b'],
    )
  })

  test('a watch tells changes as they come, and ends with the client', async () => {
    const [, list] = await answer(CONFIG_MAPS)
    const client = new AbortController()
    const version = list.metadata.resourceVersion
    const response = await call(`${CONFIG_MAPS}?watch=true&resourceVersion=${version}`, {
      signal: client.signal,
      headers: { accept: TABLE },
    })
    const lines = linesIn(response)
    await answer(CONFIG_MAPS, { method: 'POST', body: configMap('a') })
    await answer(CONFIG_MAPS, { method: 'POST', body: configMap('b') })
    const first = (await lines.next()).value
    const second = (await lines.next()).value
    assert.deepEqual([first.type, first.object.rows[0].cells[0]], ['ADDED', 'a'])
    assert.ok(first.object.columnDefinitions.length > 0)
    assert.equal(second.object.columnDefinitions, null)
    client.abort()
    assert.equal((await lines.next()).done, true)
  })

  test('a watch with initial events ends them with a bookmark', async () => {
    await answer(CONFIG_MAPS, { method: 'POST', body: configMap('a') })
    const client = new AbortController()
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
    const response = await call(`${CONFIG_MAPS}?${query}`, { signal: client.signal })
    const lines = linesIn(response)
    const first = (await lines.next()).value
    const second = (await lines.next()).value
    assert.equal(first.object.metadata.name, 'a')
    assert.equal(second.type, 'BOOKMARK')
    assert.deepEqual(second.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
    client.abort()
  })

  test('what is wrong is told in the words and codes of the real server', async () => {
    await answer(CONFIG_MAPS, { method: 'POST', body: configMap('a') })
    const post = (body: unknown, query = ''): [string, Call] => [
      `${CONFIG_MAPS}${query}`,
      { method: 'POST', body },
    ]
    const cases: readonly [[string, Call?], number, string | RegExp][] = [
      [post(configMap('a')), 409, 'configmaps "a" already exists'],
      [post('{'), 400, /^the body is not JSON/],
      [post({ ...configMap('x'), kind: 'Secret' }), 400, /cannot be handled as a ConfigMap/],
      [
        post({ ...configMap('x'), apiVersion: 'v2' }),
        400,
        'the API version in the data (v2) does not match the expected API version (v1)',
      ],
      [
        post({ ...configMap('x'), metadata: { name: 'x', namespace: 'other' } }),
        400,
        'the namespace of the provided object does not match the namespace sent on the request',
      ],
      [
        post({ ...configMap('x'), bogus: 1 }, '?fieldValidation=Strict'),
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"',
      ],
      [
        post(
          '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{},"data":{}}',
          '?fieldValidation=Strict',
        ),
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data"',
      ],
      [
        post({ ...configMap('x'), data: { a: 5 } }),
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      ],
      [
        post(configMap('x'), '?dryRun=Some'),
        422,
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "Some": supported values: "All"',
      ],
      [
        [
          `${CONFIG_MAPS}/a`,
          { method: 'PATCH', headers: { 'content-type': 'text/plain' }, body: '{}' },
        ],
        415,
        /accepted media types include: application\/json-patch\+json/,
      ],
      [['/apis/nope/v1/things'], 404, 'the server could not find the requested resource'],
      [['/api/v1/things'], 404, 'the server could not find the requested resource'],
      [
        ['/api/v1/configmaps', { method: 'POST', body: configMap('x') }],
        405,
        'the server does not allow this method on the requested resource',
      ],
      [[`${CONFIG_MAPS}?labelSelector=a%3D%3D%3Db`], 400, /./],
      [[`${CONFIG_MAPS}?fieldSelector=spec.x%3D1`], 400, 'field label not supported: spec.x'],
      [[`${CONFIG_MAPS}?watch=1&fieldSelector=spec.x%3D1`], 400, /field label not supported/],
      [
        [`${CONFIG_MAPS}?watch=1&sendInitialEvents=true`],
        422,
        /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
      ],
      [[`${CONFIG_MAPS}?resourceVersion=x`], 400, /invalid resource version/],
      [[CONFIG_MAPS, { headers: { accept: 'text/html' } }], 406, /only the following media types/],
      [[`${CONFIG_MAPS}/%zz`], 400, /percent-encoded/],
    ]
    for (const [[target, given], code, message] of cases) {
      const [status, body] = await answer(target, given)
      assert.equal(body.kind, 'Status', target)
      assert.deepEqual([status, body.code], [code, code], `${target}: ${body.message}`)
      if (typeof message === 'string') assert.equal(body.message, message)
      else assert.match(body.message, message)
    }
  })

  test('a warning tells of fields that are not known', async () => {
    const body = { ...configMap('x'), 'bo"gus': 1 }
    const response = await call(CONFIG_MAPS, { method: 'POST', body })
    assert.equal(response.headers['Warning'], String.raw`299 - "unknown field \"bo\"gus\""`)
  })

  test('an option of a watch that has expired ends it with its reason', async () => {
    const response = await call(`${CONFIG_MAPS}?watch=1&resourceVersion=99999999`)
    const lines = linesIn(response)
    const first = (await lines.next()).value
    assert.deepEqual([first.type, first.object.reason], ['ERROR', 'Timeout'])
    assert.equal((await lines.next()).done, true)
  })

  test('whoever is not allowed is told so, also about watches, logs and paths', async () => {
    isAllowed = () => false
    const [status, body] = await answer(CONFIG_MAPS)
    assert.equal(status, 403)
    assert.equal(
      body.message,
      'configmaps is forbidden: User "ann" cannot list resource "configmaps" in API group "" in the namespace "default"',
    )
    const [watching] = await answer(`${CONFIG_MAPS}?watch=1`)
    const [reading] = await answer('/api/v1/namespaces/default/pods/p/log')
    const [asking, path] = await answer('/apis')
    assert.deepEqual([watching, reading, asking], [403, 403, 403])
    assert.equal(path.message, 'forbidden: User "ann" cannot get path "/apis"')
  })

  test('questions of access are answered and not kept', async () => {
    isAllowed = (verb, resource) => verb === 'get' || resource === 'selfsubjectaccessreviews'
    assert.deepEqual([await mayI('get'), await mayI('delete')], [true, false])
  })

  test('a log is answered as text', async () => {
    await objects.client.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    })
    const response = await call('/api/v1/namespaces/default/pods/p/log?tailLines=3')
    assert.equal(response.headers['Content-Type'], 'text/plain')
    let text = ''
    for await (const bytes of response.body as AsyncIterable<Uint8Array>)
      text += Buffer.from(bytes).toString()
    assert.equal(text, 'main said 3\n')
    const [status, refused] = await answer('/api/v1/namespaces/default/pods/p/log?container=x')
    assert.deepEqual([status, refused.message], [400, 'container x is not valid for pod p'])
  })

  test('a service account gets a token', async () => {
    await objects.client.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'me', namespace: 'default' },
    })
    const target = '/api/v1/namespaces/default/serviceaccounts/me/token'
    const [status, told] = await answer(target, { method: 'POST', body: { spec: {} } })
    assert.deepEqual([status, told.status.token], [201, 'for me'])
    const [missing] = await answer(target.replace('/me/', '/you/'), { method: 'POST', body: {} })
    assert.equal(missing, 404)
  })

  test('a user who is not known is refused', async () => {
    user = undefined
    const [status, body] = await answer('/api/v1')
    assert.deepEqual([status, body.reason, body.message], [401, 'Unauthorized', 'Unauthorized'])
  })
})

async function* linesIn(response: HttpResponse): AsyncGenerator {
  for await (const text of response.body as AsyncIterable<string>) yield JSON.parse(text)
}
