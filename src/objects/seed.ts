// The namespaces that every server has.

import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** Makes those that are not there. */
export async function seedNamespaces(client: KubeClient): Promise<void> {
  for (const name of NAMESPACES) {
    try {
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error
    }
  }
}
