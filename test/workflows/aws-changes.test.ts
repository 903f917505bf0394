// Things in AWS that are changed: in their objects, by somebody outside, and when they go. Against moto, with a witness in
// front of it that keeps in which order it was asked.

import assert from 'node:assert/strict'
import { createServer, request as ask } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { openCloud } from '../support/cloud.ts'
import { applyManifest, deleteObject, findObject } from '../support/manifests.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const API = 'elemental.aws.livewyer.io/v1alpha1'
const S3 = 's3.aws.m.upbound.io/v1beta1'
const CONNECT = 'mediaconnect.aws.livewyer.io/v1alpha1'
const LIVE = 'medialive.aws.livewyer.io/v1alpha1'
const PACKAGE = 'mediapackage.aws.livewyer.io/v1alpha1'
const GROUPS = 'mediapackagev2.aws.livewyer.io/v1alpha1'

interface Key {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
}

class World {
  readonly signalbox: Signalbox
  /** `METHOD path` of everything that was asked, but looks. */
  readonly changes: readonly string[]
  readonly #url: string

  constructor(signalbox: Signalbox, url: string, changes: readonly string[]) {
    this.signalbox = signalbox
    this.#url = url
    this.changes = changes
  }

  async apply({ apiVersion, kind, name }: Key, forProvider: object): Promise<void> {
    const metadata = { name, namespace: 'default' }
    await applyManifest(
      this.signalbox,
      JSON.stringify({ apiVersion, kind, metadata, spec: { forProvider } }),
    )
  }

  async synced({ apiVersion, kind, name }: Key): Promise<string> {
    const found = await findObject(this.signalbox, { apiVersion, kind, name, namespace: 'default' })
    const { conditions = [] } = (found?.['status'] ?? {}) as {
      conditions?: readonly { type: string; status: string; message?: string }[]
    }
    const ready = conditions.find(({ type }) => type === 'Ready')
    const synced = conditions.find(({ type }) => type === 'Synced')
    return ready?.status === 'True' ? 'ready' : (synced?.message ?? '')
  }

  async isReady(key: Key): Promise<void> {
    let last = ''
    await until(`${key.kind} ${key.name} is ready`, DEADLINE_MS, async () => {
      last = await this.synced(key)
      return last === 'ready'
    }).catch((error: unknown) => {
      throw new Error(`${key.name}: ${last}`, { cause: error })
    })
  }

  async remove({ apiVersion, kind, name }: Key): Promise<void> {
    const key = { apiVersion, kind, name, namespace: 'default' }
    await deleteObject(this.signalbox, key)
    await until(`${kind} ${name} is gone`, DEADLINE_MS, async () => {
      return (await findObject(this.signalbox, key)) === undefined
    })
  }

  /** Python with a client for each service of the cloud. */
  look<T>(script: string): Promise<T> {
    return this.signalbox.python<T>(
      `
there = boto3.Session(aws_access_key_id='x', aws_secret_access_key='y', region_name='eu-west-1')
s3, connect, live, package, groups = [there.client(one, endpoint_url=given) for one in
    ['s3', 'mediaconnect', 'medialive', 'mediapackage', 'mediapackagev2']]
${script}
`,
      this.#url,
    )
  }

  /** Looks until it is so. */
  async becomes(script: string, wanted: unknown): Promise<void> {
    let found: unknown
    const isSo = async (): Promise<boolean> => {
      found = await this.look(script)
      return JSON.stringify(found) === JSON.stringify(wanted)
    }
    await until('it is as wanted', DEADLINE_MS, isSo).catch(() => assert.deepEqual(found, wanted))
  }
}

/** Undefined where moto is not installed. */
async function openWorld(context: TestContext): Promise<World | undefined> {
  const cloud = await openCloud(context)
  if (cloud === undefined) return undefined
  const changes: string[] = []
  const witness = createServer((asked, response) => {
    const { method = '', url = '', headers } = asked
    if (method !== 'GET' && method !== 'HEAD') changes.push(`${method} ${decodeURIComponent(url)}`)
    const passed = ask(new URL(url, cloud), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    asked.pipe(passed)
  }).listen(0, '127.0.0.1')
  await once(witness, 'listening')
  context.after(() => witness.closeAllConnections())
  context.after(() => witness.close())
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  const endpoint = `http://127.0.0.1:${(witness.address() as AddressInfo).port}`
  const spec = { provider: 'aws', region: 'eu-west-1', endpoint, resync: '500ms' }
  const config = { apiVersion: API, kind: 'ProviderConfig', metadata: { name: 'default' }, spec }
  await applyManifest(signalbox, JSON.stringify(config))
  return new World(signalbox, cloud, changes)
}

const BUCKET: Key = { apiVersion: S3, kind: 'Bucket', name: 'archive' }
const BUCKET_LOOK = `
def setting(read):
    try: return read()
    except Exception as fault: return type(fault).__name__
result = dict(
    versioning=s3.get_bucket_versioning(Bucket='archive').get('Status'),
    tags=setting(lambda: {one['Key']: one['Value'] for one in s3.get_bucket_tagging(Bucket='archive')['TagSet']}),
    encryption=setting(lambda: [one['ApplyServerSideEncryptionByDefault']['SSEAlgorithm'] for one in
        s3.get_bucket_encryption(Bucket='archive')['ServerSideEncryptionConfiguration']['Rules']]),
    cors=setting(lambda: s3.get_bucket_cors(Bucket='archive')['CORSRules']),
    blocked=setting(lambda: s3.get_public_access_block(Bucket='archive')['PublicAccessBlockConfiguration']['BlockPublicAcls']),
    lifecycle=setting(lambda: [one['ID'] for one in s3.get_bucket_lifecycle_configuration(Bucket='archive')['Rules']]),
    policy=setting(lambda: json.loads(s3.get_bucket_policy(Bucket='archive')['Policy'])['Statement'][0]['Effect']))
`
const SETTINGS = {
  versioningConfiguration: { status: 'Enabled' },
  tags: { Team: 'news & sports', Stage: '<live>' },
  serverSideEncryptionConfiguration: {
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
  },
  corsConfiguration: {
    corsRules: [{ allowedMethods: ['GET', 'PUT'], allowedOrigins: ['https://a', 'https://b'] }],
  },
  publicAccessBlockConfiguration: {
    blockPublicAcls: true,
    ignorePublicAcls: true,
    blockPublicPolicy: true,
    restrictPublicBuckets: true,
  },
  lifecycleConfiguration: {
    rules: [{ id: 'old', status: 'Enabled', filter: { prefix: 'x/' }, expiration: { days: 9 } }],
  },
  policy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::archive/*' },
    ],
  },
}
const SET = {
  versioning: 'Enabled',
  tags: { Team: 'news & sports', Stage: '<live>' },
  encryption: ['AES256'],
  cors: [{ AllowedMethods: ['GET', 'PUT'], AllowedOrigins: ['https://a', 'https://b'] }],
  blocked: true,
  lifecycle: ['old'],
  policy: 'Deny',
}

test('a bucket gets its settings, changes with them, and loses what is wanted no more', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  await world.apply(BUCKET, SETTINGS)
  await world.isReady(BUCKET)
  await world.becomes(BUCKET_LOOK, SET)
  const asked = world.changes.length
  // Looked at twice more, and nothing is written that is as it should be.
  const { versioningConfiguration, tags } = SETTINGS
  await world.look(`time.sleep(1.5); result = None`)
  assert.deepEqual(world.changes.slice(asked), [])

  await world.apply(BUCKET, { versioningConfiguration, tags: { Team: tags.Team } })
  const none = 'ClientError'
  const left = {
    ...SET,
    tags: { Team: tags.Team },
    cors: none,
    blocked: none,
    lifecycle: none,
    policy: none,
  }
  await world.becomes(BUCKET_LOOK.replace(/encryption=.*\n.*\n/, ''), withoutEncryption(left))
  await world.apply(BUCKET, {})
  await world.becomes(
    BUCKET_LOOK.replace(/encryption=.*\n.*\n/, ''),
    withoutEncryption({ ...left, versioning: 'Suspended', tags: none }),
  )
  assert.ok(world.changes.includes('DELETE /archive?encryption='), 'the encryption is deleted')
})

/** S3 has one of its own where none is set. */
function withoutEncryption(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'encryption'))
}

test('what somebody changes or takes away outside is set right by itself', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  await world.apply(BUCKET, SETTINGS)
  await world.isReady(BUCKET)
  await world.look(`
s3.put_bucket_versioning(Bucket='archive', VersioningConfiguration={'Status': 'Suspended'})
s3.put_bucket_tagging(Bucket='archive', Tagging={'TagSet': [{'Key': 'Team', 'Value': 'theirs'}]})
s3.delete_bucket_policy(Bucket='archive')
result = None
`)
  await world.becomes(BUCKET_LOOK, SET)
  await world.look(`s3.delete_bucket(Bucket='archive'); result = None`)
  await until('it is made again', DEADLINE_MS, () =>
    Promise.resolve(world.changes.filter((one) => one === 'PUT /archive').length === 2),
  )
  await world.becomes(BUCKET_LOOK, SET)
})

test('a setting that nobody knows, and a change that cannot be made, are told', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  await world.apply(BUCKET, { acl: 'private' })
  await until('the member is named', DEADLINE_MS, async () =>
    /has `acl`, which is not known of s3; expected versioningConf/.test(await world.synced(BUCKET)),
  )
  const input: Key = { apiVersion: LIVE, kind: 'Input', name: 'in' }
  await world.apply(input, { type: 'RTMP_PUSH' })
  await world.isReady(input)
  await world.apply(input, { type: 'RTP_PUSH' })
  await until('the type is named', DEADLINE_MS, async () =>
    /does not change `type`, `vpc` of what it made: delete/.test(await world.synced(input)),
  )
})

const FLOW: Key = { apiVersion: CONNECT, kind: 'Flow', name: 'feed' }
const FLOW_LOOK = `
[one] = connect.list_flows()['Flows']
flow = connect.describe_flow(FlowArn=one['FlowArn'])['Flow']
result = dict(
    source=[flow['Source']['Name'], flow['Source'].get('WhitelistCidr')],
    outputs=sorted([one['Name'], one.get('Destination')] for one in flow['Outputs']),
    entitlements=sorted(one['Name'] for one in flow['Entitlements']),
    interfaces=[one['Name'] for one in flow['VpcInterfaces']],
    tags=connect.list_tags_for_resource(ResourceArn=one['FlowArn'])['Tags'])
`
const output = (destination: string): object => ({
  name: 'out',
  protocol: 'rtp',
  destination,
  port: 5000,
})
const face = (name: string): object => ({
  name,
  roleArn: 'arn:aws:iam::1:role/r',
  securityGroupIds: ['sg'],
  subnetId: 'sn',
})
const entitlement = (name: string): object => ({ name, subscribers: ['1'] })

test('a flow is changed in its source, outputs, entitlements and interfaces, and stopped before it goes', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  const source = { name: 's', protocol: 'zixi-push', whitelistCidr: '10.0.0.0/8' }
  await world.apply(FLOW, {
    source,
    outputs: [output('10.0.0.1')],
    entitlements: [entitlement('a')],
    vpcInterfaces: [face('one'), face('two')],
    tags: { Team: 'news' },
  })
  await world.isReady(FLOW)
  await world.becomes(FLOW_LOOK, {
    source: ['s', '10.0.0.0/8'],
    outputs: [['out', '10.0.0.1']],
    entitlements: ['a'],
    interfaces: ['one', 'two'],
    tags: { Team: 'news' },
  })
  await world.apply(FLOW, {
    source: { ...source, whitelistCidr: '10.1.0.0/16' },
    outputs: [output('10.0.0.2')],
    entitlements: [entitlement('b')],
    vpcInterfaces: [face('two')],
    tags: { Team: 'news', Stage: 'live' },
  })
  const changed = {
    source: ['s', '10.1.0.0/16'],
    outputs: [['out', '10.0.0.2']],
    entitlements: ['b'],
    interfaces: ['two'],
    tags: { Stage: 'live', Team: 'news' },
  }
  await world.becomes(
    FLOW_LOOK.replace(
      "['Tags'])",
      "['Tags'])\nresult['tags'] = dict(sorted(result['tags'].items()))",
    ),
    changed,
  )

  // Changed by somebody, and set right.
  await world.look(`
[one] = connect.list_flows()['Flows']
flow = connect.describe_flow(FlowArn=one['FlowArn'])['Flow']
connect.update_flow_source(FlowArn=one['FlowArn'], SourceArn=flow['Source']['SourceArn'], WhitelistCidr='0.0.0.0/0', Protocol='zixi-push')
connect.start_flow(FlowArn=one['FlowArn'])
result = None
`)
  await world.becomes(FLOW_LOOK + "result = result['source']", ['s', '10.1.0.0/16'])
  await world.remove(FLOW)
  const last = world.changes.slice(-2).map((one) => one.replace(/arn:.*/, 'ARN'))
  assert.deepEqual(last, ['POST /v1/flows/stop/ARN', 'DELETE /v1/flows/ARN'])
  assert.equal(world.changes.filter((one) => one === 'POST /v1/flows').length, 1)
})

const CHANNEL: Key = { apiVersion: LIVE, kind: 'Channel', name: 'live' }
const CHANNEL_LOOK = `
[one] = live.list_channels()['Channels']
channel = live.describe_channel(ChannelId=one['Id'])
result = [channel['Name'], channel['LogLevel'], channel['RoleArn'], channel['Tags']]
`

test('a channel of MediaLive is changed, set right after somebody, and stopped before it goes', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  const told = { logLevel: 'INFO', roleArn: 'arn:aws:iam::1:role/r', tags: { Team: 'news' } }
  const rest = {
    destinations: [],
    inputAttachments: [],
    encoderSettings: {},
    inputSpecification: {},
  }
  await world.apply(CHANNEL, { ...told, ...rest })
  await world.isReady(CHANNEL)
  const shown = (level: string): unknown => ['live', level, told.roleArn, told.tags]
  await world.becomes(CHANNEL_LOOK, shown('INFO'))
  await world.apply(CHANNEL, { ...told, ...rest, logLevel: 'DEBUG' })
  await world.becomes(CHANNEL_LOOK, shown('DEBUG'))
  await world.isReady(CHANNEL)
  await world.look(`
[one] = live.list_channels()['Channels']
live.update_channel(ChannelId=one['Id'], Name='theirs', LogLevel='ERROR', RoleArn='arn:aws:iam::1:role/r')
result = None
`)
  await world.becomes(CHANNEL_LOOK, shown('DEBUG'))
  await world.isReady(CHANNEL)
  await world.look(`
[one] = live.list_channels()['Channels']
live.start_channel(ChannelId=one['Id'])
result = None
`)
  await world.remove(CHANNEL)
  const last = world.changes.slice(-2).map((one) => one.replace(/channels\/[^/]+/, 'channels/ID'))
  assert.deepEqual(last, ['POST /prod/channels/ID/stop', 'DELETE /prod/channels/ID'])
})

test('a description that is wanted no more is taken from an endpoint, and a group is made and goes', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  const channel: Key = { apiVersion: PACKAGE, kind: 'Channel', name: 'p' }
  const endpoint: Key = { apiVersion: PACKAGE, kind: 'OriginEndpoint', name: 'e' }
  await world.apply(channel, {})
  await world.isReady(channel)
  await world.apply(endpoint, { channelId: 'p', description: 'first', manifestName: 'm' })
  await world.isReady(endpoint)
  const script = `
[one] = package.list_origin_endpoints()['OriginEndpoints']
result = [one['Id'], one['Description'], one['ManifestName']]
`
  await world.becomes(script, ['e', 'first', 'm'])
  await world.apply(endpoint, { channelId: 'p', manifestName: 'm' })
  await world.becomes(script, ['e', '', 'm'])
  const group: Key = { apiVersion: GROUPS, kind: 'ChannelGroup', name: 'g' }
  await world.apply(group, { description: 'of news' })
  await world.isReady(group)
  const look = `result = [one['ChannelGroupName'] for one in groups.list_channel_groups()['Items']]`
  await world.becomes(look, ['g'])
  const inGroup: Key = { apiVersion: GROUPS, kind: 'Channel', name: 'cmaf' }
  await world.apply(inGroup, {})
  await until('the group is asked for', DEADLINE_MS, async () =>
    /expected `forProvider.channelGroupName` to name the group of channel `cmaf`/.test(
      await world.synced(inGroup),
    ),
  )
  await world.apply(inGroup, { channelGroupName: 'g' })
  await world.isReady(inGroup)
  const channelIn = `
try: result = groups.get_channel(ChannelGroupName='g', ChannelName='cmaf')['ChannelName']
except Exception as fault: result = type(fault).__name__
`
  await world.becomes(channelIn, 'cmaf')
  await world.remove(inGroup)
  await world.becomes(channelIn, 'ResourceNotFoundException')
  // moto does not change groups: that is told, and nothing is hidden by it.
  await world.apply(group, { description: 'of sports' })
  await until('the refusal is told', DEADLINE_MS, async () =>
    /^mediapackagev2 answered [45]\d\d/.test(await world.synced(group)),
  )
  await world.remove(group)
  await world.becomes(look, [])
})

test('an Event takes away what it made the other way round', async (context) => {
  const world = await openWorld(context)
  if (world === undefined) return context.skip('moto_server is not installed')
  const resource = (
    { apiVersion, kind, name }: Key,
    forProvider: object,
    need?: { readonly key: string; readonly from: Key },
  ): object => ({
    name,
    spec: { apiVersion, kind, spec: { forProvider } },
    ...(need === undefined
      ? {}
      : { dependsOn: [{ key: need.key, source: { ...need.from, key: 'status.atProvider.id' } }] }),
  })
  const channel: Key = { apiVersion: PACKAGE, kind: 'Channel', name: 'c' }
  const steps = [
    { name: 'first', resources: [resource(BUCKET, {})] },
    {
      name: 'second',
      resources: [
        resource(channel, {}),
        resource(
          { apiVersion: PACKAGE, kind: 'OriginEndpoint', name: 'e' },
          {},
          {
            key: 'channelId',
            from: channel,
          },
        ),
      ],
    },
    {
      name: 'third',
      resources: [resource({ apiVersion: GROUPS, kind: 'ChannelGroup', name: 'g' }, {})],
    },
  ]
  const metadata = { name: 'order', namespace: 'default' }
  const template = { apiVersion: API, kind: 'WorkflowTemplate', metadata, spec: { steps } }
  const event = {
    apiVersion: API,
    kind: 'Event',
    metadata,
    spec: { workflowTemplate: { id: 'order' } },
  }
  await applyManifest(world.signalbox, JSON.stringify(template))
  await applyManifest(world.signalbox, JSON.stringify(event))
  const claim: Key = { apiVersion: API, kind: 'Event', name: 'order' }
  await world.isReady(claim)
  assert.deepEqual(world.changes, [
    'PUT /archive',
    'POST /channels',
    'POST /origin_endpoints',
    'POST /channelGroup',
  ])
  await world.remove(claim)
  assert.deepEqual(world.changes.slice(4), [
    'DELETE /channelGroup/g',
    'DELETE /origin_endpoints/e',
    'DELETE /channels/c',
    'DELETE /archive',
  ])
})
