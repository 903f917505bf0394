// How the services of AWS that have an API of their own here make, show, change and take away their things.

import type { AwsCall } from '../../../connect/index.ts'
import { isObject, type JsonObject } from '../../json-tree.ts'
import { BUCKET_PARTS } from './bucket-settings.ts'
import { listOf, type Part, tagsOf } from './parts.ts'

/** One request, in the words of the service. */
export type Ask = Pick<AwsCall, 'method' | 'path' | 'query'> & {
  readonly body?: JsonObject
  /** Instead of a body of JSON. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Naming {
  /** Of the object, unless `forProvider` says another. */
  readonly name: string
  /** The same for the same object at each try. */
  readonly token: string
  readonly region: string
  /** `forProvider` without what is ours. */
  readonly wanted: JsonObject
}

export interface AwsKind {
  readonly service: string
  /** What is found without knowing an id: the service takes it for its name, or lists what it has. */
  readonly find:
    | { readonly by: 'name' }
    | { readonly by: 'list'; readonly ask: Ask; readonly items: string; readonly match: string }
  readonly create: (naming: Naming) => Ask
  readonly read: (id: string, naming: Naming) => Ask
  /** Of `forProvider`: said when it is made, and not changed. */
  readonly fixed?: readonly string[]
  /** All that `forProvider` may have, where the service would not say what it does not know. */
  readonly members?: readonly string[]
  /** What is said by calls of its own. */
  readonly parts?: readonly Part[]
  /** Absent where the service changes nothing. */
  readonly update?: (id: string, naming: Naming) => Ask
  readonly remove: (id: string, naming: Naming) => Ask
  /** Where in an answer the thing is; the answer itself when absent. */
  readonly within?: string
  readonly id: string
  readonly arn?: string
  /** What says how it is, and when it may be used. */
  readonly state?: {
    readonly field: string
    readonly ready: readonly string[]
    readonly gone: readonly string[]
    /** Must be stopped before it goes. */
    readonly running?: readonly string[]
  }
  readonly stop?: (id: string) => Ask
}

const GROUP_NAME = 'channelGroupName'

const LIVE_CHANNEL: AwsKind = {
  service: 'medialive',
  find: {
    by: 'list',
    ask: { method: 'GET', path: ['prod', 'channels'] },
    items: 'channels',
    match: 'name',
  },
  create: ({ name, token, wanted }) => ({
    method: 'POST',
    path: ['prod', 'channels'],
    body: { name, requestId: token, ...wanted },
  }),
  read: (id) => ({ method: 'GET', path: ['prod', 'channels', id] }),
  update: (id, { name, wanted }) => ({
    method: 'PUT',
    path: ['prod', 'channels', id],
    body: { name, ...without(wanted, ['channelClass', 'tags', 'vpc']) },
  }),
  remove: (id) => ({ method: 'DELETE', path: ['prod', 'channels', id] }),
  within: 'channel',
  id: 'id',
  arn: 'arn',
  state: { field: 'state', ready: ['IDLE', 'RUNNING'], gone: ['DELETED'], running: ['RUNNING'] },
  stop: (id) => ({ method: 'POST', path: ['prod', 'channels', id, 'stop'], body: {} }),
  fixed: ['channelClass', 'vpc'],
  parts: [tagsOf({ path: ['prod'], isShown: true })],
}

const { stop: _, ...LIVE } = LIVE_CHANNEL
const LIVE_INPUT: AwsKind = {
  ...LIVE,
  fixed: ['type', 'vpc'],
  find: {
    by: 'list',
    ask: { method: 'GET', path: ['prod', 'inputs'] },
    items: 'inputs',
    match: 'name',
  },
  create: ({ name, token, wanted }) => ({
    method: 'POST',
    path: ['prod', 'inputs'],
    body: { name, requestId: token, ...wanted },
  }),
  read: (id) => ({ method: 'GET', path: ['prod', 'inputs', id] }),
  update: (id, { name, wanted }) => ({
    method: 'PUT',
    path: ['prod', 'inputs', id],
    body: { name, ...without(wanted, ['type', 'tags', 'vpc']) },
  }),
  remove: (id) => ({ method: 'DELETE', path: ['prod', 'inputs', id] }),
  within: 'input',
  state: { field: 'state', ready: ['DETACHED', 'ATTACHED'], gone: ['DELETED'] },
}

function packaged(collection: 'channels' | 'origin_endpoints'): AwsKind {
  return {
    service: 'mediapackage',
    find: { by: 'name' },
    create: ({ name, wanted }) => ({
      method: 'POST',
      path: [collection],
      body: { id: name, ...wanted },
    }),
    read: (id) => ({ method: 'GET', path: [collection, id] }),
    update: (id, { wanted }) => ({
      method: 'PUT',
      path: [collection, id],
      body: without(wanted, ['id', 'channelId', 'tags']),
    }),
    remove: (id) => ({ method: 'DELETE', path: [collection, id] }),
    id: 'id',
    arn: 'arn',
    fixed: ['channelId'],
    parts: [tagsOf({ path: [], isShown: true })],
  }
}

const FLOW: AwsKind = {
  service: 'mediaconnect',
  find: {
    by: 'list',
    ask: { method: 'GET', path: ['v1', 'flows'] },
    items: 'flows',
    match: 'name',
  },
  create: ({ name, wanted }) => ({
    method: 'POST',
    path: ['v1', 'flows'],
    body: { name, ...wanted },
  }),
  read: (id) => ({ method: 'GET', path: ['v1', 'flows', id] }),
  update: (id, { wanted }) => ({ method: 'PUT', path: ['v1', 'flows', id], body: wanted }),
  remove: (id) => ({ method: 'DELETE', path: ['v1', 'flows', id] }),
  within: 'flow',
  id: 'flowArn',
  arn: 'flowArn',
  state: { field: 'status', ready: ['STANDBY', 'ACTIVE'], gone: [], running: ['ACTIVE'] },
  stop: (id) => ({ method: 'POST', path: ['v1', 'flows', 'stop', id] }),
  fixed: ['availabilityZone'],
  parts: [
    listOf(
      { member: 'sources', single: 'source', path: 'source', key: 'sourceArn', isChangeable: true },
      flowPath,
    ),
    listOf({ member: 'outputs', path: 'outputs', key: 'outputArn', isChangeable: true }, flowPath),
    listOf(
      { member: 'entitlements', path: 'entitlements', key: 'entitlementArn', isChangeable: true },
      flowPath,
    ),
    listOf(
      { member: 'vpcInterfaces', path: 'vpcInterfaces', key: 'name', isChangeable: false },
      flowPath,
    ),
    tagsOf({ path: [], isShown: false }),
  ],
}

function flowPath(id: string): readonly string[] {
  return ['v1', 'flows', id]
}

const CHANNEL_GROUP: AwsKind = {
  service: 'mediapackagev2',
  find: { by: 'name' },
  create: ({ name, token, wanted }) => ({
    method: 'POST',
    path: ['channelGroup'],
    body: { ChannelGroupName: name, ClientToken: token, ...capitalised(wanted) },
  }),
  read: (id) => ({ method: 'GET', path: ['channelGroup', id] }),
  update: (id, { wanted }) => ({
    method: 'PUT',
    path: ['channelGroup', id],
    body: capitalised(wanted),
  }),
  remove: (id) => ({ method: 'DELETE', path: ['channelGroup', id] }),
  id: 'ChannelGroupName',
  arn: 'Arn',
  parts: [tagsOf({ path: [], isShown: true })],
}

/** In a group, which is part of where it is: `channelGroupName`. */
const GROUPED_CHANNEL: AwsKind = {
  service: 'mediapackagev2',
  find: { by: 'name' },
  create: (naming) => ({
    method: 'POST',
    path: ['channelGroup', groupOf(naming), 'channel'],
    body: { ChannelName: naming.name, ...capitalised(without(naming.wanted, [GROUP_NAME])) },
    headers: { 'x-amzn-client-token': naming.token },
  }),
  read: (id, naming) => ({ method: 'GET', path: groupedPath(id, naming) }),
  update: (id, naming) => ({
    method: 'PUT',
    path: groupedPath(id, naming),
    body: capitalised(without(naming.wanted, [GROUP_NAME])),
  }),
  remove: (id, naming) => ({ method: 'DELETE', path: groupedPath(id, naming) }),
  id: 'ChannelName',
  arn: 'Arn',
  fixed: [GROUP_NAME, 'inputType'],
  parts: [tagsOf({ path: [], isShown: true })],
}

function groupOf({ name, wanted }: Naming): string {
  const group = wanted[GROUP_NAME]
  if (typeof group === 'string' && group !== '') return group
  throw new Error(`expected \`forProvider.${GROUP_NAME}\` to name the group of channel \`${name}\``)
}

function groupedPath(id: string, naming: Naming): readonly string[] {
  // It ends in a slash.
  return ['channelGroup', groupOf(naming), 'channel', id, '']
}

const BUCKET: AwsKind = {
  service: 's3',
  find: { by: 'name' },
  create: ({ name, region }) => ({
    method: 'PUT',
    path: [name],
    ...(region === 'us-east-1'
      ? {}
      : {
          text: `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`,
        }),
  }),
  read: (id) => ({ method: 'HEAD', path: [id] }),
  remove: (id) => ({ method: 'DELETE', path: [id] }),
  id: '',
  members: BUCKET_PARTS.flatMap(({ members }) => members),
  parts: BUCKET_PARTS,
}

const KINDS: Readonly<Record<string, AwsKind>> = {
  'medialive/Channel': LIVE_CHANNEL,
  'medialive/Input': LIVE_INPUT,
  'mediapackage/Channel': packaged('channels'),
  'mediapackage/OriginEndpoint': packaged('origin_endpoints'),
  'mediaconnect/Flow': FLOW,
  'mediapackagev2/ChannelGroup': CHANNEL_GROUP,
  'mediapackagev2/Channel': GROUPED_CHANNEL,
  's3/Bucket': BUCKET,
}

/** Undefined for what Cloud Control makes. */
export function awsKindOf(apiVersion: string, kind: string): AwsKind | undefined {
  const name = `${apiVersion.split('.')[0]}/${kind}`
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
}

/** Names of members as services and Cloud Control write them that begin theirs with a capital. */
export function capitalised(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.charAt(0).toUpperCase() + name.slice(1),
      // The names of tags are the user's.
      name.toLowerCase() === 'tags' ? member : capital(member),
    ]),
  )
}

function capital(value: JsonObject[string]): JsonObject[string] {
  if (Array.isArray(value)) return value.map((item) => capital(item)!)
  return isObject(value) ? capitalised(value) : value
}

function without(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}
