// Things that Cloud Control makes: any type of CloudFormation that has a resource of its own, by one API.
// https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html

import type { AwsReply } from '../../../connect/index.ts'
import { asText, isList, isObject, type JsonObject } from '../../json-tree.ts'
import type { ProviderAnswer, ProviderRequest } from '../../provider.ts'
import { type Calls, hashOf, isMissing, namingOf, parse, refuse } from './calls.ts'
import { capitalised } from './aws-kinds.ts'
import { differing } from './drift.ts'

const SERVICE = 'cloudcontrolapi'
const NAMESPACES: Readonly<Record<string, string>> = {
  mediaconnect: 'MediaConnect',
  mediaconvert: 'MediaConvert',
  medialive: 'MediaLive',
  mediapackage: 'MediaPackage',
  mediapackagev2: 'MediaPackageV2',
  s3: 'S3',
}
/** Types that CloudFormation writes otherwise than the kind is written. */
const TYPES: Readonly<Record<string, string>> = {
  'AWS::MediaLive::MultiplexProgram': 'AWS::MediaLive::Multiplexprogram',
}
/** Types that name themselves by another member than `Name`. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::MediaPackageV2::Channel': 'ChannelName',
  'AWS::MediaPackageV2::OriginEndpoint': 'OriginEndpointName',
  'AWS::MediaLive::InputSecurityGroup': '',
  'AWS::MediaLive::Multiplexprogram': 'ProgramName',
}

/** What is kept between calls: that it was begun, the request under way, what was wanted, and how often it failed. */
interface Memory {
  readonly begun?: boolean
  readonly request?: string
  readonly form?: string
  /** Members that it was told. */
  readonly members?: readonly string[]
  /** Members that are shown otherwise than they are told; absent before that is known. */
  readonly blind?: readonly string[]
  /** The id of one that somebody has taken away: another is made. */
  readonly gone?: string
  /** Part of the token of each request: one that failed is not the answer to the next. */
  readonly attempt: number
}

export async function applyByCloudControl(
  calls: Calls,
  request: ProviderRequest,
): Promise<ProviderAnswer> {
  const { known, mayCreate, mayUpdate } = request
  const type = typeOf(request)
  const wanted = wantedOf(request, type)
  const form = hashOf(wanted)
  const memory = memoryOf(request)
  if (memory.request !== undefined) {
    const answer = await ask(calls, 'GetResourceRequestStatus', { RequestToken: memory.request })
    return settle(calls, { type, memory, progress: progressIn(answer) })
  }
  const { id } = known
  if (typeof id !== 'string' || memory.gone === id) {
    if (!mayCreate) return { kind: 'absent' }
    // That it is about to be made is kept before it is, so that a crash leaves nothing behind.
    if (memory.begun !== true) {
      const begun = { ...memory, begun: true }
      return { kind: 'begun', memory: begun, message: 'it is about to be made' }
    }
    const progress = await create(calls, request, { type, memory })
    return settle(calls, {
      type,
      memory: { ...memory, form, members: Object.keys(wanted) },
      progress,
    })
  }
  const properties = await propertiesOf(calls, type, id)
  if (properties === undefined) {
    const { form: _, blind: __, ...rest } = memory
    const again = { ...rest, begun: true, gone: id, attempt: memory.attempt + 1 }
    return { kind: 'begun', memory: again, message: 'it is no longer there, and is made again' }
  }
  const patch = patchOf(properties, wanted, memory)
  const isTold = memory.form === form || (memory.form === undefined && memory.attempt === 0)
  const blind = memory.blind ?? (isTold ? differing(properties, wanted) : [])
  const drift = differing(properties, wanted).filter((name) => !blind.includes(name))
  const members = Object.keys(wanted)
  if ((isTold && drift.length === 0) || !mayUpdate)
    return readyAs(id, properties, {
      ...memory,
      form: memory.form ?? form,
      ...(isTold ? { members } : {}),
      blind,
    })
  const answer = await ask(calls, 'UpdateResource', {
    TypeName: type,
    Identifier: id,
    PatchDocument: JSON.stringify(patch),
    // Each change is another request, also one to a form that it had before.
    ClientToken: hashOf({ form, patch, version: hashOf(properties), attempt: memory.attempt }),
  })
  const { blind: _, ...rest } = memory
  return settle(calls, {
    type,
    memory: { ...rest, form, members },
    progress: progressIn(answer),
  })
}

/** From what is shown to what is wanted; what was told before and is wanted no more goes. */
function patchOf(
  properties: JsonObject,
  wanted: JsonObject,
  { members = [] }: Memory,
): readonly JsonObject[] {
  const set = Object.entries(wanted).map(([name, value]) => ({
    op: properties[name] === undefined ? 'add' : 'replace',
    path: `/${name}`,
    value,
  }))
  const gone = members.filter(
    (name) => wanted[name] === undefined && properties[name] !== undefined,
  )
  return [...set, ...gone.map((name) => ({ op: 'remove', path: `/${name}` }))]
}

export async function removeByCloudControl(
  calls: Calls,
  request: ProviderRequest,
): Promise<boolean> {
  const type = typeOf(request)
  const made = await findMade(calls, request, type)
  if (made === 'pending') return false
  if (made === undefined || (await propertiesOf(calls, type, made.id)) === undefined) return true
  const reply = await send(calls, 'DeleteResource', { TypeName: type, Identifier: made.id })
  // It is being removed already.
  if (reply.status === 400 && reply.text.includes('ConcurrentOperation')) return false
  refuse(SERVICE, reply)
  return (await propertiesOf(calls, type, made.id)) === undefined
}

/** Undefined when nothing was made; `pending` while that is not known yet. */
async function findMade(
  calls: Calls,
  request: ProviderRequest,
  type: string,
): Promise<{ readonly id: string } | 'pending' | undefined> {
  const { id } = request.known
  const memory = memoryOf(request)
  if (typeof id === 'string' && memory.gone !== id) return { id }
  if (memory.request === undefined && memory.begun !== true) return undefined
  // Asked again under its token, Cloud Control says what became of the first time; had there been none, it goes at once.
  const progress =
    memory.request === undefined
      ? await create(calls, request, { type, memory })
      : progressIn(await ask(calls, 'GetResourceRequestStatus', { RequestToken: memory.request }))
  if (isFailed(progress)) return undefined
  const isMade = progress.status === 'SUCCESS' && progress.id !== undefined
  return isMade ? { id: progress.id } : 'pending'
}

async function create(
  calls: Calls,
  request: ProviderRequest,
  { type, memory }: { readonly type: string; readonly memory: Memory },
): Promise<Progress> {
  const answer = await ask(calls, 'CreateResource', {
    TypeName: type,
    DesiredState: JSON.stringify(wantedOf(request, type)),
    // The same at each try until one fails: what was begun is gone on with.
    ClientToken: `${request.object.metadata.uid!}-${memory.attempt}`,
  })
  return progressIn(answer)
}

interface Progress {
  readonly status: string
  readonly token: string
  readonly id?: string
  readonly message: string
}

async function settle(
  calls: Calls,
  {
    type,
    memory,
    progress,
  }: { readonly type: string; readonly memory: Memory; readonly progress: Progress },
): Promise<ProviderAnswer> {
  const { request: _, ...rest } = memory
  const { status, token, id, message } = progress
  if (isFailed(progress)) {
    const { form: __, ...again } = rest
    const next = { ...again, attempt: memory.attempt + 1 }
    return { kind: 'failed', memory: next, message: `${type}: ${message}` }
  }
  if (status !== 'SUCCESS' || id === undefined) {
    const pending = { ...rest, request: token }
    return { kind: 'begun', memory: pending, message: `Cloud Control says ${status}` }
  }
  const { gone: _gone, ...made } = rest
  return readyAs(id, (await propertiesOf(calls, type, id)) ?? {}, made)
}

function isFailed({ status }: Progress): boolean {
  return status === 'FAILED' || status === 'CANCEL_COMPLETE'
}

function readyAs(id: string, properties: JsonObject, memory: Memory): ProviderAnswer {
  const arn = Object.entries(properties).find(([name]) => name.endsWith('Arn'))?.[1]
  const whole = typeof arn === 'string' ? { arn } : {}
  return {
    kind: 'ready',
    id,
    ...whole,
    properties,
    connection: { id, ...whole },
    memory: { ...memory },
  }
}

function memoryOf({ known }: ProviderRequest): Memory {
  const memory = isObject(known['memory']) ? known['memory'] : {}
  const { begun, request, form, attempt, members, blind, gone } = memory
  return {
    attempt: typeof attempt === 'number' ? attempt : 0,
    ...(begun === true ? { begun } : {}),
    ...(typeof request === 'string' ? { request } : {}),
    ...(typeof form === 'string' ? { form } : {}),
    ...(isList(members) ? { members: members.map(String) } : {}),
    ...(isList(blind) ? { blind: blind.map(String) } : {}),
    ...(typeof gone === 'string' ? { gone } : {}),
  }
}

/** Undefined when it is not there. */
async function propertiesOf(
  calls: Calls,
  type: string,
  id: string,
): Promise<JsonObject | undefined> {
  const reply = await send(calls, 'GetResource', { TypeName: type, Identifier: id })
  if (isMissing(reply)) return undefined
  refuse(SERVICE, reply)
  const { ResourceDescription: description } = parse(reply.text)
  const text = isObject(description) ? description['Properties'] : undefined
  return typeof text === 'string' ? parse(text) : {}
}

async function ask(calls: Calls, operation: string, body: JsonObject): Promise<JsonObject> {
  const reply = await send(calls, operation, body)
  refuse(SERVICE, reply)
  return parse(reply.text)
}

function send(calls: Calls, operation: string, body: JsonObject): Promise<AwsReply> {
  return calls(SERVICE, {
    method: 'POST',
    path: [],
    body,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `CloudApiService.${operation}`,
    },
  })
}

function progressIn({ ProgressEvent: event }: JsonObject): Progress {
  const { OperationStatus, RequestToken, Identifier, StatusMessage } = isObject(event) ? event : {}
  return {
    status: asText(OperationStatus ?? 'PENDING'),
    token: asText(RequestToken ?? ''),
    ...(typeof Identifier === 'string' ? { id: Identifier } : {}),
    message: asText(StatusMessage ?? 'it failed'),
  }
}

function typeOf({ object: { apiVersion, kind } }: ProviderRequest): string {
  const service = apiVersion.split('.')[0]!
  const type = `AWS::${NAMESPACES[service] ?? service}::${kind}`
  return TYPES[type] ?? type
}

/** `forProvider` in the words of CloudFormation, with the name that the object has. */
function wantedOf(request: ProviderRequest, type: string): JsonObject {
  const { name, wanted } = namingOf(request)
  const member = NAMES[type] ?? 'Name'
  return { ...(member === '' ? {} : { [member]: name }), ...capitalised(wanted) }
}
