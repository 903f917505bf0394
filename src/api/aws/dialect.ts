// The AWS dialect: a request of any of its protocols → who calls, which operation, is the input valid → one
// call of the operation → its output, or its failure in AWS's words. What the tables name but nobody has built
// is validated like the rest and then answers NotImplementedException.

import { isUtf8 } from 'node:buffer'
import { gunzipSync } from 'node:zlib'
import { AppError, type Clock, isAppError, type Logger, type Random } from '../../base/index.ts'
import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import { auditCall, auditRefusal } from './audit.ts'
import { type CallToTrail, type TellCall, trailCall } from './call-trail.ts'
import { ANONYMOUS, type Authenticate, type Caller, isSigned } from './credentials.ts'
import { toAwsError } from './errors.ts'
import { awsFault, malformed } from './faults.ts'
import { type Framing, jsonFraming, queryFraming, restFraming } from './framing.ts'
import type { AwsOperation, OperationContext } from './operation.ts'
import { TRACE_HEADER_LENGTH_MAX, UNPACKED_BODY_BYTES_MAX } from './limits.ts'
import { decodeQuery, parseForm } from './query-decode.ts'
import { decodeRest, matchRest } from './rest.ts'
import { type Right, rightOf } from './rights.ts'
import {
  answerCertificate,
  asksForCertificate,
  type SigningCertificates,
} from './signing-certificates.ts'
import { findOperation, type OperationShape, SERVICES, type ServiceName } from './shapes.ts'
import { compileValidator, type Input, type Validate } from './validate.ts'

export interface AwsDialectOptions {
  readonly operations: readonly AwsOperation[]
  readonly authenticate: Authenticate
  /** Whether a caller may do what an operation does; throws `ACCESS_DENIED`. Everybody may everything when absent. */
  readonly authorize?: (question: RightQuestion) => void
  /** What the audit log calls a caller; the access key when absent. */
  readonly nameOf?: (caller: Caller) => string
  /** Is told of each call that manages something, or only looks; nobody is when absent. */
  readonly trail?: {
    readonly tell: TellCall
    readonly clock: Pick<Clock, 'now'>
    readonly random: Random
  }
  /** Of what topics sign; none are served when absent. */
  readonly certificates?: SigningCertificates
  readonly logger: Logger
}

export function createAwsDialect(options: AwsDialectOptions): Dialect {
  const registry = createRegistry(options.operations)
  const { certificates } = options
  return {
    name: 'aws',
    accepts: (request) =>
      (certificates !== undefined && asksForCertificate(request)) || isAws(request),
    takesGzip: ({ headers }) =>
      String(headers['x-amz-target'] ?? '').startsWith(`${COMPRESSING_PREFIX}.`),
    handle: async (request) =>
      certificates !== undefined && asksForCertificate(request)
        ? answerCertificate(certificates, request)
        : answer({ ...options, registry }, request),
  }
}

export interface RightQuestion {
  readonly caller: Caller
  readonly right: Right
  /** `events:PutRule`. */
  readonly operation: string
}

/** One operation as a request names it, before anything of it is decoded. */
interface Call {
  readonly service: ServiceName
  readonly shape: OperationShape
  readonly framing: Framing
  decode(): unknown
}

interface Registered {
  readonly validate: Validate
  readonly operation: AwsOperation | undefined
}

type Registry = (service: ServiceName, shape: OperationShape) => Registered

interface Parts extends AwsDialectOptions {
  readonly registry: Registry
}

const QUEUE_PATH = /^\/\d{12}\/[A-Za-z0-9_-]{1,80}(?:\.fifo)?\/?$/
const FORM = 'application/x-www-form-urlencoded'

function isAws(request: HttpRequest): boolean {
  return (
    request.headers['x-amz-target'] !== undefined ||
    isQueryProtocol(request) ||
    matchRest(request.method, request.path) !== undefined
  )
}

function isQueryProtocol({ method, path, query, headers }: HttpRequest): boolean {
  if (path !== '/' && !QUEUE_PATH.test(path)) return false
  const isForm = method === 'POST' && headers['content-type']?.startsWith(FORM) === true
  return isForm || /(?:^|&)Action=/.test(query) || (path !== '/' && method !== 'OPTIONS')
}

async function answer(parts: Parts, request: HttpRequest): Promise<HttpResponse> {
  const call = readCall(request)
  if ('status' in call) return call
  let caller: Caller | undefined
  let input = NOTHING
  try {
    const registered = parts.registry(call.service, call.shape)
    const isOpen = registered.operation?.isOpen === true && !isSigned(request)
    caller = isOpen ? ANONYMOUS : await parts.authenticate(request, call.service)
    allow(parts, caller, call)
    input = registered.validate(call.decode())
    if (registered.operation === undefined) throw notImplemented(call)
    const context = new CallContext({ request, caller, call, parts })
    const output = await registered.operation.handle(input, context)
    auditCall({ request, call, who: nameOf(parts, caller), input }, output)
    tellTrail(parts, { request, call, caller, input }, { output })
    return call.framing.success(output)
  } catch (error) {
    logFailure(parts.logger, request, error)
    const told = toAwsError(error, call.service)
    if (input === NOTHING && caller !== undefined) input = peek(call)
    auditRefusal({ request, call, who: nameOf(parts, caller), input }, { error, code: told.code })
    const { code: errorCode, message: errorMessage } = told
    if (caller !== undefined) {
      tellTrail(parts, { request, call, caller, input }, { errorCode, errorMessage })
    }
    return call.framing.failure(told)
  }
}

const NOTHING: Input = {}

/** Whoever has no key, a subscriber who confirms, has no account either to tell of it. */
function tellTrail(
  parts: Parts,
  { request, call, caller, input }: Told,
  outcome: CallToTrail['outcome'],
): void {
  const { trail } = parts
  if (trail === undefined || caller === ANONYMOUS) return
  const { service, shape } = call
  const userName = nameOf(parts, caller) ?? caller.accessKeyId
  const trailed = trailCall(
    { request, service, shape, caller, userName, input, outcome },
    { now: trail.clock.now(), random: trail.random },
  )
  if (trailed !== undefined) trail.tell(trailed)
}

interface Told {
  readonly request: HttpRequest
  readonly call: Call
  readonly caller: Caller
  readonly input: Input
}

/** What somebody was refused who has a key, as far as it can be told. */
function peek(call: Call): Input {
  try {
    const value = call.decode()
    return typeof value === 'object' && value !== null ? (value as Input) : NOTHING
  } catch {
    return NOTHING
  }
}

function nameOf({ nameOf: name }: Parts, caller: Caller | undefined): string | undefined {
  if (caller === undefined) return undefined
  return name?.(caller) ?? caller.accessKeyId
}

/** Asked before anything of the input is looked at. */
function allow({ authorize }: Parts, caller: Caller, { service, shape }: Call): void {
  const right = authorize === undefined ? undefined : rightOf(service, shape.name)
  if (right !== undefined) authorize!({ caller, right, operation: `${service}:${shape.name}` })
}

/** Which operation is asked for; an answer at once when it is none of ours. */
function readCall(request: HttpRequest): Call | HttpResponse {
  const target = request.headers['x-amz-target']
  if (target !== undefined) return readTarget(request, String(target))
  return isQueryProtocol(request) ? readQuery(request) : readRest(request)
}

function readTarget(request: HttpRequest, target: string): Call | HttpResponse {
  const { requestId } = request
  const named = TARGETS.get(target) ?? findTarget(target)
  if (named === undefined) {
    const service = SERVICE_BY_PREFIX.get(target.slice(0, target.lastIndexOf('.')))
    const framing = jsonFraming(service, { requestId, operation: 'unknown' })
    return framing.failure(unknownOperation(target))
  }
  const framing = jsonFraming(named.service, { requestId, operation: named.shape.name })
  return { ...named, framing, decode: () => parseJson(plainBody(request)) }
}

type Named = Pick<Call, 'service' | 'shape'>

/** What was asked for already, by `Prefix.Operation`; at most one entry for each operation there is. */
const TARGETS = new Map<string, Named>()

function findTarget(target: string): Named | undefined {
  const dot = target.lastIndexOf('.')
  const service = SERVICE_BY_PREFIX.get(target.slice(0, dot))
  const shape = service === undefined ? undefined : findOperation(service, target.slice(dot + 1))
  if (service === undefined || shape === undefined) return undefined
  const named = { service, shape }
  TARGETS.set(target, named)
  return named
}

const SERVICE_BY_PREFIX: ReadonlyMap<string, ServiceName> = new Map(
  (['events', 'monitoring', 'sqs'] as const).map((service) => [
    SERVICES[service].metadata.targetPrefix ?? '',
    service,
  ]),
)

function unknownOperation(name: string): ReturnType<typeof toAwsError> {
  const message = `The operation ${name} is not one that is served here.`
  return toAwsError(awsFault('UnknownOperationException', message), undefined)
}

function readQuery(request: HttpRequest): Call | HttpResponse {
  const { requestId } = request
  let parameters: ReadonlyMap<string, string>
  try {
    parameters = readParameters(request)
  } catch (error) {
    const framing = queryFraming('sqs', undefined, { requestId, operation: 'unknown' })
    return framing.failure(toAwsError(error, 'sqs'))
  }
  const action = parameters.get('Action') ?? ''
  const service = findQueryService(action, parameters.get('Version'))
  const shape = findOperation(service, action)
  if (shape === undefined) {
    const framing = queryFraming(service, undefined, { requestId, operation: 'unknown' })
    const fault = awsFault('InvalidAction', `The action ${action} is not valid for this endpoint.`)
    return framing.failure(toAwsError(fault, service))
  }
  const framing = queryFraming(service, shape, { requestId, operation: action })
  return {
    service,
    shape,
    framing,
    decode: () => decodeParameters(request, service, shape, parameters),
  }
}

const QUERY_SERVICES = ['sqs', 'sns', 'sts', 'monitoring'] as const

/** By the version of its API, which every client says; a person's URL is told by its action. */
function findQueryService(action: string, version: string | undefined): ServiceName {
  const byVersion = QUERY_SERVICES.find(
    (service) => SERVICES[service].metadata.apiVersion === version,
  )
  if (byVersion !== undefined) return byVersion
  const byAction = QUERY_SERVICES.find((service) => findOperation(service, action) !== undefined)
  return version === undefined ? (byAction ?? 'sqs') : 'sqs'
}

function readParameters(request: HttpRequest): ReadonlyMap<string, string> {
  const isForm = request.headers['content-type']?.startsWith(FORM) === true
  const query = parseForm(request.query)
  if (!isForm || request.body.length === 0) return query
  return new Map([...query, ...parseForm(request.body.toString())])
}

function decodeParameters(
  request: HttpRequest,
  service: ServiceName,
  shape: OperationShape,
  parameters: ReadonlyMap<string, string>,
): unknown {
  if (shape.input === undefined) return {}
  const isAtQueue = QUEUE_PATH.test(request.path) && !parameters.has('QueueUrl')
  const complete = isAtQueue
    ? new Map([...parameters, ['QueueUrl', endpointOf(request) + request.path.replace(/\/$/, '')]])
    : parameters
  return decodeQuery(SERVICES[service], shape.input.shape, complete)
}

function readRest(request: HttpRequest): Call | HttpResponse {
  const { requestId } = request
  const match = matchRest(request.method, request.path)
  if (match === undefined) {
    const framing = restFraming(undefined, undefined, { requestId, operation: 'unknown' })
    return framing.failure({
      ...unknownOperation(`${request.method} ${request.path}`),
      status: 404,
    })
  }
  const { service, shape } = match
  const framing = restFraming(service, shape, { requestId, operation: shape.name })
  return { service, shape, framing, decode: () => decodeRest(match, request) }
}

/** The one service whose clients pack large requests. */
const COMPRESSING_PREFIX = SERVICES.monitoring.metadata.targetPrefix ?? ''

function plainBody({ headers, body }: HttpRequest): Buffer {
  if (headers['content-encoding']?.toLowerCase() !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: UNPACKED_BODY_BYTES_MAX })
  } catch {
    throw malformed(`The request body is not gzip of at most ${UNPACKED_BODY_BYTES_MAX} bytes.`)
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {}
  if (!isUtf8(body)) throw malformed('The request body is not valid UTF-8.')
  try {
    return JSON.parse(body.toString())
  } catch {
    throw malformed('The request body is not valid JSON.')
  }
}

interface ContextParts {
  readonly request: HttpRequest
  readonly caller: Caller
  readonly call: Call
  readonly parts: Parts
}

// A class, because an accessor in a literal costs V8 a hidden class for each object.
class CallContext implements OperationContext {
  readonly account: string
  readonly region: string
  readonly accessKeyId: string
  readonly requestId: string
  readonly protocol: OperationContext['protocol']
  readonly endpoint: string
  readonly traceHeader?: string
  readonly #request: HttpRequest
  readonly #parts: Parts
  readonly #caller: Caller

  constructor({ request, caller, call, parts }: ContextParts) {
    this.#parts = parts
    this.#caller = caller
    this.account = caller.account
    this.region = caller.region
    this.accessKeyId = caller.accessKeyId
    this.requestId = request.requestId
    this.protocol = call.framing.protocol
    this.endpoint = endpointOf(request)
    this.#request = request
    const trace = traceOf(request)
    if (trace !== undefined) this.traceHeader = trace
  }

  get who(): string | undefined {
    return nameOf(this.#parts, this.#caller)
  }

  /** Made when asked for: hardly any operation listens. */
  get signal(): AbortSignal {
    return this.#request.signal
  }
}

function traceOf({ headers }: HttpRequest): string | undefined {
  const header = headers['x-amzn-trace-id']
  const isUsable = typeof header === 'string' && header.length <= TRACE_HEADER_LENGTH_MAX
  return isUsable ? header : undefined
}

function endpointOf(request: HttpRequest): string {
  const scheme = request.isSecure === true ? 'https' : 'http'
  return `${scheme}://${request.headers.host ?? 'localhost'}`
}

function notImplemented(call: Call): AppError {
  return new AppError(
    'NOT_IMPLEMENTED',
    `The operation ${call.shape.name} of ${call.service} is not implemented.`,
  )
}

function logFailure(logger: Logger, request: HttpRequest, error: unknown): void {
  if (isAppError(error) && error.class !== 'internal' && error.class !== 'storage') return
  logger.error('aws request failed', {
    requestId: request.requestId,
    target: request.headers['x-amz-target'],
    stack: error instanceof Error ? error.stack : String(error),
  })
}

/** Every operation of the tables, its validator compiled when it is first called. */
function createRegistry(operations: readonly AwsOperation[]): Registry {
  const implemented = new Map<string, AwsOperation>()
  for (const operation of operations) {
    const name = `${operation.service}.${operation.operation}`
    if (findOperation(operation.service, operation.operation) === undefined) {
      throw new Error(`operation \`${name}\` is not in the tables`)
    }
    if (implemented.has(name)) throw new Error(`operation \`${name}\` is there twice`)
    implemented.set(name, operation)
  }
  const compiled = new Map<OperationShape, Registered>()
  return (service, shape) => {
    let registered = compiled.get(shape)
    if (registered === undefined) {
      const validate = compileValidator(service, shape.input?.shape)
      registered = { validate, operation: implemented.get(`${service}.${shape.name}`) }
      compiled.set(shape, registered)
    }
    return registered
  }
}
