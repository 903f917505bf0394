// The clusters that triggers are about. Every one of them stands for this server: what is deployed "to it" is made here.

import type { KubeClient, KubeObject } from '../objects/index.ts'
import { CLUSTER } from './names.ts'
import type { ClusterReference, LabelSelector } from './shapes.ts'

/** Those that a selector chooses; one that is empty chooses all. */
export async function matchingClusters(
  client: KubeClient,
  selector: LabelSelector,
): Promise<readonly KubeObject[]> {
  const labelSelector = formatSelector(selector)
  const query = labelSelector === '' ? {} : { labelSelector }
  return (await client.list(CLUSTER, query)).items
}

export function referenceOf({ metadata }: KubeObject): ClusterReference {
  return { ...CLUSTER, namespace: metadata.namespace ?? '', name: metadata.name }
}

/** In the syntax of lists. */
function formatSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${values.join(',')})`
  })
  return [...equal, ...others].join(',')
}
