// The provider `aws` against moto: things are really made there, changed and taken away; and against a stand-in of Cloud
// Control, which moto does not play.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { openCloud } from '../support/cloud.ts'
import { applyManifest, deleteObject, findObject } from '../support/manifests.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const API_VERSION = 'elemental.aws.livewyer.io/v1alpha1'
const CLAIM = { apiVersion: API_VERSION, kind: 'Event', namespace: 'default', name: 'news' }

const config = (endpoint: string): string => `
apiVersion: v1
kind: Secret
metadata: { name: aws, namespace: default }
stringData:
  credentials: |
    [default]
    aws_access_key_id = AKIDEXAMPLE
    aws_secret_access_key = do-not-show-me
---
apiVersion: ${API_VERSION}
kind: ProviderConfig
metadata: { name: default }
spec:
  provider: aws
  region: eu-west-1
  endpoint: ${endpoint}
  credentials: { source: Secret, secretRef: { name: aws, namespace: default } }
`

const template = (description: string): string => `
apiVersion: ${API_VERSION}
kind: WorkflowTemplate
metadata: { name: stream, namespace: default }
spec:
  steps:
    - name: ingest
      resources:
        - name: '{{ name }}-bucket'
          spec: { apiVersion: s3.aws.m.upbound.io/v1beta1, kind: Bucket, spec: { forProvider: {} } }
        - name: '{{ name }}-flow'
          spec:
            apiVersion: mediaconnect.aws.livewyer.io/v1alpha1
            kind: Flow
            spec: { forProvider: { source: { name: s, protocol: zixi-push, whitelistCidr: 10.0.0.0/8 } } }
        - name: '{{ name }}-input'
          spec:
            apiVersion: medialive.aws.livewyer.io/v1alpha1
            kind: Input
            spec: { forProvider: { type: RTMP_PUSH } }
    - name: packaging
      resources:
        - name: '{{ name }}-package'
          spec:
            apiVersion: mediapackage.aws.livewyer.io/v1alpha1
            kind: Channel
            spec: { forProvider: { description: for news } }
        - name: '{{ name }}-hls'
          spec:
            apiVersion: mediapackage.aws.livewyer.io/v1alpha1
            kind: OriginEndpoint
            spec: { forProvider: { description: ${description} } }
          dependsOn:
            - key: channelId
              source:
                name: '{{ name }}-package'
                apiVersion: mediapackage.aws.livewyer.io/v1alpha1
                kind: Channel
                key: status.atProvider.id
`

const EVENT = `
apiVersion: ${API_VERSION}
kind: Event
metadata: { name: news, namespace: default }
spec: { workflowTemplate: { id: stream, parameters: { name: news } } }
`

/** What is in the cloud, by the clients of its services. */
const LOOK = `
there = boto3.Session(aws_access_key_id='x', aws_secret_access_key='y', region_name='eu-west-1')
cloud = lambda service: there.client(service, endpoint_url=given)
package = cloud('mediapackage')
result = dict(
    buckets=[one['Name'] for one in cloud('s3').list_buckets()['Buckets']],
    flows=[one['Name'] for one in cloud('mediaconnect').list_flows()['Flows']],
    inputs=[one['Name'] for one in cloud('medialive').list_inputs()['Inputs']
            if one['State'] != 'DELETED'],
    channels=[one['Id'] for one in package.list_channels()['Channels']],
    endpoints=[[one['Id'], one['ChannelId'], one['Description']]
               for one in package.list_origin_endpoints()['OriginEndpoints']])
`

interface Cloud {
  readonly buckets: readonly string[]
  readonly flows: readonly string[]
  readonly inputs: readonly string[]
  readonly channels: readonly string[]
  /** Id, channel and description of each. */
  readonly endpoints: readonly (readonly [string, string, string])[]
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message?: string
}

async function conditionOf(
  signalbox: Signalbox,
  key: Parameters<typeof findObject>[1],
  type: string,
): Promise<Condition | undefined> {
  const found = await findObject(signalbox, key)
  const { conditions = [] } = (found?.['status'] ?? {}) as { conditions?: readonly Condition[] }
  return conditions.find((one) => one.type === type)
}

async function untilReady(signalbox: Signalbox, key: Parameters<typeof findObject>[1]) {
  await until('it is ready', DEADLINE_MS, async () => {
    return (await conditionOf(signalbox, key, 'Ready'))?.status === 'True'
  })
}

test('things are made in AWS, changed, and taken away again', async (context) => {
  const url = await openCloud(context)
  if (url === undefined) return context.skip('moto_server is not installed')
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  await applyManifest(signalbox, config(url) + '---' + template('first') + '---' + EVENT)
  await untilReady(signalbox, CLAIM)
  const made = await signalbox.python<Cloud>(LOOK, url)
  assert.deepEqual(made, {
    buckets: ['news-bucket'],
    flows: ['news-flow'],
    inputs: ['news-input'],
    channels: ['news-package'],
    endpoints: [['news-hls', 'news-package', 'first']],
  })

  // The same things, another form.
  await applyManifest(signalbox, template('second'))
  await applyManifest(signalbox, EVENT.replace('name: news }', 'name: news, again: 1 }'))
  await until('the endpoint is changed', DEADLINE_MS, async () => {
    const { endpoints } = await signalbox.python<Cloud>(LOOK, url)
    return endpoints[0]?.[2] === 'second'
  })
  assert.equal((await signalbox.python<Cloud>(LOOK, url)).inputs.length, 1)

  await deleteObject(signalbox, CLAIM)
  await until('nothing is left', DEADLINE_MS, async () => {
    const left = await signalbox.python<Cloud>(LOOK, url)
    return Object.values(left).every((list) => (list as readonly unknown[]).length === 0)
  })
  assert.equal(await findObject(signalbox, CLAIM), undefined)
  assert.doesNotMatch(signalbox.output, /do-not-show-me/)
})

test('a service that refuses or cannot be reached is a clear condition, and is tried until it is well', async (context) => {
  const url = await openCloud(context)
  if (url === undefined) return context.skip('moto_server is not installed')
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  // Nobody listens there.
  const nowhere = config('http://127.0.0.1:9')
  const bucket = {
    apiVersion: 's3.aws.m.upbound.io/v1beta1',
    kind: 'Bucket',
    namespace: 'default',
    name: 'kept',
  }
  const manifest = `
apiVersion: ${bucket.apiVersion}
kind: Bucket
metadata: { name: kept, namespace: default }
spec: { forProvider: {} }
`
  await applyManifest(signalbox, `${nowhere}---${manifest}`)
  await until('the failure is told', DEADLINE_MS, async () => {
    const synced = await conditionOf(signalbox, bucket, 'Synced')
    return synced?.reason === 'ReconcileError' && /ECONNREFUSED|refused/.test(synced.message ?? '')
  })
  await applyManifest(signalbox, config(url))
  await untilReady(signalbox, bucket)
  const found = await findObject(signalbox, bucket)
  assert.match(JSON.stringify(found!['status']), /"arn":"arn:aws:s3:::kept"/)
})

test('what somebody else made is neither taken over unasked nor taken away', async (context) => {
  const url = await openCloud(context)
  if (url === undefined) return context.skip('moto_server is not installed')
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  const buckets = async (): Promise<readonly string[]> =>
    (await signalbox.python<Cloud>(LOOK, url)).buckets
  await signalbox.python(
    `
boto3.client('s3', endpoint_url=given, region_name='us-east-1').create_bucket(Bucket='theirs')
`,
    url,
  )
  const bucket = {
    apiVersion: 's3.aws.m.upbound.io/v1beta1',
    kind: 'Bucket',
    namespace: 'default',
    name: 'theirs',
  }
  const manifest = (annotations: string): string => `
apiVersion: ${bucket.apiVersion}
kind: Bucket
metadata: { name: theirs, namespace: default, annotations: { ${annotations} } }
spec: { forProvider: {} }
`
  await applyManifest(signalbox, `${config(url)}---${manifest('')}`)
  await until('it is refused', DEADLINE_MS, async () => {
    const synced = await conditionOf(signalbox, bucket, 'Synced')
    return /has `theirs` already/.test(synced?.message ?? '')
  })
  await deleteObject(signalbox, bucket)
  await until('the object is gone', DEADLINE_MS, async () => {
    return (await findObject(signalbox, bucket)) === undefined
  })
  assert.deepEqual(await buckets(), ['theirs'])
  await applyManifest(signalbox, manifest('crossplane.io/external-name: theirs'))
  await untilReady(signalbox, bucket)
})

const BRIDGE_ARN = 'arn:aws:mediaconnect:x:bridge/b'

interface Asked {
  readonly operation: string
  readonly body: Readonly<Record<string, string>>
}

function progress(OperationStatus: string): [number, object] {
  const done = OperationStatus === 'SUCCESS' ? { Identifier: BRIDGE_ARN } : {}
  return [200, { ProgressEvent: { OperationStatus, RequestToken: 'request-1', ...done } }]
}

/** Cloud Control as its documentation has it, with one thing in it, made in two looks. */
async function openCloudControl(context: TestContext): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  let properties: Record<string, unknown> | undefined
  let looks = 0
  const answer = ({ operation, body }: Asked): [number, object] => {
    switch (operation) {
      case 'CreateResource':
        properties = JSON.parse(body['DesiredState']!) as Record<string, unknown>
        return progress('IN_PROGRESS')
      case 'GetResourceRequestStatus':
        looks += 1
        return progress(looks > 1 ? 'SUCCESS' : 'IN_PROGRESS')
      case 'GetResource': {
        if (properties === undefined) return [400, { __type: 'ResourceNotFoundException' }]
        const shown = { ...properties, BridgeArn: BRIDGE_ARN }
        return [200, { ResourceDescription: { Properties: JSON.stringify(shown) } }]
      }
      case 'UpdateResource':
        for (const { path, value } of JSON.parse(body['PatchDocument']!) as {
          path: string
          value: unknown
        }[])
          properties![path.slice(1)] = value
        return progress('SUCCESS')
      case 'DeleteResource':
        properties = undefined
        return progress('SUCCESS')
      default:
        return [400, { __type: 'UnknownOperation', message: operation }]
    }
  }
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const operation = String(request.headers['x-amz-target']).split('.')[1]!
    assert.match(String(request.headers.authorization), /AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/)
    const one = { operation, body: JSON.parse(Buffer.concat(chunks).toString()) as Asked['body'] }
    asked.push(one)
    const [status, body] = answer(one)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.closeAllConnections())
  context.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test('what has no API of its own here is made by Cloud Control, once', async (context) => {
  const { url, asked } = await openCloudControl(context)
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  const key = {
    apiVersion: 'mediaconnect.aws.livewyer.io/v1alpha1',
    kind: 'Bridge',
    namespace: 'default',
    name: 'b',
  }
  const bridge = (egress: number): string => `
apiVersion: ${key.apiVersion}
kind: Bridge
metadata: { name: b, namespace: default }
spec: { forProvider: { placementArn: arn:x, egressGatewayBridge: { maxBitrate: ${egress} } } }
`
  await applyManifest(signalbox, `${config(url)}---${bridge(1)}`)
  await untilReady(signalbox, key)
  const creations = asked.filter(({ operation }) => operation === 'CreateResource')
  assert.equal(creations.length, 1)
  assert.equal(creations[0]!.body['TypeName'], 'AWS::MediaConnect::Bridge')
  assert.deepEqual(JSON.parse(creations[0]!.body['DesiredState']!), {
    Name: 'b',
    PlacementArn: 'arn:x',
    EgressGatewayBridge: { MaxBitrate: 1 },
  })
  await applyManifest(signalbox, bridge(2))
  await until('the change is asked for', DEADLINE_MS, () =>
    asked.some(({ operation, body }) => {
      return operation === 'UpdateResource' && /"MaxBitrate":2/.test(body['PatchDocument'] ?? '')
    }),
  )
  await deleteObject(signalbox, key)
  await until('it is gone', DEADLINE_MS, async () => {
    return (await findObject(signalbox, key)) === undefined
  })
  assert.ok(asked.some(({ operation }) => operation === 'DeleteResource'))
})
