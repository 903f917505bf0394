// Brings the things outside into agreement with their objects, through the provider that each names, and writes down how
// they are: `status.atProvider`, and the conditions Synced (the provider did what was asked) and Ready (it is there).

import { type Clock, describeError, type Logger } from '../base/index.ts'
import {
  Controller,
  type EventRecorder,
  type KubeClient,
  type KubeObject,
  type KubeType,
  type ObjectName,
} from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizer.ts'
import { removeConnection, writeConnection } from './connection-details.ts'
import { allows, specOf } from './desired.ts'
import { isObject, type JsonObject } from './json-tree.ts'
import {
  MANAGED_WORKERS,
  PENDING_LOOK_MS,
  PROVIDER_RETRY_MS_MAX,
  PROVIDER_RETRY_MS_MIN,
  PROVIDER_TIMEOUT_MS,
  READY_LOOK_MS,
} from './limits.ts'
import { API_VERSION, hashOf } from './names.ts'
import type { Provider, ProviderAnswer, ProviderRequest } from './provider.ts'
import { configName, findConfig, type FoundConfig } from './provider-configs.ts'
import { revealSecrets, type SecretReader } from './secrets.ts'
import { condition, statusOf, writeStatus } from './status.ts'
import { parseDuration } from './steps.ts'

/** The objects are the things: other controllers of the cluster make of them what they stand for. */
const OTHERS = 'kubernetes'

/** Shorter values are hidden nowhere: they would take common words out of messages. */
const SECRET_LENGTH_MIN = 8

export interface ManagedControllerOptions {
  readonly type: KubeType
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly recorder: EventRecorder
  readonly readSecret: SecretReader
  readonly providers: Readonly<Record<string, Provider>>
  /** How long one call of a provider may take; `PROVIDER_TIMEOUT_MS` when absent. */
  readonly providerTimeoutMs?: number
}

/** How an object was left when its provider had last answered. */
interface Left {
  /** How often in a row the provider failed. */
  readonly failures: number
  /** The version that was left: one that differs was changed by somebody. */
  readonly version?: string | undefined
  readonly config?: string
  /** When to ask again, wall milliseconds. */
  readonly askAt: number
}

export class ManagedController {
  readonly #options: ManagedControllerOptions
  readonly #controller: Controller
  /** How each object was left, by uid. */
  readonly #left = new Map<string, Left>()
  readonly #stop = new AbortController()

  constructor(options: ManagedControllerOptions) {
    this.#options = options
    const { client, clock, logger, type } = options
    this.#controller = new Controller({
      name: `${type.kind.toLowerCase()}-controller`,
      client,
      clock,
      logger,
      type,
      related: [
        {
          type: { apiVersion: API_VERSION, kind: 'ProviderConfig' },
          concerns: (config, all) =>
            all.filter((object) => configName(object) === config.metadata.name).map(nameOf),
        },
      ],
      workers: MANAGED_WORKERS,
      reconcile: (name) => this.#reconcile(name),
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  get isIdle(): boolean {
    return this.#controller.isIdle
  }

  /** Objects that may be made by a provider of this config are looked at again. */
  configChanged(name: string): void {
    for (const object of this.#controller.objects())
      if (configName(object) === name) this.#controller.enqueue(nameOf(object))
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#controller.close()
  }

  async #reconcile({ namespace, name }: ObjectName): Promise<number | undefined> {
    const { client, type } = this.#options
    const object = await client.get({ ...type, namespace, name })
    if (object === undefined) return undefined
    const isGoing = object.metadata.deletionTimestamp !== undefined
    const found = await findConfig(client, object)
    if (found.kind === 'found' && found.config.provider === OTHERS) {
      if (isGoing && hasFinalizer(object)) await removeFinalizer(client, object)
      return undefined
    }
    const waitMs = this.#waitMs(object, found)
    if (waitMs > 0) return waitMs
    if (isGoing) return this.#terminate(object, found)
    return this.#apply(await addFinalizer(client, object), found)
  }

  /**
   * How long the provider is still left alone: what it said last is written to the object, and that alone is no reason
   * to ask it again. Milliseconds; 0 where something was changed, or it is time.
   */
  #waitMs({ metadata }: KubeObject, found: FoundConfig): number {
    const left = this.#left.get(metadata.uid!)
    const isSame = left?.version === metadata.resourceVersion && left?.config === hashOf(found)
    return isSame ? left.askAt - this.#options.clock.now() : 0
  }

  /** Answers how long to wait, as it was given. */
  #leave(
    { metadata }: KubeObject,
    found: FoundConfig,
    { waitMs, failures }: { readonly waitMs: number; readonly failures: number },
  ): number {
    this.#left.set(metadata.uid!, {
      failures,
      version: metadata.resourceVersion,
      config: hashOf(found),
      askAt: this.#options.clock.now() + waitMs,
    })
    return waitMs
  }

  async #apply(object: KubeObject, found: FoundConfig): Promise<number | undefined> {
    const { client } = this.#options
    let hide: (text: string) => string = shown
    try {
      const asked = await this.#ask(object, found)
      if (asked.kind === 'refused') return await this.#fail(object, found, asked)
      hide = asked.hide
      const answer = await this.#within(asked.request, (request) => asked.provider.apply(request))
      if (answer.kind === 'failed')
        return await this.#fail(object, found, { ...answer, message: hide(answer.message) })
      if (answer.kind === 'ready') await writeConnection(client, object, answer.connection)
      const told = await this.#report(object, answer, hide)
      const waitMs = answer.kind === 'ready' ? resyncOf(found) : PENDING_LOOK_MS
      if (answer.kind !== 'begun') return this.#leave(told, found, { waitMs, failures: 0 })
      // What was only kept so far is done next, at once.
      this.#left.delete(object.metadata.uid!)
      return waitMs
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined
      return await this.#fail(object, found, { message: hide(describeError(error)) })
    }
  }

  async #ask(
    object: KubeObject,
    found: FoundConfig,
  ): Promise<
    | { readonly kind: 'refused'; readonly message: string }
    | {
        readonly kind: 'asked'
        readonly provider: Provider
        readonly request: ProviderRequest
        readonly hide: (text: string) => string
      }
  > {
    const { readSecret, providers } = this.#options
    if (found.kind === 'refused') return found
    const { name, provider: wished } = found.config
    const provider = Object.hasOwn(providers, wished) ? providers[wished] : undefined
    if (provider === undefined) {
      const names = [...Object.keys(providers), OTHERS].join(', ')
      const message = `ProviderConfig \`${name}\` names provider \`${wished}\`, expected one of ${names}`
      return { kind: 'refused', message }
    }
    const spec = specOf(object)
    const { forProvider } = spec
    const revealed = await revealSecrets(
      isObject(forProvider) ? { ...forProvider } : {},
      readSecret,
    )
    const { atProvider } = statusOf(object)
    return {
      kind: 'asked',
      provider,
      hide: (text) => hideValues(revealed.hide(text), found.config.secret),
      request: {
        object,
        wanted: revealed.value as JsonObject,
        config: found.config,
        known: isObject(atProvider) ? atProvider : {},
        mayCreate: allows(spec, 'Create'),
        mayUpdate: allows(spec, 'Update'),
        signal: this.#stop.signal,
      },
    }
  }

  async #report(
    object: KubeObject,
    answer: Exclude<ProviderAnswer, { kind: 'failed' }>,
    hide: (text: string) => string,
  ): Promise<KubeObject> {
    const synced = condition('Synced', true, 'ReconcileSuccess')
    if (answer.kind === 'absent') {
      const message =
        'there is no such thing outside, and the managementPolicies do not let it be made'
      return writeStatus(this.#options, object, {
        conditions: [
          condition('Synced', false, 'NotFound', message),
          condition('Ready', false, 'NotFound', message),
        ],
        rest: { ...statusOf(object), atProvider: {} },
      })
    }
    const { atProvider } = statusOf(object)
    const before = isObject(atProvider) ? atProvider : {}
    const isReady = answer.kind === 'ready'
    const ready = condition(
      'Ready',
      isReady,
      isReady ? 'Available' : 'Creating',
      answer.message ?? '',
    )
    const shown =
      answer.kind === 'begun' ? { ...before, memory: answer.memory } : shownOf(answer, hide)
    return writeStatus(this.#options, object, {
      conditions: [synced, ready],
      rest: { ...statusOf(object), atProvider: shown },
    })
  }

  async #fail(
    object: KubeObject,
    found: FoundConfig,
    { message, memory }: { readonly message: string; readonly memory?: JsonObject },
  ): Promise<number> {
    const failures = (this.#left.get(object.metadata.uid!)?.failures ?? 0) + 1
    const told = await writeStatus(this.#options, object, {
      conditions: [
        condition('Synced', false, 'ReconcileError', message),
        condition('Ready', false, 'ReconcileError', message),
      ],
      rest: memory === undefined ? statusOf(object) : remembering(object, memory),
    })
    if (failures === 1)
      await this.#options.recorder.record(object, {
        type: 'Warning',
        reason: 'ReconcileError',
        message,
      })
    const waitMs = Math.min(PROVIDER_RETRY_MS_MIN * 2 ** (failures - 1), PROVIDER_RETRY_MS_MAX)
    return this.#leave(told, found, { waitMs, failures })
  }

  async #terminate(object: KubeObject, found: FoundConfig): Promise<number | undefined> {
    const { client } = this.#options
    if (!hasFinalizer(object)) return undefined
    const spec = specOf(object)
    if (spec['deletionPolicy'] !== 'Orphan' && allows(spec, 'Delete')) {
      let hide = shown
      try {
        const asked = await this.#ask(object, found)
        // Whoever should take it away is not there: nobody else knows whether it ever was.
        if (asked.kind === 'refused') return await this.#fail(object, found, asked)
        hide = asked.hide
        const isGone = await this.#within(asked.request, (request) =>
          asked.provider.remove(request),
        )
        if (!isGone) return PENDING_LOOK_MS
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined
        return await this.#fail(object, found, { message: hide(describeError(error)) })
      }
    }
    await removeConnection(client, object)
    await removeFinalizer(client, object)
    this.#left.delete(object.metadata.uid!)
    return undefined
  }

  /** Under the deadline of one call, also where the provider does not obey it: it is asked anew then. */
  async #within<T>(
    request: ProviderRequest,
    run: (request: ProviderRequest) => Promise<T>,
  ): Promise<T> {
    const { clock, providerTimeoutMs = PROVIDER_TIMEOUT_MS } = this.#options
    const timeoutMs = parseDuration(request.config.spec['timeout']) ?? providerTimeoutMs
    const stop = new AbortController()
    const ended = Promise.withResolvers<never>()
    const end = (reason: unknown): void => {
      // First: what a provider says of being stopped is not why.
      ended.reject(reason)
      stop.abort(reason)
    }
    const onStop = (): void => end(request.signal.reason)
    request.signal.throwIfAborted()
    request.signal.addEventListener('abort', onStop, { once: true })
    // Cleared with each call: signals with a deadline of their own stay for as long as that is.
    const timer = clock.setTimer(timeoutMs, () =>
      end(new Error(`the provider did not answer within ${timeoutMs} ms`)),
    )
    try {
      return await Promise.race([run({ ...request, signal: stop.signal }), ended.promise])
    } finally {
      timer.cancel()
      request.signal.removeEventListener('abort', onStop)
    }
  }
}

function shownOf(
  answer: Extract<ProviderAnswer, { kind: 'ready' | 'pending' }>,
  hide: (text: string) => string,
): JsonObject {
  const { id, arn, properties, memory } = answer
  return {
    id,
    ...(arn === undefined ? {} : { arn }),
    properties: JSON.parse(hide(JSON.stringify(properties))) as Json,
    ...(memory === undefined ? {} : { memory }),
  }
}

/** The status with what the provider is to be told again. */
function remembering(object: KubeObject, memory: JsonObject): JsonObject {
  const { atProvider } = statusOf(object)
  const before = isObject(atProvider) ? atProvider : {}
  return { ...statusOf(object), atProvider: { ...before, memory } }
}

/** Without the values of a Secret, also of one that is a file of credentials. */
function hideValues(text: string, secret: Readonly<Record<string, string>>): string {
  const values = Object.values(secret).flatMap((value) => [
    value.trim(),
    ...value.split('\n').map((line) => line.slice(line.indexOf('=') + 1).trim()),
  ])
  return values
    .filter((value) => value.length >= SECRET_LENGTH_MIN)
    .reduce((hidden, value) => hidden.replaceAll(value, '[masked]'), text)
}

/** How soon what is there is looked at again, where nothing says that it was changed. */
function resyncOf(found: FoundConfig): number {
  const given = found.kind === 'found' ? found.config.spec['resync'] : undefined
  return parseDuration(given) ?? READY_LOOK_MS
}

function nameOf({ metadata }: KubeObject): ObjectName {
  return { namespace: metadata.namespace, name: metadata.name }
}

/** Nothing is known yet that has to be hidden. */
function shown(text: string): string {
  return text
}
