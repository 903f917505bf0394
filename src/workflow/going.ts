// What keeps a workflow that is to go: the things that were made last and are still there, and what is said of them.

import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import type { Condition } from './judge.ts'
import type { Made } from './made.ts'
import { condition, findCondition } from './status.ts'

/** More are only counted. */
const SHOWN_MAX = 5

/** The conditions of a workflow while these are left. */
export async function conditionsOfGoing(
  client: KubeClient,
  left: readonly Made[],
): Promise<readonly Condition[]> {
  const rank = Math.max(...left.map((one) => one.rank))
  const last = left.filter((one) => one.rank === rank)
  const shown = await Promise.all(last.slice(0, SHOWN_MAX).map((one) => describe(client, one)))
  const more = last.length > SHOWN_MAX ? ` and ${last.length - SHOWN_MAX} more` : ''
  const others = left.length - last.length
  const rest = others > 0 ? `; then ${others} more that were made before` : ''
  const texts = shown.map(({ text }) => text).join('; ')
  const message = `being deleted, waiting for ${texts}${more}${rest}`
  const isFailing = shown.some((one) => one.isFailing)
  return [
    isFailing
      ? condition('Synced', false, 'DeletionFailed', message)
      : condition('Synced', true, 'ReconcileSuccess'),
    condition('Ready', false, isFailing ? 'DeletionFailed' : 'Deleting', message),
  ]
}

interface Described {
  readonly text: string
  readonly isFailing: boolean
}

async function describe(client: KubeClient, made: Made): Promise<Described> {
  const { kind, name } = made
  const found = await find(client, made)
  const synced = found === undefined ? undefined : findCondition(found, 'Synced')
  if (synced?.status === 'False')
    return { text: `${kind} ${name}: ${synced.message ?? 'it fails'}`, isFailing: true }
  return { text: `${kind} ${name}`, isFailing: false }
}

async function find(client: KubeClient, made: Made): Promise<KubeObject | undefined> {
  try {
    return await client.get(made)
  } catch (error) {
    // Nobody serves its kind any more.
    if (isKubeError(error, 'NotFound')) return undefined
    throw error
  }
}
