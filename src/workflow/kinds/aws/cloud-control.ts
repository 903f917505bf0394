// Things that Cloud Control makes: any type of CloudFormation that has a resource of its own, by one API.
// https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html

import type { AwsReply } from '../../../connect/index.ts'
import { asText, isObject, type JsonObject } from '../../json-tree.ts'
import type { ProviderAnswer, ProviderRequest } from '../../provider.ts'
import { type Calls, hashOf, isMissing, namingOf, parse, refuse } from './calls.ts'
import { capitalised } from './aws-kinds.ts'

const SERVICE = 'cloudcontrolapi'
const NAMESPACES: Readonly<Record<string, string>> = {
  mediaconnect: 'MediaConnect',
  mediaconvert: 'MediaConvert',
  medialive: 'MediaLive',
  mediapackage: 'MediaPackage',
  mediapackagev2: 'MediaPackageV2',
  s3: 'S3',
}
/** Types that name themselves by another member than `Name`. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::MediaPackageV2::Channel': 'ChannelName',
  'AWS::MediaPackageV2::OriginEndpoint': 'OriginEndpointName',
  'AWS::MediaLive::InputSecurityGroup': '',
  'AWS::MediaLive::MultiplexProgram': 'ProgramName',
}

export async function applyByCloudControl(
  calls: Calls,
  request: ProviderRequest,
): Promise<ProviderAnswer> {
  const { known, mayCreate, mayUpdate } = request
  const type = typeOf(request)
  const wanted = wantedOf(request, type)
  const form = hashOf(wanted)
  const memory = isObject(known['memory']) ? known['memory'] : {}
  const { request: token } = memory
  if (typeof token === 'string') return follow(calls, { type, token, form })
  const { id } = known
  if (typeof id !== 'string') {
    if (!mayCreate) return { kind: 'absent' }
    const answer = await ask(calls, 'CreateResource', {
      TypeName: type,
      DesiredState: JSON.stringify(wanted),
      // The same at each try: what was begun is gone on with.
      ClientToken: request.object.metadata.uid!,
    })
    return settle(calls, { type, form, progress: progressIn(answer) })
  }
  const properties = await propertiesOf(calls, type, id)
  if (properties === undefined)
    throw new Error(`${type} \`${id}\` is no longer there: delete the object and make it anew`)
  if (memory['form'] === form || memory['form'] === undefined || !mayUpdate)
    return readyAs(id, properties, form)
  const patch = Object.entries(wanted).map(([name, value]) => ({
    op: properties[name] === undefined ? 'add' : 'replace',
    path: `/${name}`,
    value,
  }))
  const answer = await ask(calls, 'UpdateResource', {
    TypeName: type,
    Identifier: id,
    PatchDocument: JSON.stringify(patch),
  })
  return settle(calls, { type, form, progress: progressIn(answer) })
}

export async function removeByCloudControl(
  calls: Calls,
  request: ProviderRequest,
): Promise<boolean> {
  const { id } = request.known
  if (typeof id !== 'string') return true
  const type = typeOf(request)
  if ((await propertiesOf(calls, type, id)) === undefined) return true
  await ask(calls, 'DeleteResource', { TypeName: type, Identifier: id })
  return (await propertiesOf(calls, type, id)) === undefined
}

interface Progress {
  readonly status: string
  readonly token: string
  readonly id?: string
  readonly message: string
}

async function follow(
  calls: Calls,
  { type, token, form }: { readonly type: string; readonly token: string; readonly form: string },
): Promise<ProviderAnswer> {
  const answer = await ask(calls, 'GetResourceRequestStatus', { RequestToken: token })
  return settle(calls, { type, form, progress: progressIn(answer) })
}

async function settle(
  calls: Calls,
  {
    type,
    form,
    progress,
  }: { readonly type: string; readonly form: string; readonly progress: Progress },
): Promise<ProviderAnswer> {
  const { status, token, id, message } = progress
  if (status === 'FAILED' || status === 'CANCEL_COMPLETE') throw new Error(`${type}: ${message}`)
  if (status !== 'SUCCESS' || id === undefined)
    return {
      kind: 'begun',
      memory: { request: token, form },
      message: `Cloud Control says ${status}`,
    }
  const properties = (await propertiesOf(calls, type, id)) ?? {}
  return readyAs(id, properties, form)
}

function readyAs(id: string, properties: JsonObject, form: string): ProviderAnswer {
  const arn = Object.entries(properties).find(([name]) => name.endsWith('Arn'))?.[1]
  const whole = typeof arn === 'string' ? { arn } : {}
  return { kind: 'ready', id, ...whole, properties, connection: { id, ...whole }, memory: { form } }
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
  return `AWS::${NAMESPACES[service] ?? service}::${kind}`
}

/** `forProvider` in the words of CloudFormation, with the name that the object has. */
function wantedOf(request: ProviderRequest, type: string): JsonObject {
  const { name, wanted } = namingOf(request)
  const member = NAMES[type] ?? 'Name'
  return { ...(member === '' ? {} : { [member]: name }), ...capitalised(wanted) }
}
