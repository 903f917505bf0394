// What an object says of itself: whether it is ready, on its way, or failing.

import type { KubeObject } from '../objects/index.ts'
import { isList, isObject, valueAt } from './json-tree.ts'

export type Judgement =
  | { readonly kind: 'ready' }
  | { readonly kind: 'pending'; readonly message: string }
  | {
      readonly kind: 'failing'
      readonly message: string
      /** It will not get better by waiting. */
      readonly isFinal: boolean
    }

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

export function conditionsOf(object: KubeObject): readonly Condition[] {
  const list = valueAt(object, ['status', 'conditions'])
  if (!isList(list)) return []
  return list.filter((one) => isObject(one)) as unknown as readonly Condition[]
}

export function judge(object: KubeObject): Judgement {
  if (object.metadata.deletionTimestamp !== undefined)
    return { kind: 'pending', message: 'it is being deleted' }
  if (object.kind === 'Job' && object.apiVersion === 'batch/v1') return judgeJob(object)
  const seen = valueAt(object, ['status', 'observedGeneration'])
  const { generation } = object.metadata
  if (typeof seen === 'number' && generation !== undefined && seen < generation)
    return { kind: 'pending', message: 'its change is not seen to yet' }
  const conditions = conditionsOf(object)
  const find = (type: string): Condition | undefined => conditions.find((one) => one.type === type)
  const synced = find('Synced')
  if (synced?.status === 'False')
    return { kind: 'failing', message: textOf(synced), isFinal: false }
  const broken = conditions.find(
    ({ type, status }) => status === 'True' && (type === 'Failed' || type === 'Stalled'),
  )
  if (broken !== undefined) return { kind: 'failing', message: textOf(broken), isFinal: false }
  const ready = find('Ready') ?? find('Available')
  if (ready?.status === 'True') return { kind: 'ready' }
  if (ready !== undefined) return { kind: 'pending', message: textOf(ready) }
  const phase = valueAt(object, ['status', 'phase'])
  if (typeof phase === 'string' && phase !== '') return judgePhase(phase)
  // Kinds of providers are ready when they say so; others are when they are there.
  if (valueAt(object, ['spec', 'forProvider']) === undefined) return { kind: 'ready' }
  return { kind: 'pending', message: 'no provider has looked at it yet' }
}

/** Phases are words of each kind; those that end in -ing are on their way, but for the one that goes on. */
function judgePhase(phase: string): Judgement {
  const message = `its phase is ${phase}`
  if (/^(?:.*failed|error|degraded|lost|crash.*)$/i.test(phase))
    return { kind: 'failing', message, isFinal: false }
  if (/^(?!running$)(?:.*ing|unknown)$/i.test(phase)) return { kind: 'pending', message }
  return { kind: 'ready' }
}

function judgeJob(object: KubeObject): Judgement {
  for (const condition of conditionsOf(object)) {
    if (condition.status !== 'True') continue
    if (condition.type === 'Complete') return { kind: 'ready' }
    if (condition.type === 'Failed')
      return { kind: 'failing', message: textOf(condition), isFinal: true }
  }
  return { kind: 'pending', message: 'the job is not complete' }
}

function textOf({ reason, message }: Condition): string {
  return message === undefined || message === '' ? (reason ?? 'not ready') : message
}
