// The sink behind an ARN of a state machine, where this server has a template of that name: each message becomes an
// Event, whose parameters are the members of the message. A message that comes again is the same Event.
//
// The namespace is the account of the ARN, `default` for the account of all zeros.

import { AppError, describeError } from '../base/index.ts'
import type {
  InvokeRequest,
  InvokeResult,
  InvokingSink,
  SinkKind,
  SinkMessage,
  SinkResult,
} from '../connect/index.ts'
import { parseArn } from '../model/index.ts'
import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { isObject, type JsonObject } from './json-tree.ts'
import { API_VERSION, hashOf, TTL_ANNOTATION } from './names.ts'

const PREFIX = 'stateMachine:'
const OWN_ACCOUNT = '000000000000'
const BATCH_MAX = 10
const CONCURRENCY_MAX = 4
/** How long what was started here stays after it has ended, where it has made nothing. */
const LIFETIME = '1h'
const NAME_LENGTH_MAX = 200

export interface Machine {
  readonly namespace: string
  readonly template: string
}

export interface WorkflowSinkOptions {
  /** Undefined until objects are served. */
  readonly client: () => KubeClient | undefined
}

/** The template that an address names; undefined when it names none. */
export function machineOf(address: string): Machine | undefined {
  const arn = parseArn(address)
  if (arn?.service !== 'states' || !arn.resource.startsWith(PREFIX)) return undefined
  const namespace = arn.account === OWN_ACCOUNT ? 'default' : arn.account
  return { namespace, template: arn.resource.slice(PREFIX.length) }
}

export function createWorkflowSinkKind(options: WorkflowSinkOptions): SinkKind {
  return {
    name: 'workflow',
    serves: (address) => machineOf(address) !== undefined,
    open: (address) => new WorkflowSink(options, machineOf(address)!, address),
  }
}

class WorkflowSink implements InvokingSink {
  readonly batchMax: number = BATCH_MAX
  readonly concurrencyMax: number = CONCURRENCY_MAX
  readonly #options: WorkflowSinkOptions
  readonly #machine: Machine
  readonly #address: string

  constructor(options: WorkflowSinkOptions, machine: Machine, address: string) {
    this.#options = options
    this.#machine = machine
    this.#address = address
  }

  async send(batch: readonly SinkMessage[]): Promise<readonly SinkResult[]> {
    return Promise.all(batch.map((message) => this.#sendOne(message)))
  }

  async invoke({ payload }: InvokeRequest): Promise<InvokeResult> {
    try {
      const parameters = parametersOf(payload)
      const event = await this.#start(parameters, hashOf(parameters))
      const execution = this.#address.replace(':stateMachine:', ':execution:')
      const answer = { executionArn: `${execution}:${event.metadata.name}` }
      return { kind: 'ok', payload: Buffer.from(JSON.stringify(answer)) }
    } catch (error) {
      return { kind: 'failed', ...failureOf(error) }
    }
  }

  async close(): Promise<void> {}

  async #sendOne({ body, deliveryId }: SinkMessage): Promise<SinkResult> {
    try {
      await this.#start(parametersOf(body), hashOf(deliveryId))
      return { kind: 'delivered' }
    } catch (error) {
      const { failure, isFinal } = failureOf(error)
      return { kind: isFinal ? 'dead' : 'retry', failure }
    }
  }

  async #start(parameters: JsonObject, id: string): Promise<KubeObject> {
    const client = this.#options.client()
    if (client === undefined) throw new AppError('STORE_CLOSED', 'workflows are not served yet')
    const { namespace, template } = this.#machine
    await this.#checkTemplate(client)
    const name = `${template.slice(0, NAME_LENGTH_MAX)}-${id.slice(0, 12)}`
    const event = {
      apiVersion: API_VERSION,
      kind: 'Event',
      metadata: { name, namespace, annotations: { [TTL_ANNOTATION]: LIFETIME } },
      spec: { workflowTemplate: { id: template, parameters } },
    }
    try {
      return await client.create(event)
    } catch (error) {
      if (isKubeError(error, 'AlreadyExists')) return event
      throw error
    }
  }

  async #checkTemplate(client: KubeClient): Promise<void> {
    const { namespace, template: name } = this.#machine
    const of = { apiVersion: API_VERSION, name }
    const found =
      (await client.get({ ...of, kind: 'WorkflowTemplate', namespace })) ??
      (await client.get({ ...of, kind: 'XWorkflowTemplate' }))
    if (found !== undefined) return
    const message =
      `there is no WorkflowTemplate \`${name}\` in namespace \`${namespace}\`, which \`${this.#address}\` names; create it, ` +
      'or set `targets.aws.endpoints.states` (or SIGNALBOX_AWS_ENDPOINT) to send to Step Functions'
    throw new AppError('RESOURCE_NOT_FOUND', message)
  }
}

/** The members of the data of an event, and the whole of it as `event`; else what the message says itself. */
function parametersOf(body: Uint8Array): JsonObject {
  const value = parse(body)
  if (Array.isArray(value)) return { records: value as readonly Json[] }
  if (!isObject(value)) return { value: value as Json }
  const { detail } = value
  const isEnvelope = isObject(detail) && typeof value['detail-type'] === 'string'
  return isEnvelope ? { ...detail, event: { ...value } } : value
}

function parse(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString()
  try {
    return JSON.parse(text) as unknown
  } catch {
    // A target's text template need not be JSON: it is one value then.
    return text
  }
}

function failureOf(error: unknown): {
  readonly failure: { readonly code: string; readonly message: string }
  readonly isFinal: boolean
} {
  const isMissing = error instanceof AppError && error.code === 'RESOURCE_NOT_FOUND'
  const isRefused = ['Invalid', 'BadRequest', 'NotFound', 'Forbidden'] as const
  const isFinal = isMissing || isRefused.some((reason) => isKubeError(error, reason))
  const code = isMissing ? 'NO_RESOURCE' : isFinal ? 'SDK_CLIENT_ERROR' : 'INTERNAL'
  return { failure: { code, message: describeError(error) }, isFinal }
}
