// A core Event of a claim's own name, which points to the claim: `kubectl describe event NAME` looks among core Events,
// and finds what it is about and how it stands.

import { asText } from './json-tree.ts'
import { type Clock, formatSeconds } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import { type Condition } from './judge.ts'
import { POINTER_MS } from './limits.ts'
import { GROUP } from './names.ts'

const COMPONENT = 'event-controller'

export async function pointTo(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  claim: KubeObject,
  ready: Condition,
): Promise<void> {
  const { name, namespace = 'default', uid } = claim.metadata
  const key = { apiVersion: 'v1', kind: 'Event', namespace, name }
  const now = formatSeconds(clock.now())
  const said = {
    reason: ready.reason ?? 'Ready',
    type: ready.status === 'True' || ready.reason === 'Progressing' ? 'Normal' : 'Warning',
    message: messageOf(claim, ready),
    lastTimestamp: now,
  }
  const found = await client.get(key)
  if (found !== undefined && !isPointer(found, claim)) return
  if (found !== undefined && isSaid(found, said, clock.now())) return
  try {
    if (found !== undefined) await client.patch(key, 'merge', said)
    else
      await client.create({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: {
          apiVersion: claim.apiVersion,
          kind: claim.kind,
          name,
          ...(claim.metadata.namespace === undefined ? {} : { namespace }),
          ...(uid === undefined ? {} : { uid }),
        },
        ...said,
        count: 1,
        firstTimestamp: now,
        source: { component: COMPONENT },
        reportingComponent: COMPONENT,
        reportingInstance: '',
      })
  } catch (error) {
    // The namespace is going, or somebody else has just said so.
    const isOrdinary = ['Forbidden', 'NotFound', 'AlreadyExists', 'Conflict'] as const
    if (!isOrdinary.some((reason) => isKubeError(error, reason))) throw error
  }
}

export async function removePointer(client: KubeClient, claim: KubeObject): Promise<void> {
  const { name, namespace = 'default' } = claim.metadata
  const key = { apiVersion: 'v1', kind: 'Event', namespace, name }
  const found = await client.get(key)
  if (found === undefined || !isPointer(found, claim)) return
  try {
    await client.delete(key)
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error
  }
}

/** Said again only before it would be forgotten. */
function isSaid(
  found: KubeObject,
  said: { readonly reason: string; readonly message: string },
  now: number,
): boolean {
  const { reason, message, lastTimestamp } = found
  const isSame = reason === said.reason && message === said.message
  return isSame && now - Date.parse(asText(lastTimestamp)) < POINTER_MS
}

function isPointer(found: KubeObject, { kind, metadata }: KubeObject): boolean {
  const involved = found['involvedObject'] as { readonly kind?: string; readonly name?: string }
  return involved.kind === kind && involved.name === metadata.name
}

function messageOf({ kind, metadata }: KubeObject, { message, reason, status }: Condition): string {
  const plural = `${kind.toLowerCase()}s.${GROUP}`
  const text = message === undefined ? '' : `: ${message}`
  return `Ready=${status}, ${reason}${text} (kubectl describe ${plural} ${metadata.name})`
}
