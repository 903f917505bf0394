// Statuses as Kubernetes has them: conditions that keep the time at which they last changed, and writes only of what is
// new.

import { type Clock, formatSeconds } from '../base/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { isSameJson } from '../structure/index.ts'
import { type Condition, conditionsOf } from './judge.ts'
import { isObject, type JsonObject } from './json-tree.ts'
import { MESSAGE_LENGTH_MAX } from './limits.ts'

export function statusOf(object: KubeObject): JsonObject {
  const { status } = object
  return isObject(status) ? status : {}
}

export interface StatusWish {
  readonly conditions: readonly Condition[]
  readonly rest: JsonObject
}

export interface StatusWriter {
  readonly client: KubeClient
  readonly clock: Clock
}

/** Writes a status when it differs; answers the object as it is then. */
export async function writeStatus(
  { client, clock }: StatusWriter,
  object: KubeObject,
  { conditions, rest }: StatusWish,
): Promise<KubeObject> {
  const before = conditionsOf(object) as readonly (Condition & { lastTransitionTime?: string })[]
  const next = conditions.map((wanted) => {
    const old = before.find(({ type }) => type === wanted.type)
    const message = wanted.message?.slice(0, MESSAGE_LENGTH_MAX)
    return {
      ...wanted,
      ...(message === undefined ? {} : { message }),
      lastTransitionTime:
        old?.status === wanted.status && old.lastTransitionTime !== undefined
          ? old.lastTransitionTime
          : formatSeconds(clock.now()),
    }
  })
  const { generation } = object.metadata
  const status = {
    ...rest,
    conditions: next,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  if (isSameJson(status, statusOf(object))) return object
  return client.update({ ...object, status }, { subresource: 'status' })
}

export function condition(
  type: 'Ready' | 'Synced',
  isTrue: boolean,
  reason: string,
  message = '',
): Condition {
  const text = message === '' ? {} : { message }
  return { type, status: isTrue ? 'True' : 'False', reason, ...text }
}

export function findCondition(object: KubeObject, type: string): Condition | undefined {
  return conditionsOf(object).find((one) => one.type === type)
}
