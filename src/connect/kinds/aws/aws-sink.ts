// The sink kind of AWS services: an ARN of any service below, called through the AWS SDK at the endpoint that
// is configured for it. Universal targets of EventBridge Scheduler (`arn:aws:scheduler:::aws-sdk:SERVICE:ACTION`)
// go the same way, with the input as the call's parameters.

import { parseBusKey } from '../../../event/index.ts'
import { type Arn, DEFAULT_ACCOUNT, parseArn } from '../../../model/index.ts'
import type { InvokeRequest, InvokeResult, InvokingSink } from '../../invoke.ts'
import type { SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import { failedAnswer, questionOf } from './asking.ts'
import { AwsCaller, type AwsOptions, type ServiceRef } from './caller.ts'
import { callExecuteApi } from './execute-api.ts'
import { AWS_CONCURRENCY_MAX, LOG_STREAMS_MAX } from './limits.ts'
import {
  planDeliveryStream,
  planFunction,
  planLogGroup,
  planQueue,
  planStream,
  planTopic,
} from './messaging.ts'
import { resultOfError, wasTaken } from './outcome.ts'
import type { MakePlan, Plan, PlanTools } from './plan.ts'
import {
  planBatchJob,
  planBuild,
  planDocument,
  planModelPipeline,
  planPipeline,
  planStatement,
  planStateMachine,
  planTask,
} from './running.ts'
import { planUniversal, universalOf } from './universal.ts'

export interface AwsKindOptions extends AwsOptions {
  readonly select: PlanTools['select']
}

/** By the service part of the ARN. */
const PLANS: Readonly<Record<string, MakePlan>> = {
  batch: planBatchJob,
  codebuild: planBuild,
  codepipeline: planPipeline,
  ecs: planTask,
  firehose: planDeliveryStream,
  kinesis: planStream,
  lambda: planFunction,
  logs: planLogGroup,
  redshift: planStatement,
  'redshift-serverless': planStatement,
  sagemaker: planModelPipeline,
  sns: planTopic,
  sqs: planQueue,
  ssm: planDocument,
  states: planStateMachine,
}

export interface AwsKind extends SinkKind {
  /** Whether an endpoint is configured for the service of this address. */
  isConfigured(address: string): boolean
}

export function createAwsKind(options: AwsKindOptions): AwsKind {
  const shared = new Shared(options)
  return {
    name: 'aws',
    serves: (address) => serviceOf(address) !== undefined,
    isConfigured(address) {
      const ref = serviceOf(address)
      return ref !== undefined && options.endpointOf(ref.service) !== undefined
    },
    open: (address) =>
      new AwsSink(address, { shared, ...shared.acquire(), select: options.select }),
  }
}

/** The service that is called for an address; undefined when this kind serves none there. */
function serviceOf(address: string): ServiceRef | undefined {
  const arn = parseArn(address)
  if (arn === undefined) return undefined
  const universal = universalOf(arn)
  if (universal !== undefined) return { service: universal.service, isUniversal: true }
  const { service } = arn
  if (service !== 'execute-api' && !Object.hasOwn(PLANS, service)) return undefined
  return {
    service: service.startsWith('redshift') ? 'redshift-data' : service,
    isUniversal: false,
  }
}

/** Clients and connections, shared by all addresses for as long as there is one. */
class Shared {
  readonly #options: AwsOptions
  #parts: { readonly caller: AwsCaller; readonly prepared: Set<string> } | undefined
  #users = 0

  constructor(options: AwsOptions) {
    this.#options = options
  }

  acquire(): { readonly caller: AwsCaller; readonly prepared: Set<string> } {
    this.#parts ??= { caller: new AwsCaller(this.#options), prepared: new Set() }
    this.#users += 1
    return this.#parts
  }

  async release(): Promise<void> {
    this.#users -= 1
    if (this.#users > 0 || this.#parts === undefined) return
    const { caller } = this.#parts
    this.#parts = undefined
    await caller.close()
  }
}

interface SinkParts {
  readonly shared: Shared
  readonly caller: AwsCaller
  /** What preparations have found or made. */
  readonly prepared: Set<string>
  readonly select: PlanTools['select']
}

class AwsSink implements InvokingSink {
  readonly batchMax = 1
  readonly concurrencyMax: number = AWS_CONCURRENCY_MAX
  readonly #address: string
  readonly #arn: Arn
  readonly #parts: SinkParts

  constructor(address: string, parts: SinkParts) {
    this.#address = address
    this.#arn = parseArn(address)!
    this.#parts = parts
  }

  send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<readonly SinkResult[]> {
    return Promise.all(batch.map((message) => this.#sendOne(message, signal)))
  }

  async invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult> {
    const question = questionOf(this.#arn, this.#address, request)
    if (question === undefined) {
      const message = `\`${this.#address}\` takes messages but gives no answers`
      const failure = { code: 'SDK_CLIENT_ERROR', message }
      return { kind: 'failed', failure, isFinal: true }
    }
    const { caller } = this.#parts
    try {
      const endpoint = caller.endpoint({ service: question.service, isUniversal: false })
      const where = { endpoint, ...this.#where(undefined) }
      return question.read(await caller.call({ ...question, ...where }, signal))
    } catch (error) {
      return failedAnswer(error)
    }
  }

  close(): Promise<void> {
    return this.#parts.shared.release()
  }

  async #sendOne(message: SinkMessage, signal: AbortSignal): Promise<SinkResult> {
    try {
      if (this.#arn.service === 'execute-api') {
        return await callExecuteApi(this.#parts.caller, { arn: this.#arn, message }, signal)
      }
      return await this.#run(message, signal)
    } catch (error) {
      return resultOfError(error)
    }
  }

  async #run(message: SinkMessage, signal: AbortSignal): Promise<SinkResult> {
    const { caller, prepared } = this.#parts
    const endpoint = caller.endpoint(serviceOf(this.#address)!)
    const plan = this.#plan(message, endpoint)
    const where = { endpoint, ...this.#where(message.event.busKey) }
    await this.#prepare(plan, where, signal)
    try {
      const output = await caller.call({ ...plan, ...where }, signal)
      return plan.judge?.(output) ?? { kind: 'delivered' }
    } catch (error) {
      if (isDoneBy(plan, error)) return { kind: 'delivered' }
      if (plan.prepare !== undefined) prepared.delete(plan.prepare.key)
      throw error
    }
  }

  #plan(message: SinkMessage, endpoint: string): Plan {
    const { caller, select } = this.#parts
    const arn = this.#arn
    const tools = { endpoint, now: caller.options.clock.now(), select }
    const make = universalOf(arn) === undefined ? PLANS[arn.service]! : planUniversal
    return make({ arn, address: this.#address, message, tools })
  }

  async #prepare({ service, prepare }: Plan, where: Where, signal: AbortSignal): Promise<void> {
    const { caller, prepared } = this.#parts
    if (prepare === undefined || prepared.has(prepare.key)) return
    const { action, input, existsBy, key } = prepare
    try {
      await caller.call({ service, action, input, ...where }, signal)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== existsBy) throw error
    }
    if (prepared.size >= LOG_STREAMS_MAX) prepared.clear()
    prepared.add(key)
  }

  /** A universal target's ARN names neither account nor region: it is called where its event was. */
  #where(busKey: string | undefined): Omit<Where, 'endpoint'> {
    const { region, account } = this.#arn
    const bus = busKey === undefined ? undefined : parseBusKey(busKey)
    return {
      region: region || bus?.region || this.#parts.caller.options.region,
      account: account || bus?.account || DEFAULT_ACCOUNT,
    }
  }
}

/** Whether an earlier attempt has done it, or this one has, though what it was answered could not be read. */
function isDoneBy({ doneBy, judge }: Plan, error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return doneBy?.includes(error.name) === true || (judge === undefined && wasTaken(error))
}

interface Where {
  readonly endpoint: string
  readonly region: string
  readonly account: string
}
