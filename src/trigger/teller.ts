// Says things of objects, for `kubectl describe`. What cannot be said is left unsaid: nothing waits for it.

import { type Clock, describeError, type Logger, type Random } from '../base/index.ts'
import { EventRecorder, type KubeClient, type KubeObject, type Saying } from '../objects/index.ts'

export interface TellerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export class Teller {
  readonly #recorder: EventRecorder
  readonly #logger: Logger

  constructor(options: TellerOptions) {
    this.#recorder = new EventRecorder({ ...options, component: 'event-trigger' })
    this.#logger = options.logger
  }

  async tell(regarding: KubeObject, saying: Saying): Promise<void> {
    try {
      await this.#recorder.record(regarding, saying)
    } catch (error) {
      this.#logger.warn('an event of an object was not written', { error: describeError(error) })
    }
  }
}
