// Global endpoints follow their health checks, where the configuration says where Route 53 is: what it says is the
// state of an endpoint, until it says otherwise. What it does not say changes nothing.

import type { AppOptions, Closers } from './app-options.ts'
import { awsTargets } from './app-targets.ts'
import { describeError, type Logger, type Timer } from './base/index.ts'
import { createAwsApi, createHealthChecks, type Guard, type Health } from './connect/index.ts'
import type { Control, EndpointView } from './control/index.ts'

/** How often each is asked, milliseconds: as often as Route 53's own checkers look by default. */
const READ_MS = 30_000

export interface EndpointHealthParts {
  readonly endpoints: Pick<Control['endpoints'], 'listEverywhere' | 'setHealth'>
  readonly guard: Guard
}

export function watchEndpointHealth(
  options: AppOptions,
  { endpoints, guard }: EndpointHealthParts,
  closers: Closers,
): void {
  const { config, clock } = options
  const { endpointOf, credentials } = awsTargets({ config, ownUrl: () => undefined })
  const endpoint = endpointOf('route53')
  if (endpoint === undefined) return
  const logger = options.logger.child({ room: 'endpoint-health' })
  const api = createAwsApi({ guard, clock })
  const checks = createHealthChecks({
    api,
    endpoint,
    ...(credentials === undefined ? {} : { credentials }),
  })
  const stop = new AbortController()
  const problems = new Problems(logger)
  const { timeoutMs } = config.delivery
  let timer: Timer | undefined

  async function follow({ arn, spec, isFailedOver }: EndpointView): Promise<void> {
    const deadline = new AbortController()
    const limit = clock.setTimer(timeoutMs, () => deadline.abort(new Error('it took too long')))
    try {
      const signal = AbortSignal.any([stop.signal, deadline.signal])
      const health = await checks.read(spec.healthCheckArn, spec.account, signal)
      problems.forget(arn)
      if (health !== undefined && health !== healthOf(isFailedOver)) {
        await endpoints.setHealth(arn, health)
        logger.warn('an endpoint follows its health check', { endpoint: arn, health })
      }
    } catch (error) {
      if (!stop.signal.aborted) problems.tell(arn, describeError(error))
    } finally {
      limit.cancel()
    }
  }

  async function followAll(): Promise<void> {
    for (const each of await endpoints.listEverywhere()) {
      if (stop.signal.aborted) return
      await follow(each)
    }
  }

  function run(): void {
    void followAll()
      .catch((error: unknown) => problems.tell('', describeError(error)))
      .finally(() => {
        if (!stop.signal.aborted) timer = clock.setTimer(READ_MS, run)
      })
  }

  run()
  closers.add(async () => {
    stop.abort()
    timer?.cancel()
    await api.close()
  })
}

function healthOf(isFailedOver: boolean): Health {
  return isFailedOver ? 'unhealthy' : 'healthy'
}

/** What is wrong is said once, not each time that it still is. */
class Problems {
  readonly #logger: Logger
  readonly #told = new Map<string, string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  tell(endpoint: string, problem: string): void {
    if (this.#told.get(endpoint) === problem) return
    this.#told.set(endpoint, problem)
    this.#logger.warn('the health check of an endpoint cannot be read', {
      endpoint,
      error: problem,
    })
  }

  forget(endpoint: string): void {
    this.#told.delete(endpoint)
  }
}
