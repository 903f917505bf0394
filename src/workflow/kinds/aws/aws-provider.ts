// The provider that makes things in AWS, or in what speaks its APIs: through the API of the service where one is
// written down here, else through Cloud Control.
//
//   nothing ──find──► there already: refused, unless it is to be taken over
//      └──► begun (kept) ──find──► there: made before a crash ─► known ──form differs──► update
//                           └──► create ──────────────────────►   └──state──► pending, ready
//
// What was cut off after it had its effect is found again: by its name, or by the token that its creation carried.

import type { AwsApi } from '../../../connect/index.ts'
import { asText, isObject, type JsonObject } from '../../json-tree.ts'
import type { Provider, ProviderAnswer, ProviderRequest } from '../../provider.ts'
import { agree, type Agreed, agreedIn, toldOf } from './agree.ts'
import { type Calls, callsOf, isMissing, namingOf, parse, refuse } from './calls.ts'
import { applyByCloudControl, removeByCloudControl } from './cloud-control.ts'
import { type Ask, type AwsKind, awsKindOf, type Naming } from './aws-kinds.ts'

/** The id of a thing outside that an object is to take over. */
const ADOPT_ANNOTATION = 'crossplane.io/external-name'

export function createAwsProvider(api: AwsApi): Provider {
  return {
    apply(request) {
      const kind = awsKindOf(request.object.apiVersion, request.object.kind)
      if (kind === undefined) return applyByCloudControl(callsOf(api, request), request)
      return apply(callsOf(api, request), kind, request)
    },
    remove(request) {
      const kind = awsKindOf(request.object.apiVersion, request.object.kind)
      if (kind === undefined) return removeByCloudControl(callsOf(api, request), request)
      return remove(callsOf(api, request), kind, request)
    },
  }
}

async function apply(
  calls: Calls,
  kind: AwsKind,
  request: ProviderRequest,
): Promise<ProviderAnswer> {
  const naming = namingOf(request)
  refuseUnknown(kind, naming)
  const { id } = request.known
  const there = typeof id === 'string' ? await read(calls, kind, { id, naming }) : undefined
  if (typeof id !== 'string' || there === undefined) return begin(calls, kind, { request, naming })
  const before = agreedIn(memoryOf(request))
  return answer(calls, kind, { request, naming, id, thing: there, before })
}

interface Thing {
  readonly request: ProviderRequest
  readonly naming: Naming
  readonly id: string
  readonly thing: JsonObject
  readonly before: Agreed
}

/** In the form that is wanted, once it may be changed at all. */
async function answer(
  calls: Calls,
  kind: AwsKind,
  { request, naming, id, thing, before }: Thing,
): Promise<ProviderAnswer> {
  if (!isReady(kind, thing)) return answerOf(kind, { id, thing, agreed: before })
  const found = await agree({
    kind,
    naming,
    before,
    thing,
    mayUpdate: request.mayUpdate,
    at: {
      id,
      arn: arnOf(kind, { id, thing }),
      look: (ask) => calls(kind.service, ask),
      call: (ask) => expect(calls, kind, ask),
    },
    read: () => read(calls, kind, { id, naming }),
  })
  return answerOf(kind, { id, ...found })
}

/** That it is about to be made is kept before it is: what is found then is ours, and before that somebody else's. */
async function begin(
  calls: Calls,
  kind: AwsKind,
  { request, naming }: { readonly request: ProviderRequest; readonly naming: Naming },
): Promise<ProviderAnswer> {
  const id = await find(calls, kind, naming)
  const isBegun = memoryOf(request)['begun'] === naming.token
  const isOurs = isBegun || isAdopted(request, id)
  if (id !== undefined && !isOurs)
    throw new Error(
      `${kind.service} has \`${naming.name}\` already, and this object did not make it: give the object another name, or the annotation \`${ADOPT_ANNOTATION}: "${id}"\` to take it over`,
    )
  const there = id === undefined ? undefined : await read(calls, kind, { id, naming })
  if (id !== undefined && there !== undefined) {
    const before = isBegun ? toldOf(kind, naming) : agreedIn({})
    return answer(calls, kind, { request, naming, id, thing: there, before })
  }
  if (!request.mayCreate) return { kind: 'absent' }
  if (!isOurs)
    return { kind: 'begun', memory: { begun: naming.token }, message: 'it is about to be made' }
  const made = thingIn(kind, await expect(calls, kind, kind.create(naming)))
  const madeId = idOf(kind, made) ?? naming.name
  const thing = (await read(calls, kind, { id: madeId, naming })) ?? made
  return answer(calls, kind, { request, naming, id: madeId, thing, before: toldOf(kind, naming) })
}

/** What the service is never told would be said by nobody. */
function refuseUnknown({ service, members }: AwsKind, { wanted }: Naming): void {
  const unknown = Object.keys(wanted).filter((name) => members?.includes(name) === false)
  if (unknown.length > 0)
    throw new Error(
      `\`forProvider\` has ${unknown.map((name) => `\`${name}\``).join(', ')}, which is not known of ${service}; expected ${members!.join(', ')}`,
    )
}

function isAdopted({ object }: ProviderRequest, id: string | undefined): boolean {
  return id !== undefined && object.metadata.annotations?.[ADOPT_ANNOTATION] === id
}

function memoryOf({ known }: ProviderRequest): JsonObject {
  return isObject(known['memory']) ? known['memory'] : {}
}

async function remove(calls: Calls, kind: AwsKind, request: ProviderRequest): Promise<boolean> {
  const naming = namingOf(request)
  const { known } = request
  const isBegun = memoryOf(request)['begun'] === naming.token
  const found = isBegun ? await find(calls, kind, naming) : undefined
  const id = typeof known['id'] === 'string' ? known['id'] : found
  if (id === undefined) return true
  const there = await read(calls, kind, { id, naming })
  if (there === undefined) return true
  const now = kind.state === undefined ? undefined : asText(there[kind.state.field])
  if (now === 'DELETING' || now === 'STOPPING') return false
  if (kind.stop !== undefined && kind.state?.running?.includes(now ?? '') === true) {
    await expect(calls, kind, kind.stop(id))
    return false
  }
  const reply = await calls(kind.service, kind.remove(id, naming))
  if (isMissing(reply)) return true
  refuse(kind.service, reply)
  return (await read(calls, kind, { id, naming })) === undefined
}

async function find(calls: Calls, kind: AwsKind, naming: Naming): Promise<string | undefined> {
  if (kind.find.by === 'name') {
    const there = await read(calls, kind, { id: naming.name, naming })
    return there === undefined ? undefined : naming.name
  }
  const { ask, items, match } = kind.find
  let nextToken: string | undefined
  do {
    const query = nextToken === undefined ? {} : { query: { nextToken } }
    const answer = await expect(calls, kind, { ...ask, ...query })
    const list = answer[items]
    const found = (Array.isArray(list) ? list : []).find(
      (item): item is JsonObject =>
        isObject(item) && item[match] === naming.name && !isGone(kind, item),
    )
    if (found !== undefined) return idOf(kind, found)
    nextToken = typeof answer['nextToken'] === 'string' ? answer['nextToken'] : undefined
  } while (nextToken !== undefined)
  return undefined
}

/** Undefined when it is not there. */
async function read(
  calls: Calls,
  kind: AwsKind,
  { id, naming }: { readonly id: string; readonly naming: Naming },
): Promise<JsonObject | undefined> {
  const reply = await calls(kind.service, kind.read(id, naming))
  if (isMissing(reply)) return undefined
  refuse(kind.service, reply)
  const thing = thingIn(kind, parse(reply.text))
  return isGone(kind, thing) ? undefined : thing
}

async function expect(calls: Calls, kind: AwsKind, ask: Ask): Promise<JsonObject> {
  const reply = await calls(kind.service, ask)
  refuse(kind.service, reply)
  return parse(reply.text)
}

function isGone({ state }: AwsKind, thing: JsonObject): boolean {
  return state !== undefined && state.gone.includes(asText(thing[state.field]))
}

function isReady({ state }: AwsKind, thing: JsonObject): boolean {
  const now = state === undefined ? undefined : thing[state.field]
  return now === undefined || state!.ready.includes(asText(now))
}

function arnOf(
  { service, arn }: AwsKind,
  { id, thing }: { readonly id: string; readonly thing: JsonObject },
): string | undefined {
  const found = arn === undefined ? undefined : thing[arn]
  if (typeof found === 'string') return found
  return service === 's3' ? `arn:aws:s3:::${id}` : undefined
}

function answerOf(
  kind: AwsKind,
  {
    id,
    thing,
    agreed,
  }: { readonly id: string; readonly thing: JsonObject; readonly agreed: Agreed },
): ProviderAnswer {
  const arn = arnOf(kind, { id, thing })
  const whole = arn === undefined ? {} : { arn }
  const isThere = isReady(kind, thing)
  return {
    kind: isThere ? 'ready' : 'pending',
    id,
    ...whole,
    properties: thing,
    connection: { id, ...whole },
    memory: agreed as unknown as JsonObject,
    ...(isThere ? {} : { message: `it is ${asText(thing[kind.state!.field])}` }),
  }
}

function idOf({ id }: AwsKind, thing: JsonObject): string | undefined {
  const value = id === '' ? undefined : thing[id]
  return typeof value === 'string' ? value : undefined
}

function thingIn({ within }: AwsKind, answer: JsonObject): JsonObject {
  const inner = within === undefined ? undefined : answer[within]
  return isObject(inner) ? inner : answer
}
