// Does what triggers ask for, as the identity that the configuration names. What is done is safe to do again.

import { AppError, channels, type Logger } from '../base/index.ts'
import type { Event } from '../event/index.ts'
import { hasKubeReason, type KubeClient, type KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { TARGETS_MAX } from './limits.ts'
import { MANAGED_ROOST } from './managed-roost.ts'
import type { RoostBook } from './roost-book.ts'
import { keyOf, viewRoost } from './roost-view.ts'
import type { Trigger } from './trigger.ts'

/** Somebody who may write the roost says so: a teardown that needs approval has it. */
export const APPROVAL = 'roost.birb.party/teardown-approved'

export interface TriggerActionsOptions {
  /** Acts as whom the configuration says. */
  readonly kube: KubeClient
  readonly identity: string
  readonly book: Pick<RoostBook, 'teardown'>
  readonly logger: Logger
}

type Outcome = 'done' | 'gone' | 'refused'

/**
 * Rejects `RESOURCE_NOT_FOUND`, `RESOURCE_INVALID` and `ACCESS_DENIED` for what is of no use to try again, and with what
 * the API threw for the rest.
 */
export class TriggerActions {
  readonly #options: TriggerActionsOptions

  constructor(options: TriggerActionsOptions) {
    this.#options = options
  }

  async obey(trigger: Trigger, event: Event): Promise<void> {
    for (const roost of await this.#targetsOf(trigger)) {
      const view = viewRoost(roost)
      let outcome: Outcome | 'failed' = 'failed'
      try {
        outcome = await this.#act(trigger, roost, event)
      } catch (error) {
        throw asAppError(error, `${trigger.kind} of roost \`${keyOf(view)}\``)
      } finally {
        this.#audit(trigger, event, { roost: keyOf(view), outcome })
      }
    }
  }

  async #targetsOf({ kind, target }: Trigger): Promise<readonly KubeObject[]> {
    const { kube } = this.#options
    try {
      if (target.kind === 'selected') {
        const { namespace, selector } = target
        const query = { labelSelector: selector, limit: TARGETS_MAX }
        const { items } = await kube.list(
          MANAGED_ROOST,
          namespace === undefined ? query : { ...query, namespace },
        )
        return items
      }
      const { namespace, name } = target
      const roost = await kube.get({ ...MANAGED_ROOST, namespace, name })
      if (roost !== undefined) return [roost]
      // What is to go is gone.
      if (kind === 'teardown') return []
      throw new AppError('RESOURCE_NOT_FOUND', `there is no roost \`${namespace}/${name}\``)
    } catch (error) {
      throw asAppError(error, kind)
    }
  }

  #act(trigger: Trigger, roost: KubeObject, event: Event): Promise<Outcome> {
    switch (trigger.kind) {
      case 'teardown':
        return this.#teardown(trigger, roost, event)
      case 'scale':
        return this.#merge(roost, { replicas: trigger.replicas! })
      case 'update':
        return this.#merge(roost, trigger.fields!)
    }
  }

  async #teardown(trigger: Trigger, roost: KubeObject, { id }: Event): Promise<Outcome> {
    const { kube, book } = this.#options
    if (needsApproval(roost) && roost.metadata.annotations?.[APPROVAL] !== 'true') return 'refused'
    const view = viewRoost(roost)
    const { reason = 'a trigger asked for it', requestedBy, correlationId } = trigger
    await book.teardown(keyOf(view), view, { reason, requestedBy, correlationId, occasion: id })
    try {
      await kube.delete(keyOfObject(roost), {
        preconditions: roost.metadata.uid === undefined ? {} : { uid: roost.metadata.uid },
      })
      return 'done'
    } catch (error) {
      if (hasKubeReason(error, 'NotFound')) return 'gone'
      throw error
    }
  }

  async #merge(roost: KubeObject, spec: Readonly<Record<string, Json>>): Promise<Outcome> {
    await this.#options.kube.patch(keyOfObject(roost), 'merge', { spec: spec as Json })
    return 'done'
  }

  #audit(
    { kind, reason, requestedBy }: Trigger,
    { id, type, source }: Event,
    what: { readonly roost: string; readonly outcome: string },
  ): void {
    const { logger, identity } = this.#options
    channels.audited.publish({
      plane: 'control',
      action: 'trigger',
      who: requestedBy ?? identity,
      from: source,
      on: `managedroosts ${what.roost}`,
      result: what.outcome === 'refused' ? 'denied' : what.outcome === 'failed' ? 'failed' : 'ok',
      requestId: id,
    })
    const fields = {
      audit: 'trigger',
      event_id: id,
      event_type: type,
      event_source: source,
      identity,
      reason,
      requestedBy,
      ...what,
    }
    if (what.outcome === 'done') logger.info('Trigger obeyed', fields)
    else
      logger.warn(
        what.outcome === 'refused'
          ? `Trigger refused: a ${kind} needs approval`
          : 'Trigger without effect',
        fields,
      )
  }
}

function keyOfObject({ metadata }: KubeObject): {
  apiVersion: string
  kind: string
  namespace: string
  name: string
} {
  return { ...MANAGED_ROOST, namespace: metadata.namespace ?? 'default', name: metadata.name }
}

function needsApproval(roost: KubeObject): boolean {
  const spec = roost['spec'] as { teardownPolicy?: { requireManualApproval?: unknown } } | undefined
  return spec?.teardownPolicy?.requireManualApproval === true
}

/** What the API refuses for good, in our own words; the rest as it came. */
function asAppError(error: unknown, what: string): unknown {
  const said = error instanceof Error ? error.message : String(error)
  const message = `${what}: ${said}`
  if (hasKubeReason(error, 'Forbidden', 'Unauthorized'))
    return new AppError('ACCESS_DENIED', message, { cause: error })
  if (hasKubeReason(error, 'Invalid', 'BadRequest'))
    return new AppError('RESOURCE_INVALID', message, { cause: error })
  if (hasKubeReason(error, 'NotFound'))
    return new AppError('RESOURCE_NOT_FOUND', message, { cause: error })
  return error
}
