// Calls and waits that are under way. Each attempt runs at most once at a time; how it ended is kept until the workflow
// is looked at, and that is when it becomes durable. A restart forgets what was under way, and it is begun again under
// the same idempotency key.

import { type Clock, describeError } from '../base/index.ts'
import type { Json } from '../structure/index.ts'
import { isObject, type JsonObject } from './json-tree.ts'
import { CALL_TIMEOUT_MS, OUTPUT_LENGTH_MAX } from './limits.ts'
import type { Outside } from './outside.ts'
import type { ActionResult, Effect, Input } from './plan.ts'
import { revealSecrets, type SecretReader } from './secrets.ts'

export type ActEffect = Extract<Effect, { kind: 'act' }>
type Ended = Extract<Input, { kind: 'ended' }>

export interface ActionRunnerOptions {
  readonly outside: Outside
  readonly clock: Clock
  readonly readSecret: SecretReader
  /** An attempt of this workflow has ended. */
  readonly onEnded: (workflow: string) => void
}

interface Underway {
  readonly stop: AbortController
  readonly workflow: string
}

export class ActionRunner {
  readonly #options: ActionRunnerOptions
  readonly #underway = new Map<string, Underway>()
  readonly #ended = new Map<string, Ended[]>()
  readonly #work = new Set<Promise<void>>()

  constructor(options: ActionRunnerOptions) {
    this.#options = options
  }

  /** Begins the attempt, unless it is under way or has just ended. */
  start(workflow: string, effect: ActEffect): void {
    const key = `${effect.idempotencyKey}#${effect.attempt}`
    const isEnded = (this.#ended.get(workflow) ?? []).some(
      ({ step, attempt }) => step === effect.step && attempt === effect.attempt,
    )
    if (this.#underway.has(key) || isEnded) return
    const stop = new AbortController()
    this.#underway.set(key, { stop, workflow })
    const work = this.#run(effect, stop).then((result) => {
      this.#underway.delete(key)
      if (result === undefined) return
      const { step, attempt } = effect
      const list = this.#ended.get(workflow) ?? []
      this.#ended.set(workflow, [...list, { kind: 'ended', step, attempt, result }])
      this.#options.onEnded(workflow)
    })
    this.#work.add(work)
    void work.finally(() => this.#work.delete(work))
  }

  /** What has ended since it was last asked. */
  take(workflow: string): readonly Ended[] {
    const ended = this.#ended.get(workflow) ?? []
    this.#ended.delete(workflow)
    return ended
  }

  /** Nothing of this workflow is awaited any more. */
  stop(workflow: string): void {
    this.#ended.delete(workflow)
    for (const one of this.#underway.values()) if (one.workflow === workflow) one.stop.abort()
  }

  async close(): Promise<void> {
    for (const { stop } of this.#underway.values()) stop.abort()
    await Promise.all(this.#work)
  }

  /** Undefined when it was stopped. */
  async #run(effect: ActEffect, stop: AbortController): Promise<ActionResult | undefined> {
    const { clock } = this.#options
    const timeoutMs =
      effect.timeoutMs ?? (effect.action.uses === 'wait' ? undefined : CALL_TIMEOUT_MS)
    const late = new AbortController()
    const timer =
      timeoutMs === undefined ? undefined : clock.setTimer(timeoutMs, () => late.abort())
    try {
      const result = await this.#perform(effect, AbortSignal.any([stop.signal, late.signal]))
      if (stop.signal.aborted) return undefined
      if (late.signal.aborted && result.kind === 'failed')
        return { kind: 'failed', message: `no answer within ${timeoutMs} ms`, isFinal: false }
      return bounded(result)
    } catch (error) {
      if (stop.signal.aborted) return undefined
      return { kind: 'failed', message: describeError(error), isFinal: false }
    } finally {
      timer?.cancel()
    }
  }

  async #perform(effect: ActEffect, signal: AbortSignal): Promise<ActionResult> {
    const { outside, readSecret } = this.#options
    const { action, idempotencyKey, since = '' } = effect
    if (action.uses === 'wait') return this.#await(action.with, since, signal)
    const revealed = await revealSecrets(action.with, readSecret)
    const request = { idempotencyKey, with: revealed.value as JsonObject, signal }
    const result = await call(outside, action.uses, request)
    return hidden(result, (text) => revealed.hide(text))
  }

  #await(given: JsonObject, since: string, signal: AbortSignal): Promise<ActionResult> {
    const { event } = given
    const { pattern, bus } = isObject(event) ? event : {}
    if (!isObject(pattern)) {
      const message = 'expected `event.pattern` to be an event pattern'
      return Promise.resolve({ kind: 'failed', message, isFinal: true })
    }
    const named = typeof bus === 'string' ? { bus } : {}
    return this.#options.outside.awaitEvent({ pattern, ...named, since, signal })
  }
}

function call(
  outside: Outside,
  uses: string,
  request: Parameters<Outside['callHttp']>[0],
): Promise<ActionResult> {
  if (uses === 'function') return outside.callFunction(request)
  if (uses === 'http') return outside.callHttp(request)
  return outside.putEvent(request)
}

function hidden(result: ActionResult, hide: (text: string) => string): ActionResult {
  if (result.kind === 'failed') return { ...result, message: hide(result.message) }
  return { kind: 'done', output: JSON.parse(hide(JSON.stringify(result.output))) as Json }
}

/** An output that is too large is told by its size. */
function bounded(result: ActionResult): ActionResult {
  if (result.kind !== 'done') return result
  const { length } = JSON.stringify(result.output)
  if (length <= OUTPUT_LENGTH_MAX) return result
  return { kind: 'done', output: { isTruncated: true, lengthChars: length } }
}
