// Asks for the first token of an OAuth connection, behind the answer to whoever made or changed it, and writes
// how that ended. An endpoint that is down is asked again for a while; one that refuses is believed.

import {
  backoffDelayMs,
  type Clock,
  describeError,
  type Logger,
  type Random,
} from '../base/index.ts'
import type { TokenSource } from '../connect/index.ts'
import type { Keyring } from '../keyring/index.ts'
import type { ConnectionStatus, ResourceOf } from '../model/index.ts'
import { openSecrets } from './connection-secrets.ts'
import { stateOf } from './connection-state.ts'
import { AUTHORIZE_BACKOFF, AUTHORIZE_TRIES_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { type ResourceClient, retryConflicts } from './resources.ts'

export interface AuthorizerOptions {
  readonly resources: ResourceClient
  readonly keyring: Keyring
  readonly tokens: TokenSource
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

type Connection = ResourceOf<'Connection'>

export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #stop = new AbortController()
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /** Returns at once; the connection's status tells how it ended. */
  start(key: ResourceKey): void {
    const work: Promise<void> = this.#authorize(key)
      .catch((error: unknown) => {
        const fields = { connection: key.name, error: describeError(error) }
        this.#options.logger.error('a connection could not be authorized', fields)
      })
      .finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#underWay)
  }

  async #authorize(key: ResourceKey): Promise<void> {
    const { resources, tokens, clock } = this.#options
    const { signal } = this.#stop
    for (let tries = 1; !signal.aborted; tries += 1) {
      const connection = await resources.get('Connection', key)
      if (connection === undefined || stateOf(connection).state !== 'AUTHORIZING') return
      const request = this.#requestOf(connection)
      if (request === undefined) return
      const result = await tokens.get(request, signal)
      if (result.kind === 'token') {
        const authorizedAt = Math.floor(clock.now() / 1000)
        await this.#write(connection, { state: 'AUTHORIZED', authorizedAt })
        return
      }
      if (signal.aborted) return
      if (result.isFinal || tries === AUTHORIZE_TRIES_MAX) {
        await this.#write(connection, { state: 'DEAUTHORIZED', reason: result.failure.message })
        return
      }
      await this.#pause(tries)
    }
  }

  #requestOf({ metadata, spec }: Connection): Parameters<TokenSource['get']>[0] | undefined {
    const authorization = openSecrets(this.#options.keyring, spec)?.authorization
    if (authorization?.kind !== 'oauth') return undefined
    return { key: metadata.uid, version: String(metadata.generation), authorization }
  }

  async #write(
    connection: Connection,
    outcome: Omit<ConnectionStatus, 'generation'>,
  ): Promise<void> {
    const { resources } = this.#options
    const { generation, namespace, name } = connection.metadata
    await retryConflicts(async () => {
      const stored = await resources.get('Connection', { namespace, name })
      // Changed or gone meanwhile: whoever did that has begun anew.
      if (stored?.metadata.generation !== generation) return
      await resources.updateStatus('Connection', { ...stored, status: { generation, ...outcome } })
    })
  }

  #pause(tries: number): Promise<void> {
    const { clock, random } = this.#options
    return new Promise((resolve) => {
      const timer = clock.setTimer(backoffDelayMs(AUTHORIZE_BACKOFF, tries, random), resolve)
      const stop = (): void => {
        timer.cancel()
        resolve()
      }
      this.#stop.signal.addEventListener('abort', stop, { once: true })
    })
  }
}
