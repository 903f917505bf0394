// What references to secrets stand for, read anew each time, so that a secret that is rotated counts at the next
// connection. `${file:…}` and `${env:…}` are followed only for brokers that the configuration file itself declares:
// who may make a broker by a call must not be able to send a file of this machine to it.

import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AppError, type Clock, type Timer } from '../base/index.ts'
import type { BrokerSpec, SecretRef } from '../model/index.ts'
import { SECRET_POLL_MS } from './limits.ts'

/** A place where secrets lie by name and key. */
export interface SecretSource {
  /** Undefined when there is no such secret, or it has no such key. */
  read(secret: string, key: string): Promise<string | undefined>
}

export interface BrokerSecretsOptions {
  /** The first that has a secret gives it. */
  readonly sources: readonly SecretSource[]
  /** What `${file:…}` or `${env:…}` stands for; undefined when there is nothing. */
  readonly readReference: (reference: string) => Promise<string | undefined>
  /** The brokers of the configuration file. */
  readonly declared: ReadonlyMap<string, BrokerSpec>
  readonly clock: Clock
}

export class BrokerSecrets {
  readonly #options: BrokerSecretsOptions

  constructor(options: BrokerSecretsOptions) {
    this.#options = options
  }

  /** Rejects `SECRET_MISSING`. */
  async reveal(broker: BrokerSpec, reference: SecretRef): Promise<string> {
    if (typeof reference !== 'string') return this.#fromSources(reference)
    // PEM text that is no secret stands there itself.
    if (!reference.startsWith('${')) return reference
    if (!isDeepStrictEqual(this.#options.declared.get(broker.name), broker)) {
      throw unreadable(
        `\`${reference}\` is followed only for brokers of the configuration file; expected \`{secret: NAME, key: KEY}\``,
      )
    }
    const value = await this.#options.readReference(reference)
    if (value === undefined) throw unreadable(`\`${reference}\` stands for nothing`)
    return value
  }

  /** Calls back once when a secret of the broker is another than now; answers how to stop looking. */
  watch(broker: BrokerSpec, onChange: () => void): () => void {
    const references = referencesOf(broker)
    if (references.length === 0) return () => {}
    const { clock } = this.#options
    let timer: Timer | undefined
    let isStopped = false
    let known: string | undefined
    const look = async (): Promise<void> => {
      const seen = await this.#digest(broker, references)
      if (isStopped) return
      if (known !== undefined && seen !== undefined && known !== seen) return onChange()
      known = seen ?? known
      timer = clock.setTimer(SECRET_POLL_MS, () => void look())
    }
    void look()
    return () => {
      isStopped = true
      timer?.cancel()
    }
  }

  async #fromSources({ secret, key }: Exclude<SecretRef, string>): Promise<string> {
    for (const source of this.#options.sources) {
      const value = await source.read(secret, key)
      if (value !== undefined) return value
    }
    throw unreadable(`there is no secret \`${secret}\` with key \`${key}\``)
  }

  /** Undefined while one of them cannot be read. */
  async #digest(broker: BrokerSpec, references: readonly SecretRef[]): Promise<string | undefined> {
    const hash = createHash('sha256')
    for (const reference of references) {
      try {
        hash.update(await this.reveal(broker, reference)).update('\0')
      } catch {
        // Between two writes of a rotation; who connects meanwhile says what is wrong.
        return undefined
      }
    }
    return hash.digest('hex')
  }
}

function referencesOf({ security }: BrokerSpec): readonly SecretRef[] {
  const { password, token, nkey, credentials, tls } = security ?? {}
  const all = [password, token, nkey, credentials, tls?.ca, tls?.certificate, tls?.key]
  return all.filter((reference) => reference !== undefined)
}

function unreadable(message: string): AppError {
  return new AppError('SECRET_MISSING', message)
}
