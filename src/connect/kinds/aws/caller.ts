// One call of one operation of an AWS service: which endpoint, as whom, through which client of the SDK. A
// client makes a single attempt; when to try again is deliver's.

import { AppError, type Clock } from '../../../base/index.ts'
import type { Guard } from '../../guard.ts'
import { createSdkNetwork, type SdkNetwork } from './sdk-network.ts'
import { AWS_CLIENTS_MAX } from './limits.ts'
import { loadModule, type SdkModule } from './modules.ts'
import { credentialsAt, endpointMissing } from './stand-in.ts'

export interface AwsOptions {
  readonly guard: Guard
  readonly clock: Clock
  /** Of one attempt. */
  readonly timeoutMs: number
  /**
   * The URL at which a service is called, by the service part of an ARN; `aws` is AWS's own. Undefined when none
   * is configured.
   */
  readonly endpointOf: (service: string) => string | undefined
  /** The same for a universal target, which may be a call of what this very server serves. */
  readonly endpointOfUniversal: (service: string) => string | undefined
  /** As whom; undefined where nothing is configured. */
  readonly credentials?: AwsCredentials
  /** Where the address names no region. */
  readonly region: string
}

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsCall {
  /** The service part of an ARN. */
  readonly service: string
  readonly endpoint: string
  /** As the API calls it: `StartExecution`. */
  readonly action: string
  readonly input: object
  readonly region: string
  /** Twelve digits; as whom to call a stand-in that knows no credentials. */
  readonly account: string
}

export interface ServiceRef {
  /** The service part of an ARN. */
  readonly service: string
  readonly isUniversal: boolean
}

export type AwsOutput = Readonly<Record<string, unknown>>

/** A client of the SDK, as far as it is used. */
interface SdkClient {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<AwsOutput>
  destroy(): void
}

type SdkClass<T> = new (argument: object) => T

export class AwsCaller {
  readonly options: AwsOptions
  readonly network: SdkNetwork
  readonly #clients = new Map<string, SdkClient>()

  constructor(options: AwsOptions) {
    this.options = options
    this.network = createSdkNetwork(options.guard)
  }

  /** Rejects with what the SDK throws, or with an `AppError` where the call could not be made at all. */
  async call(call: AwsCall, signal: AbortSignal): Promise<AwsOutput> {
    const module = await loadModule(call.service)
    const Command = commandOf(module, call)
    const client = this.#clientOf(module, call)
    return this.within(signal, (abortSignal) =>
      client.send(new Command(call.input), { abortSignal }),
    )
  }

  /** The endpoint of a service; throws `AWS_ENDPOINT_MISSING` with how to configure one. */
  endpoint({ service, isUniversal }: ServiceRef): string {
    const { endpointOf, endpointOfUniversal } = this.options
    const endpoint = isUniversal ? endpointOfUniversal(service) : endpointOf(service)
    if (endpoint === undefined) throw endpointMissing(service)
    // The endpoint is the operator's, but what may be reached is decided in one place.
    if (endpoint !== 'aws') this.options.guard.checkUrl(endpoint)
    return endpoint
  }

  credentials(account: string, endpoint: string): AwsCredentials {
    return credentialsAt(endpoint, account, this.options.credentials)
  }

  /** Runs one attempt under the signal and the deadline of attempts. */
  async within<T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.options
    const deadline = new AbortController()
    const timer = clock.setTimer(timeoutMs, () => deadline.abort(new AwsTimeout(timeoutMs)))
    try {
      return await run(AbortSignal.any([signal, deadline.signal]))
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error
    } finally {
      timer.cancel()
    }
  }

  async close(): Promise<void> {
    this.#forgetClients()
    await this.network.close()
  }

  #clientOf(module: SdkModule, { service, region, account, endpoint }: AwsCall): SdkClient {
    const key = `${service}/${region}/${account}/${endpoint}`
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    if (this.#clients.size >= AWS_CLIENTS_MAX) this.#forgetClients()
    const Client = clientClassOf(module, service)
    const isAws = endpoint === 'aws'
    const client = new Client({
      region,
      credentials: this.credentials(account, endpoint),
      requestHandler: this.network,
      maxAttempts: 1,
      ...(isAws ? {} : { endpoint, disableHostPrefix: true }),
      // What the SDK would otherwise look up by itself in the environment and in files.
      ignoreConfiguredEndpointUrls: true,
      retryMode: 'standard',
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      userAgentAppId: 'signalbox',
      defaultsMode: 'standard',
      useQueueUrlAsEndpoint: false,
    })
    this.#clients.set(key, client)
    return client
  }

  #forgetClients(): void {
    for (const client of this.#clients.values()) client.destroy()
    this.#clients.clear()
  }
}

export class AwsTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`)
    this.name = 'TimeoutError'
  }
}

function clientClassOf(module: SdkModule, service: string): SdkClass<SdkClient> {
  const name = Object.keys(module).find((key) => /^[A-Z]\w*Client$/.test(key))
  const found = name === undefined ? undefined : module[name]
  if (typeof found === 'function') return found as SdkClass<SdkClient>
  throw new AppError('AWS_CLIENT_MISSING', `the package of service \`${service}\` has no client`)
}

function commandOf(module: SdkModule, { service, action }: AwsCall): SdkClass<object> {
  const name = `${action}Command`
  const found = Object.hasOwn(module, name) ? module[name] : undefined
  if (typeof found === 'function') return found as SdkClass<object>
  throw new AppError(
    'AWS_CLIENT_MISSING',
    `AWS service \`${service}\` has no operation \`${action}\``,
  )
}
