// Empties namespaces that are asked to go, and lets them go when nothing is left.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/

import type { Clock, Logger } from '../base/index.ts'
import { Controller } from './controller.ts'
import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeObject } from './kube-object.ts'
import { NAMESPACE_LOOK_MS } from './limits.ts'
import { apiVersionOf, type ResourceTypes } from './resource-types.ts'

export interface NamespaceControllerOptions {
  readonly client: KubeClient
  readonly types: ResourceTypes
  readonly clock: Clock
  readonly logger: Logger
}

export function createNamespaceController(options: NamespaceControllerOptions): Controller {
  const { client, clock, logger } = options
  return new Controller({
    name: 'namespace-controller',
    client,
    clock,
    logger,
    type: { apiVersion: 'v1', kind: 'Namespace' },
    reconcile: async (_, namespace) => {
      if (namespace?.metadata.deletionTimestamp === undefined) return undefined
      return terminate(options, namespace)
    },
  })
}

async function terminate(
  options: NamespaceControllerOptions,
  namespace: KubeObject,
): Promise<number | undefined> {
  const { client } = options
  const status = namespace['status'] as { readonly phase?: string } | undefined
  const marked =
    status?.phase === 'Terminating'
      ? namespace
      : await client.update(
          { ...namespace, status: { ...status, phase: 'Terminating' } },
          { subresource: 'status' },
        )
  if ((await empty(options, namespace.metadata.name)) > 0) return NAMESPACE_LOOK_MS
  await client.update({ ...marked, spec: { finalizers: [] } })
  return undefined
}

/** Asks everything in it to go; answers how much is still there. */
async function empty(
  { client, types }: NamespaceControllerOptions,
  namespace: string,
): Promise<number> {
  let left = 0
  for (const type of types.all()) {
    if (!type.namespaced || type.backing !== undefined) continue
    const of = { apiVersion: apiVersionOf(type), kind: type.kind }
    for (const object of (await client.list(of, { namespace })).items) {
      left += 1
      if (object.metadata.deletionTimestamp !== undefined) continue
      const key = { ...of, namespace, name: object.metadata.name }
      try {
        const { object: kept } = await client.delete(key, { propagationPolicy: 'Background' })
        if (kept === undefined) left -= 1
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error
        left -= 1
      }
    }
  }
  return left
}
