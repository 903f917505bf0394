// Core Events say what happened lately, and are forgotten after a while.

import { type Clock, describeError, type Logger, type Timer } from '../base/index.ts'
import { textAt } from './columns.ts'
import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import { EVENT_AGE_MS_MAX, EVENT_EXPIRY_MS } from './limits.ts'

export interface EventExpiryOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
}

export class EventExpiry {
  readonly #options: EventExpiryOptions
  #timer: Timer | undefined

  constructor(options: EventExpiryOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = this.#options.clock.setTimer(EVENT_EXPIRY_MS, () => void this.#round())
  }

  close(): void {
    this.#timer?.cancel()
  }

  async #round(): Promise<void> {
    try {
      await this.expire()
    } catch (error) {
      this.#options.logger.warn('old events could not be forgotten', {
        error: describeError(error),
      })
    }
    this.start()
  }

  /** Takes away what was last said too long ago. */
  async expire(): Promise<void> {
    const { client, clock } = this.#options
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Event' })
    for (const event of items) {
      const at = Date.parse(
        textAt(event, 'lastTimestamp') || textAt(event, 'metadata.creationTimestamp'),
      )
      if (clock.now() - at < EVENT_AGE_MS_MAX) continue
      const { name, namespace } = event.metadata
      try {
        await client.delete({ apiVersion: 'v1', kind: 'Event', name, namespace: namespace! })
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error
      }
    }
  }
}
